"""When the mean response sets in."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

# ASSUME: the height of a response is the mean of so many neighbouring bins, the highest; of a
# single bin, noise would choose which one.
N_PEAK_BINS = 3
# ASSUME: a response is told from noise when its height is so many standard errors of that mean.
# Poisson counts without a response reach it in none of 100,000 sites of 30 bins.
MIN_PEAK_SE = 6
# ASSUME: a rise is the response's if the mean rate of so many bins after it is above half height
# too. Bins of noise before a response, and single ones that dip within it, seldom mislead that.
N_STAYING_BINS = 2
MIN_BINS = 2 + N_STAYING_BINS  # one below half, and one that rises


def half_height_latency(
    psth_hz: np.ndarray, psth_se_hz: np.ndarray, baseline_hz: np.ndarray,
    bin_start_ms: np.ndarray, bin_end_ms: np.ndarray,
) -> np.ndarray:
    """When the mean response first rises through half of its height and stays above it.

    The height is the largest mean over `N_PEAK_BINS` neighbouring bins after onset, above the
    baseline. The response rises with the first bin at or above half that follows one below half,
    comes before the highest bins end, and has a mean above half in the `N_STAYING_BINS` after it.
    Between the centres of both bins the rate is taken to rise linearly, so that the resolution is
    better than a bin.

    Parameters
    ----------
    psth_hz, psth_se_hz : numpy.ndarray, (n_neuroids, n_bins)
        Mean rate and its standard error, independent between bins.
    baseline_hz : numpy.ndarray, (n_neuroids,)
        Rate before the response.
    bin_start_ms, bin_end_ms : numpy.ndarray, (n_bins,)
        After image onset, ascending, of equal length.

    Returns
    -------
    numpy.ndarray, (n_neuroids,)
        ms after onset, above 0; NaN where the height is less than `MIN_PEAK_SE` standard errors, or
        the response is above half from the start.

    Raises
    ------
    ValueError
        If fewer than `MIN_BINS` bins start at or after onset.
    """
    after = bin_start_ms >= 0
    if after.sum() < MIN_BINS:
        raise ValueError(f"{after.sum()} of {len(after)} time bins ({bin_start_ms[0]:g} to "
                         f"{bin_end_ms[-1]:g} ms) start at or after image onset, expected at least "
                         f"{MIN_BINS}: raise recordings.rates.psth_end_ms or lower psth_bin_ms "
                         "and compute the rates again")
    centre_ms = (bin_start_ms + bin_end_ms)[after] / 2
    above_hz = psth_hz[:, after] - baseline_hz[:, None]
    height_hz, stands_out, last = _peak(above_hz, psth_se_hz[:, after])
    rises = _rises(above_hz, height_hz / 2) & (np.arange(len(centre_ms)) <= last[:, None])
    found = rises.any(axis=1) & stands_out
    site, rise = np.flatnonzero(found), rises.argmax(axis=1)[found]
    low_hz, high_hz = above_hz[site, rise - 1], above_hz[site, rise]
    share = (height_hz[found] / 2 - low_hz) / (high_hz - low_hz)
    latency_ms = np.full(len(psth_hz), np.nan)
    latency_ms[found] = centre_ms[rise - 1] + share * (centre_ms[rise] - centre_ms[rise - 1])
    return latency_ms


def _peak(above_hz: np.ndarray, se_hz: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Height of the highest bins, whether it is told from noise, and the last of these bins."""
    mean_hz = sliding_window_view(above_hz, N_PEAK_BINS, axis=1).mean(axis=-1)
    variance = sliding_window_view(se_hz**2, N_PEAK_BINS, axis=1).sum(axis=-1) / N_PEAK_BINS**2
    site, peak = np.arange(len(above_hz)), mean_hz.argmax(axis=1)
    height_hz = mean_hz[site, peak]
    stands_out = height_hz > MIN_PEAK_SE * np.sqrt(variance[site, peak])
    return height_hz, stands_out, peak + N_PEAK_BINS - 1


def _rises(above_hz: np.ndarray, half_hz: np.ndarray) -> np.ndarray:
    """True at the first bin at or above half where those after it stay there on average."""
    is_high = above_hz >= half_hz[:, None]
    after_hz = sliding_window_view(above_hz, N_STAYING_BINS, axis=1).mean(axis=-1)[:, 2:]
    n_last = after_hz.shape[1] + 1  # later bins are not followed by enough
    rises = np.zeros_like(is_high)
    rises[:, 1:n_last] = ~is_high[:, :n_last - 1] & is_high[:, 1:n_last]
    rises[:, 1:n_last] &= after_hz >= half_hz[:, None]
    return rises
