import numpy as np
import pytest
from scipy.stats import kstest

from italign.recordings.spiking import (
    KERNEL_MS,
    rate_trace,
    spike_times_ms,
    temporal_kernel,
    trial_gain,
    window_mean,
)


def test_kernel_is_causal_peaks_at_one_and_dies_away():
    latency_ms = np.array([60.0, 75.5, 90.0])
    kernel = temporal_kernel(latency_ms, 100)
    for site, latency in enumerate(latency_ms):
        assert not kernel[: int(latency), site].any()
        assert kernel[int(latency) + 1, site] > 0
    np.testing.assert_allclose(kernel.max(axis=0), 1)
    assert kernel[-1].max() < 1e-3
    # A longer image gives the same onset and a longer response.
    longer = temporal_kernel(latency_ms, 200)
    np.testing.assert_allclose(longer[:160], kernel[:160])
    assert (longer[250] > kernel[250]).all()


def test_responses_of_consecutive_images_add_up():
    kernel = temporal_kernel(np.array([60.0, 80.0]), 100)
    baseline_hz, evoked_hz = np.array([10.0, 5.0]), np.array([[40.0, 0.0], [20.0, 80.0]])
    both = rate_trace(np.array([300, 500]), evoked_hz, kernel, baseline_hz, 1000)
    first = rate_trace(np.array([300]), evoked_hz[:1], kernel, baseline_hz, 1000)
    second = rate_trace(np.array([500]), evoked_hz[1:], kernel, baseline_hz, 1000)
    np.testing.assert_allclose(both, first + second - baseline_hz, rtol=1e-5)
    assert (first[500 + 10, 0] - baseline_hz[0]) > 1  # the tail that bleeds into the next window
    late = rate_trace(np.array([900]), evoked_hz[:1], kernel, baseline_hz, 1000)
    np.testing.assert_allclose(late[:, 0], np.r_[np.full(900, 10), 10 + 40 * kernel[:100, 0]],
                               rtol=1e-5)


def test_window_mean_times_driven_is_the_rate_that_is_planted():
    kernel = temporal_kernel(np.array([70.0]), 100)
    trace = rate_trace(np.array([200]), np.array([[80.0]]), kernel, np.array([12.0]), 800)
    planted = 12.0 + 80.0 * window_mean(kernel, (70, 170))
    assert trace[270:370, 0].mean() == pytest.approx(planted[0], rel=1e-5)


def test_spikes_follow_the_planted_rate():
    rng = np.random.default_rng(0)
    time_ms = np.arange(200_000)
    rate_hz = 40 + 35 * np.sin(2 * np.pi * time_ms / 1000)
    times_ms = spike_times_ms(rate_hz, rng)
    expected = np.r_[0, np.cumsum(rate_hz) / 1e3]
    assert len(times_ms) == pytest.approx(expected[-1], abs=4 * np.sqrt(expected[-1]))
    # Rescaled by the cumulative rate, a Poisson process has exponential gaps of mean 1.
    gaps = np.diff(np.interp(times_ms, np.arange(len(expected)), expected))
    assert kstest(gaps, "expon").pvalue > 0.01


def test_no_rate_gives_no_spike():
    assert spike_times_ms(np.zeros(1000), np.random.default_rng(0)).size == 0


@pytest.mark.parametrize("gain_sd", [0.25, 0.6])
def test_gain_has_the_mean_and_sd_asked_for_and_half_is_shared(gain_sd):
    gain = trial_gain(100_000, 2, gain_sd, np.random.default_rng(0))
    assert gain.min() > 0
    np.testing.assert_allclose(gain.mean(axis=0), 1, atol=4 * gain_sd / np.sqrt(1e5))
    np.testing.assert_allclose(gain.std(axis=0), gain_sd, rtol=0.02)
    shared = np.sqrt(1 + gain_sd**2) - 1
    assert np.cov(gain.T)[0, 1] == pytest.approx(shared, rel=0.05)


def test_counts_are_over_dispersed_by_the_gain_and_poisson_without_it():
    # Count of a doubly stochastic Poisson process: variance / mean = 1 + gain_sd**2 * mean.
    n_presentations, rate_hz = 8000, 80.0
    onset_ms = np.arange(n_presentations) * 100
    box = np.zeros((KERNEL_MS, 1))
    box[:100] = 1
    for gain_sd in (0.0, 0.4):
        rng = np.random.default_rng(1)
        gain = trial_gain(n_presentations, 1, gain_sd, rng)
        trace = rate_trace(onset_ms, rate_hz * gain, box, np.zeros(1), n_presentations * 100)
        counts = np.histogram(spike_times_ms(trace[:, 0], rng), np.r_[onset_ms, onset_ms[-1] + 100])
        fano = counts[0].var() / counts[0].mean()
        # SE of the ratio is about sqrt(2 / n) = 1.6 %, more for skewed counts.
        assert fano == pytest.approx(1 + gain_sd**2 * 8, rel=0.07)
