"""Mean response over time around image onset, and when it sets in."""

import numpy as np

# ASSUME: a response is told from noise when its peak stands out by this many standard errors; the
# largest of 30 bins of noise does so in fewer than one site of 100,000.
MIN_PEAK_SE = 5


def count_moments(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Sum and sum of squares over a session's presentations, all that `mean_psth` needs of it.

    Parameters
    ----------
    counts : numpy.ndarray, (n_presentations, n_neuroids, n_bins)
        Crossings per bin.

    Returns
    -------
    total, square : numpy.ndarray, float64 (n_neuroids, n_bins)
        Sums of counts and of squared counts.
    n_presentations : int
        Behind them.
    """
    square = np.einsum("pnt,pnt->nt", counts, counts, dtype=np.float64)
    return counts.sum(axis=0, dtype=np.float64), square, len(counts)


def mean_psth(
    moments: list[tuple[np.ndarray, np.ndarray, int]], columns: list[np.ndarray],
    n_neuroids: int, bin_ms: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Average rate per bin over all presentations of all sessions, and its standard error.

    Parameters
    ----------
    moments : list of tuple
        `count_moments` of each session.
    columns : list of numpy.ndarray, (n_session_neuroids,) each
        Site of each of the session's columns, in [0, n_neuroids); every site occurs.
    n_neuroids : int
        Sites of all sessions together.
    bin_ms : numpy.ndarray, (n_bins,)
        Lengths of the bins.

    Returns
    -------
    psth_hz, psth_se_hz : numpy.ndarray, (n_neuroids, n_bins)
        0 or more. The error is that over presentations, the stimuli's differences included; NaN for
        a single presentation.
    """
    total, square = np.zeros((2, n_neuroids, len(bin_ms)))
    n = np.zeros((n_neuroids, 1))
    for (session_total, session_square, n_presentations), column in zip(
        moments, columns, strict=True
    ):
        total[column] += session_total
        square[column] += session_square
        n[column] += n_presentations
    mean = total / n
    variance = (square - n * mean**2) / np.where(n > 1, n - 1, np.nan)
    to_hz = 1e3 / bin_ms
    return mean * to_hz, np.sqrt(np.maximum(variance, 0) / n) * to_hz


def half_height_latency(
    psth_hz: np.ndarray, psth_se_hz: np.ndarray, baseline_hz: np.ndarray,
    bin_start_ms: np.ndarray, bin_end_ms: np.ndarray,
) -> np.ndarray:
    """When the mean response last rises through half of its height before its peak.

    The height is that of the highest bin after onset above the baseline. Between the centres of the
    last bin below half and the next one the rate is taken to rise linearly, so that the resolution
    is better than a bin.

    Parameters
    ----------
    psth_hz, psth_se_hz : numpy.ndarray, (n_neuroids, n_bins)
        Mean rate and its standard error.
    baseline_hz : numpy.ndarray, (n_neuroids,)
        Rate before the response.
    bin_start_ms, bin_end_ms : numpy.ndarray, (n_bins,)
        After image onset, ascending.

    Returns
    -------
    numpy.ndarray, (n_neuroids,)
        ms after onset, above 0; NaN where the peak is less than `MIN_PEAK_SE` standard errors above
        the baseline, or the response is above half from the start.

    Raises
    ------
    ValueError
        If no bin starts at or after onset.
    """
    after = bin_start_ms >= 0
    if not after.any():
        raise ValueError(f"time bins span {bin_start_ms[0]:g} to {bin_end_ms[-1]:g} ms from image "
                         "onset, expected some that start at or after it: raise "
                         "recordings.rates.psth_end_ms and compute the rates again")
    centre_ms = (bin_start_ms + bin_end_ms)[after] / 2
    above_hz, se_hz = psth_hz[:, after] - baseline_hz[:, None], psth_se_hz[:, after]
    site, peak = np.arange(len(above_hz)), above_hz.argmax(axis=1)
    half_hz = above_hz[site, peak] / 2
    is_before = np.arange(len(centre_ms)) < peak[:, None]
    below = is_before & (above_hz < half_hz[:, None])
    last = len(centre_ms) - 1 - below[:, ::-1].argmax(axis=1)
    found = below.any(axis=1) & (above_hz[site, peak] > MIN_PEAK_SE * se_hz[site, peak])
    site, last = site[found], last[found]
    low_hz, high_hz = above_hz[site, last], above_hz[site, last + 1]
    share = (half_hz[found] - low_hz) / (high_hz - low_hz)
    latency_ms = np.full(len(psth_hz), np.nan)
    latency_ms[found] = centre_ms[last] + share * (centre_ms[last + 1] - centre_ms[last])
    return latency_ms
