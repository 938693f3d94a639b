import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from italign.recordings.detection import detect_crossings
from italign.recordings.voltage import simulate_chunks, trough_sample, waveform_bank

RATE_HZ = 20_000


def noise(seed, n_samples=40_000, n_channels=3):
    return np.random.default_rng(seed).normal(0, 10, (n_samples, n_channels))


def test_planted_spikes_are_found_where_the_waveform_falls_below_the_threshold():
    rng = np.random.default_rng(0)
    n_ms, n_channels, amplitude = 4000, 4, 500.0
    spike = np.sort(rng.choice(n_ms // 4, 60, replace=False)) * 80 + 40  # at least 4 ms apart
    channel = rng.integers(n_channels, size=60)
    templates = amplitude * waveform_bank(RATE_HZ)
    silence = np.zeros((n_ms + 1, n_channels), np.float32)
    trough = trough_sample(RATE_HZ)
    voltage = np.concatenate(
        list(simulate_chunks(spike, channel, templates, trough, silence, 0.0, 20, rng))
    )
    sample, found = detect_crossings(voltage, RATE_HZ)
    threshold = voltage.mean(axis=0) - 3 * voltage.std(axis=0)
    falls = np.array([np.argmax(np.rint(t) < x) for t, x in zip(templates, threshold, strict=True)])
    np.testing.assert_array_equal(found, channel)
    np.testing.assert_array_equal(sample, spike - trough + falls[channel])


def test_one_crossing_per_falling_edge_however_long_it_stays_below():
    voltage = np.zeros((1000, 1))
    voltage[100:105], voltage[300], voltage[500:502] = -50, -80, -60
    sample, channel = detect_crossings(voltage, RATE_HZ)
    assert sample.tolist() == [100, 300, 500]
    assert channel.tolist() == [0, 0, 0]


def test_a_recording_that_starts_below_the_threshold_does_not_cross_there():
    voltage = np.zeros((1000, 1))
    voltage[:3], voltage[500] = -50, -50
    assert detect_crossings(voltage, RATE_HZ)[0].tolist() == [500]


def test_a_value_on_the_threshold_is_not_beyond_it():
    # Mean 0 and SD 1 exactly: half the samples at -1, half at 1.
    voltage = np.tile([[1.0], [-1.0]], (500, 1))
    for edge in ("falling", "rising", "both"):
        assert detect_crossings(voltage, RATE_HZ, 1.0, edge)[0].size == 0
    assert detect_crossings(voltage, RATE_HZ, 0.999)[0].tolist() == list(range(1, 1000, 2))
    assert detect_crossings(voltage, RATE_HZ, 0.999, "rising")[0].tolist() == \
        list(range(2, 1000, 2))


def test_upward_spikes_are_not_crossings():
    voltage = np.zeros((2000, 2))
    voltage[200:1800:200] = 100.0
    assert detect_crossings(-voltage, RATE_HZ)[0].size == 16
    assert detect_crossings(voltage, RATE_HZ)[0].size == 0


@given(st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
@settings(max_examples=20, deadline=None)
def test_unit_and_offset_of_the_voltage_change_nothing(scale, offset_sd):
    voltage = noise(1, 2000)
    expected = detect_crossings(voltage, RATE_HZ)
    found = detect_crossings(scale * (voltage + 10 * offset_sd), RATE_HZ)
    np.testing.assert_array_equal(found, expected)


OPTIONS = [
    {}, {"edge": "both"}, {"sd_estimator": "mad"}, {"dead_time_ms": 1.0},
    {"band_pass_low_hz": 300.0, "band_pass_high_hz": 3000.0},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_a_negative_gain_turns_falling_into_rising(options):
    voltage = noise(6, 4000)
    turned = {"falling": "rising", "both": "both"}[options.get("edge", "falling")]
    expected = detect_crossings(voltage, RATE_HZ, 2.0, **options)
    found = detect_crossings(-2.5 * voltage, RATE_HZ, 2.0, **options | {"edge": turned})
    assert expected[0].size > 20
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("options", OPTIONS)
def test_permuted_channels_give_permuted_crossings(options):
    voltage, order = noise(7, 4000, 4), np.array([2, 0, 3, 1])
    sample, channel = detect_crossings(voltage, RATE_HZ, 2.0, **options)
    moved_sample, moved = detect_crossings(voltage[:, order], RATE_HZ, 2.0, **options)
    assert sorted(zip(moved_sample, order[moved], strict=True)) == \
        list(zip(sample, channel, strict=True))


@given(st.integers(0, 5000))
@settings(max_examples=20, deadline=None)
def test_a_shift_in_time_shifts_the_crossings(shift):
    # Turned round, the trace keeps mean and SD; only the cut can gain or lose a crossing.
    counts = np.rint(noise(8, 5000)).astype(np.int16)
    turned = detect_crossings(np.roll(counts, shift, axis=0), RATE_HZ, 2.0)
    found = {((s - shift) % 5000, c) for s, c in zip(*turned, strict=True)}
    expected = set(zip(*detect_crossings(counts, RATE_HZ, 2.0), strict=True))
    assert {s for s, _ in found ^ expected} <= {0, (5000 - shift) % 5000}


def test_channels_do_not_influence_each_other():
    voltage = noise(2)
    sample, channel = detect_crossings(voltage, RATE_HZ)
    assert (np.diff(sample * 3 + channel) > 0).all()
    for column in range(3):
        alone, _ = detect_crossings(voltage[:, [column]], RATE_HZ)
        np.testing.assert_array_equal(sample[channel == column], alone)


@pytest.mark.parametrize("threshold_sd", [2.0, 3.0])
def test_white_noise_crosses_as_often_as_the_normal_tail_says(threshold_sd):
    n_samples, n_channels = 400_000, 8
    sample, _ = detect_crossings(noise(3, n_samples, n_channels), RATE_HZ, threshold_sd)
    tail = norm.cdf(-threshold_sd)
    expected = n_samples * n_channels * tail * (1 - tail)
    assert sample.size == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_both_edges_are_the_falling_and_the_rising_ones():
    voltage = noise(9)
    found = [set(zip(*detect_crossings(voltage, RATE_HZ, edge=edge), strict=True))
             for edge in ("falling", "rising", "both")]
    assert found[0] | found[1] == found[2]
    assert not found[0] & found[1]
    assert min(map(len, found)) > 50


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 1)), min_size=2, max_size=60),
       st.integers(0, 60))
