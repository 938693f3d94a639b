"""How well detection recovers planted spikes."""

import numpy as np


def count_matches(
    planted_s: np.ndarray, detected_s: np.ndarray, tolerance_ms: float = 0.5
) -> int:
    """Count the pairs of planted and detected events that lie close together.

    Every event enters at most one pair; pairing the earliest possible ones gives the most pairs.

    Parameters
    ----------
    planted_s, detected_s : numpy.ndarray
        Times of one channel, ascending.
    tolerance_ms : float
        Largest distance within a pair.

    Returns
    -------
    int
        In [0, min(n_planted, n_detected)].
    """
    planted, detected = planted_s.tolist(), detected_s.tolist()
    tolerance_s = tolerance_ms / 1e3
    n_matches = i = j = 0
    while i < len(planted) and j < len(detected):
        lag_s = detected[j] - planted[i]
        if abs(lag_s) <= tolerance_s:
            n_matches += 1
        i += lag_s >= -tolerance_s
        j += lag_s <= tolerance_s
    return n_matches


def column_correlation(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Pearson correlation of equal columns, over all stimuli or over resamples of them.

    Parameters
    ----------
    x, y : numpy.ndarray
        (n_stimuli, n_neuroids), finite, in Hz or of that order.
    weights : numpy.ndarray, optional
        (n_resamples, n_stimuli), how often each stimulus counts; each once if None.

    Returns
    -------
    numpy.ndarray
        (n_neuroids,) or (n_resamples, n_neuroids) in [-1, 1]; NaN where a column does not vary.
    """
    if weights is None:
        return column_correlation(x, y, np.ones((1, len(x))))[0]
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)  # before squaring: differences keep their digits
    n = weights.sum(axis=1, keepdims=True)
    mean_x, mean_y = weights @ x / n, weights @ y / n
    norm = np.ones_like(mean_x)
    for values, mean in ((x, mean_x), (y, mean_y)):
        square = values**2
        variance = weights @ square / n - mean**2
        # What is left of equal numbers is rounding.
        rounding = 1e-9 * (square.mean(axis=0) + 1e-9)
        norm *= np.where(variance > rounding, variance, np.nan)
    return (weights @ (x * y) / n - mean_x * mean_y) / np.sqrt(norm)
