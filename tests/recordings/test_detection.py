import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from italign.recordings.detection import (
    detect_crossings,
    falling_edges,
    integer_moments,
    mean_and_sd,
)
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


def test_a_value_on_the_threshold_is_not_below_it():
    voltage = np.array([[0.0], [-3.0], [0.0], [-3.001]])
    sample, _ = falling_edges(voltage, np.array([-3.0]))
    assert sample.tolist() == [3]


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


@given(
    arrays(np.int16, st.tuples(st.integers(1, 60), st.integers(1, 3))),
    st.floats(-40_000, 40_000),
    st.integers(1, 60),
)
@settings(max_examples=100, deadline=None)
def test_stretches_of_any_length_give_the_crossings_of_the_whole(counts, threshold, length):
    thresholds = np.full(counts.shape[1], threshold)
    expected = falling_edges(counts.astype(float), thresholds)
    samples, channels, previous = [], [], None
    for start in range(0, len(counts), length):
        stretch = counts[start : start + length]
        sample, channel = falling_edges(stretch, thresholds, previous)
        samples, channels = samples + (start + sample).tolist(), channels + channel.tolist()
        previous = stretch[-1]
    np.testing.assert_array_equal((samples, channels), expected)


@given(arrays(np.int16, st.tuples(st.integers(1, 50), st.integers(1, 3))), st.integers(1, 50))
@settings(max_examples=50, deadline=None)
def test_exact_moments_agree_with_numpy_and_do_not_depend_on_stretches(counts, length):
    stretches = [counts[i : i + length] for i in range(0, len(counts), length)]
    summed = np.sum([integer_moments(stretch) for stretch in stretches], axis=0)
    np.testing.assert_array_equal(summed, integer_moments(counts))
    mean, sd = mean_and_sd(len(counts), *summed)
    np.testing.assert_allclose(mean, counts.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(sd, counts.std(axis=0), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"edge": "rising"}, r"edge is 'rising', expected one of \('falling',\)"),
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