@settings(max_examples=50, deadline=None)
def test_dead_time_keeps_what_comes_late_enough_after_the_last_kept(gaps, dead):
    # Single samples far below, at planted places, in a trace long enough to keep the SD small.
    planted = np.zeros((4000, 2))
    sample = 2 * np.cumsum([gap for gap, _ in gaps])[:, None]
    channel = np.array([[column] for _, column in gaps])
    planted[sample, channel] = -100.0
    planted[3990, :] = -100.0
    found = detect_crossings(planted, 10_000, 1.0, dead_time_ms=dead / 10)
    last, expected = {0: -9999, 1: -9999}, []
    for place, column in np.argwhere(planted < 0):
        if place - last[column] >= dead:
            expected.append((place, column))
            last[column] = place
    assert list(zip(*found, strict=True)) == expected


def test_dead_time_on_the_grid_is_not_rounded_up():
    # 0.3 ms at 30 kHz are 9 samples, though 0.3 * 30 is less than 9 in floating point.
    voltage = np.zeros((1000, 1))
    voltage[[100, 109, 117]] = -50.0
    assert detect_crossings(voltage, 30_000, dead_time_ms=0.3)[0].tolist() == [100, 109]


def test_sd_of_an_interval_is_that_of_its_samples():
    voltage = noise(10, 20_000)
    voltage[12_000:] *= 4
    interval = {"sd_start_s": 0.1, "sd_end_s": 0.6}
    sample, channel = detect_crossings(voltage, RATE_HZ, **interval)
    part = voltage[2000:12_000]
    below = voltage < part.mean(axis=0) - 3 * part.std(axis=0)
    expected = np.argwhere(below[1:] & ~below[:-1]) + [1, 0]
    np.testing.assert_array_equal(np.column_stack((sample, channel)), expected)
    with pytest.raises(ValueError, match=r"from 0\.1 to 1\.1 s, expected a part of the recording"):
        detect_crossings(voltage, RATE_HZ, sd_start_s=0.1, sd_end_s=1.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"edge": "down"}, "edge is 'down', expected one of falling, rising, both"),
        ({"sd_estimator": "iqr"}, "sd_estimator is 'iqr', expected one of sd, mad"),
        ({"dead_time_ms": -1.0}, "dead_time_ms is -1.0, expected 0 or more"),
        ({"dead_time_ms": np.nan}, "dead_time_ms is nan"),
        ({"sd_start_s": 2.0, "sd_end_s": 1.0}, "sd_start_s is 2.0 and sd_end_s 1.0"),
        ({"sd_start_s": np.nan}, "sd_start_s is nan"),
        ({"band_pass_low_hz": 300.0}, "band_pass_high_hz None, expected 0 < low < high < 10000"),
        ({"band_pass_low_hz": 0.0, "band_pass_high_hz": 6000.0}, "band_pass_low_hz is 0.0"),
        ({"band_pass_low_hz": 300.0, "band_pass_high_hz": 1e4}, "band_pass_high_hz 10000.0"),
        ({"band_pass_low_hz": 300.0, "band_pass_high_hz": np.nan}, "band_pass_high_hz nan"),
        ({"band_pass_low_hz": 1e-3, "band_pass_high_hz": 6e3}, "expected at most 150000"),
        ({"threshold_sd": -3.0}, "threshold_sd is -3.0, expected a positive number"),
        ({"threshold_sd": np.nan}, "threshold_sd is nan"),
        ({"sampling_rate_hz": 0}, "sampling_rate_hz is 0"),
    ],
)
def test_an_undefined_rule_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        detect_crossings(noise(4, 100), **{"sampling_rate_hz": RATE_HZ, **arguments})


