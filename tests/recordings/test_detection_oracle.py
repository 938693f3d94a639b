"""Our crossings against SpikeInterface's peaks, and on a real recording.

What makes the rules equal: a mean of 0 exactly, its noise level = our SD, the same multiple of it,
and events whose first sample beyond the threshold (ours) and extreme (theirs) belong together one
to one: excursions that are smooth at the level of the noise, or a dead time as long as the time in
which a peak excludes smaller ones.
"""

from itertools import takewhile

import numpy as np
import pytest

from italign.recordings.detection import detect_crossings
from italign.recordings.voltage import waveform_bank

RATE_HZ = 20_000
N_SAMPLES, N_CHANNELS = 400_000, 6


def planted(noise_sd):
    """int16 voltage: 250 spikes per channel at least 3.5 ms apart, then all of it mirrored.

    So the mean is 0, and each of 500 spikes crosses once on either side: trough and hump.
    """
    rng = np.random.default_rng(0)
    half = np.zeros((N_SAMPLES // 2, N_CHANNELS))
    template = 1500 * waveform_bank(RATE_HZ)[1]
    for channel in range(N_CHANNELS):
        slots = rng.choice(N_SAMPLES // 160 - 10, 250, replace=False)
        for start in 100 + 80 * slots + rng.integers(10, size=250):
            half[start : start + len(template), channel] += template
    half = np.rint(half + rng.normal(0, noise_sd, half.shape)).astype(np.int16)
    return np.concatenate([half, -half])


def spikeinterface_peaks(counts, noise_levels, threshold_sd, peak_sign, exclude_sweep_ms):
    """Samples and channels, sorted by channel, then sample."""
    core = pytest.importorskip("spikeinterface.core")
    detection = pytest.importorskip("spikeinterface.sortingcomponents.peak_detection")
    peaks = detection.detect_peaks(
        core.NumpyRecording([counts], RATE_HZ), method="by_channel",
        method_kwargs={"peak_sign": peak_sign, "detect_threshold": threshold_sd,
                       "noise_levels": noise_levels, "exclude_sweep_ms": exclude_sweep_ms},
        job_kwargs={"n_jobs": 1, "chunk_duration": "1s", "progress_bar": False},
    )
    order = np.lexsort((peaks["sample_index"], peaks["channel_index"]))
    return peaks["sample_index"][order], peaks["channel_index"][order]


def extremes(counts, sample, channel, threshold):
    """First extreme of the run beyond the threshold that starts at each crossing."""
    found = []
    for start, column in zip(sample, channel, strict=True):
        ahead = counts[start : start + 40, column] * np.sign(counts[start, column])
        run = list(takewhile(lambda value, limit=threshold[column]: value > limit, ahead.tolist()))
        found.append(start + int(np.argmax(run)))
    return np.array(found)


@pytest.mark.parametrize(
    ("edge", "peak_sign", "n_events"),
    [("falling", "neg", 500), ("rising", "pos", 500), ("both", "both", 1000)],
)
@pytest.mark.parametrize(("sd_estimator", "threshold_sd"), [("sd", 3.0), ("mad", 60.0)])
def test_spikeinterface_finds_the_same_events(edge, peak_sign, n_events, sd_estimator,
                                              threshold_sd):
    counts = planted(noise_sd=5)
    wide = counts.astype(float)
    sd = wide.std(axis=0) if sd_estimator == "sd" else np.median(np.abs(wide), axis=0) / 0.6745
    sample, channel = detect_crossings(counts, RATE_HZ, threshold_sd, edge,
                                       sd_estimator=sd_estimator)
    order = np.lexsort((sample, channel))
    sample, channel = sample[order], channel[order]
    assert np.bincount(channel).tolist() == [n_events] * N_CHANNELS
    peak, peak_channel = spikeinterface_peaks(counts, sd, threshold_sd, peak_sign, 1.0)
    np.testing.assert_array_equal(channel, peak_channel)
    np.testing.assert_array_equal(extremes(counts, sample, channel, threshold_sd * sd), peak)


@pytest.mark.parametrize(("edge", "peak_sign"), [("falling", "neg"), ("rising", "pos")])
def test_a_dead_time_stands_for_the_exclusion_of_smaller_peaks_in_noise(edge, peak_sign):
    counts = planted(noise_sd=40)
    sd = counts.std(axis=0, dtype=float)
    without = detect_crossings(counts, RATE_HZ, edge=edge)[0]
    sample, channel = detect_crossings(counts, RATE_HZ, edge=edge, dead_time_ms=1.0)
    assert len(without) > 500 * N_CHANNELS  # noise on a flank crosses twice
    peak, peak_channel = spikeinterface_peaks(counts, sd, 3.0, peak_sign, 1.0)
    order = np.lexsort((sample, channel))
    np.testing.assert_array_equal(channel[order], peak_channel)
    # The extreme comes within 0.4 ms of the crossing; other spikes are 1.9 ms away at least.
    delay = peak - sample[order]
    assert delay.min() >= 0
    assert delay.max() <= 8


@pytest.mark.data
def test_locust_tetrode_yields_its_spikes(mirror):
    counts = np.fromfile(mirror("locust_trial_01.raw"), "<i2").reshape(-1, 4)
    assert counts.shape == (431_548, 4)
    # The published counts are those of the trace band-passed from 300 to 5000 Hz, which the
    # amplifier did before (fifth order, zero phase); rounding to ADC counts moves them a little.
    band = {"band_pass_low_hz": 300.0, "band_pass_high_hz": 5000.0}
    _, channel = detect_crossings(counts, 15_000, 5.0, sd_estimator="mad", **band)
    found = np.bincount(channel, minlength=4)
    np.testing.assert_allclose(found[:3], [431, 371, 349], rtol=0.015)
    assert abs(found[3] - 9) <= 1
    _, channel = detect_crossings(counts.astype(float), 15_000, 5.0, sd_estimator="mad", **band)
    assert np.bincount(channel).tolist() == [431, 371, 347, 9]


@pytest.mark.data
def test_locust_tetrode_as_it_was_stored(mirror):
    counts = np.fromfile(mirror("locust_trial_01.raw"), "<i2").reshape(-1, 4)
    sample, channel = detect_crossings(counts, 15_000, 5.0, sd_estimator="mad")
    median = np.median(counts, axis=0)
    below = counts < median - 5 * np.median(np.abs(counts - median), axis=0) / 0.6745
    expected = np.argwhere(below[1:] & ~below[:-1]) + [1, 0]
    np.testing.assert_array_equal(np.column_stack((sample, channel)), expected)
    assert np.bincount(channel).tolist() == [366, 375, 314, 7]
