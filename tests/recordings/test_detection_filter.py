import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from italign.recordings import filtering
from italign.recordings.filtering import ORDER, band_pass_sections, band_passed
from italign.recordings.segments import Segments, gapless

RATE_HZ = 20_000.0
BAND_HZ = (300.0, 6000.0)


def filtered(voltage, segments=None, low_hz=BAND_HZ[0], high_hz=BAND_HZ[1]):
    segments = segments or gapless(len(voltage), RATE_HZ)
    read = band_passed(lambda start, stop: voltage[start:stop], segments, low_hz, high_hz)
    return np.concatenate([read(start, stop) for start, stop in
                           zip(segments.start_sample, segments.stop_sample, strict=True)])


def by_scipy(voltage):
    """Zero phase over the whole trace, its ends continued far out."""
    sections = butter(ORDER, BAND_HZ, "bandpass", output="sos", fs=RATE_HZ)
    return sosfiltfilt(sections, np.pad(voltage.astype(float), ((5000, 5000), (0, 0)), "edge"),
                       axis=0, padtype=None)[5000:-5000]


@pytest.mark.parametrize("block", [2**15, 1000])
@pytest.mark.parametrize("n_channels", [1, 5, 33])
def test_blocks_with_margins_are_scipys_filter_of_the_whole_trace(monkeypatch, block, n_channels):
    monkeypatch.setattr(filtering, "BLOCK_SAMPLES", block)
    voltage = np.random.default_rng(0).normal(2000, 50, (6500, n_channels))
    np.testing.assert_allclose(filtered(voltage), by_scipy(voltage), atol=1e-5)


def test_counts_are_the_rounded_filter_and_stay_counts():
    counts = np.random.default_rng(1).normal(2000, 50, (6500, 4)).astype(np.int16)
    found = filtered(counts)
    assert found.dtype == np.int16
    assert np.abs(found - by_scipy(counts)).max() <= 0.5 + 1e-5


def test_counts_beyond_int16_are_cut_not_wrapped():
    counts = np.where(np.arange(4000) % 10 < 5, 32_767, -32_768).astype(np.int16)[:, None]
    expected = by_scipy(counts)
    assert expected.max() > 35_000  # the first harmonic of a square wave is 4 / pi of its height
    np.testing.assert_allclose(filtered(counts), np.clip(expected, -32_768, 32_767), atol=0.51)


@pytest.mark.parametrize(
    ("frequency_hz", "gain"), [(0.0, 0.0), (300.0, 0.5), (1500.0, 1.0), (6000.0, 0.5), (50.0, 0.0)]
)
def test_gain_is_one_inside_half_at_the_edges_and_none_outside(frequency_hz, gain):
    time_s = np.arange(20_000) / RATE_HZ
    wave = 1000 * np.cos(2 * np.pi * frequency_hz * time_s)[:, None]
    inner = slice(5000, 15_000)  # whole periods of all frequencies, away from the ends
    # Zero phase: the output is the input times the gain, not shifted.
    np.testing.assert_allclose(filtered(wave)[inner], gain * wave[inner], atol=1.0)


def test_the_filter_is_symmetric_in_time():
    impulse = np.zeros((4001, 1))
    impulse[2000] = 1000.0
    response = filtered(impulse)[:, 0]
    np.testing.assert_allclose(response, response[::-1], atol=1e-6)
    assert response.argmax() == 2000


def test_segments_do_not_hear_each_other():
    voltage = np.random.default_rng(2).normal(0, 50, (6000, 2))
    voltage[2500:] += 5000.0
    segments = Segments(np.array([0, 2500]), np.array([0.0, 1.0]), 6000, RATE_HZ)
    apart = np.concatenate([filtered(voltage[:2500]), filtered(voltage[2500:])])
    np.testing.assert_array_equal(filtered(voltage, segments), apart)


def test_the_margin_is_long_enough_for_the_start_of_the_filter_to_die_away():
    for low_hz, high_hz in ((300.0, 6000.0), (5.0, 9000.0), (500.0, 600.0)):
        sections, margin = band_pass_sections(low_hz, high_hz, RATE_HZ)
        impulse = np.zeros((margin + 200, 1))
        impulse[0] = 1.0
        tail = sosfiltfilt(sections, np.pad(impulse, ((margin, 0), (0, 0))), axis=0,
                           padtype=None)[2 * margin :]
        assert np.abs(tail).max() < 1e-6