def test_bad_voltage_is_refused_with_its_channels():
    voltage = noise(5, 100)
    voltage[7, 2] = np.nan
    with pytest.raises(ValueError, match=r"1 of 3 channels \(first: \[2\]\)"):
        detect_crossings(voltage, RATE_HZ)
    with pytest.raises(ValueError, match=r"shape \(100,\), expected \(n_samples, n_channels\)"):
        detect_crossings(voltage[:, 0], RATE_HZ)


@pytest.mark.parametrize("dtype", [float, np.int16])
@pytest.mark.parametrize("value", [0, 7])
@pytest.mark.parametrize("sd_estimator", ["sd", "mad"])
def test_a_channel_of_one_value_is_refused(dtype, value, sd_estimator):
    voltage = noise(11, 500).astype(dtype)
    voltage[:, 1] = value * 1.1
    with pytest.raises(ValueError, match=r"1 of 3 channels have SD 0 .*varies: 1; add them to exc"):
        detect_crossings(voltage, RATE_HZ, sd_estimator=sd_estimator)


def test_whole_numbers_of_any_dtype_give_the_same_crossings():
    counts = np.rint(noise(12)).astype(np.int16)
    for options in OPTIONS[:4]:
        expected = detect_crossings(counts, RATE_HZ, **options)
        for dtype in (np.int32, np.float32, np.float64):
            np.testing.assert_array_equal(
                detect_crossings(counts.astype(dtype), RATE_HZ, **options), expected)
        np.testing.assert_array_equal(
            detect_crossings(np.asfortranarray(counts), RATE_HZ, **options), expected)
