"""From drive to spikes: temporal response, gain that varies over trials, Poisson spiking.

Rates live on a 1 ms grid. The responses of consecutive images add up, so that an image's window
holds a tail of the one before, as in real rapid presentation.
"""

import numpy as np

KERNEL_MS = 400  # the response to one image has died away by then
RISE_MS, TRANSIENT_MS, OFFSET_MS = 6.0, 25.0, 25.0  # ASSUME: time constants of IT multi-unit rates
TRANSIENT_SHARE = 0.5  # ASSUME: onset transient against sustained response


def temporal_kernel(latency_ms: np.ndarray, image_on_ms: float) -> np.ndarray:
    """Time course of a response: onset transient, sustained rate while the image is on, decay.

    Parameters
    ----------
    latency_ms : numpy.ndarray
        (n_sites,).
    image_on_ms : float
        Duration of the image.

    Returns
    -------
    numpy.ndarray
        (KERNEL_MS, n_sites), 0 before the latency, peak 1.
    """
    since_ms = np.arange(KERNEL_MS)[:, None] + 0.5 - latency_ms
    after_ms = np.maximum(since_ms, 0)
    sustained = np.exp(-np.maximum(after_ms - image_on_ms, 0) / OFFSET_MS)
    transient = np.exp(-after_ms / TRANSIENT_MS)
    mixed = TRANSIENT_SHARE * transient + (1 - TRANSIENT_SHARE) * sustained
    kernel = (since_ms > 0) * (1 - np.exp(-after_ms / RISE_MS)) * mixed
    return kernel / kernel.max(axis=0)


def window_mean(kernel: np.ndarray, window_ms: tuple[int, int]) -> np.ndarray:
    """Mean of the kernel over a window after onset, (n_sites,) in [0, 1]."""
    return kernel[slice(*window_ms)].mean(axis=0)


def trial_gain(
    n_presentations: int, n_sites: int, gain_sd: float, rng: np.random.Generator
) -> np.ndarray:
    """Gamma gains of each presentation, half of their variance shared by all sites.

    Parameters
    ----------
    n_presentations, n_sites : int
        Shape of the result.
    gain_sd : float
        SD of the gain; its mean is 1. 0 gives plain Poisson responses.
    rng : numpy.random.Generator
        Source of the gains.

    Returns
    -------
    numpy.ndarray
        (n_presentations, n_sites), positive. Product of a shared and a private gamma variable of
        equal variance v, where (1 + v)**2 = 1 + gain_sd**2.
    """
    if gain_sd == 0:
        return np.ones((n_presentations, n_sites))
    variance = np.sqrt(1 + gain_sd**2) - 1
    shared = rng.gamma(1 / variance, variance, (n_presentations, 1))
    return shared * rng.gamma(1 / variance, variance, (n_presentations, n_sites))


def rate_trace(
    onset_ms: np.ndarray, evoked_hz: np.ndarray, kernel: np.ndarray, baseline_hz: np.ndarray,
    duration_ms: int,
) -> np.ndarray:
    """Rate of every site at every millisecond of a session.

    Parameters
    ----------
    onset_ms : numpy.ndarray
        int (n_presentations,).
    evoked_hz : numpy.ndarray
        (n_presentations, n_sites), peak that each presentation adds.
    kernel : numpy.ndarray
        (KERNEL_MS, n_sites).
    baseline_hz : numpy.ndarray
        (n_sites,).
    duration_ms : int
        Length of the session.

    Returns
    -------
    numpy.ndarray
        float32 (duration_ms, n_sites), Hz.
    """
    rate_hz = np.empty((duration_ms + KERNEL_MS, len(baseline_hz)), np.float32)
    rate_hz[:] = baseline_hz
    kernel = kernel.astype(np.float32)
    for onset, evoked in zip(onset_ms, evoked_hz.astype(np.float32), strict=True):
        rate_hz[onset : onset + KERNEL_MS] += evoked * kernel
    return rate_hz[:duration_ms]


def spike_times_ms(rate_hz: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw an inhomogeneous Poisson process by inverting its cumulative rate.

    ASSUME: multi-unit activity has no refractory period.

    Parameters
    ----------
    rate_hz : numpy.ndarray
        (duration_ms,) rate on the 1 ms grid.
    rng : numpy.random.Generator
        Source of the spikes.

    Returns
    -------
    numpy.ndarray
        (n_spikes,) ascending, in [0, duration_ms].
    """
    expected = np.concatenate([[0.0], np.cumsum(rate_hz, dtype=float) / 1e3])
    arrivals = np.sort(rng.uniform(0, expected[-1], rng.poisson(expected[-1])))
    return np.interp(arrivals, expected, np.arange(len(expected)))
