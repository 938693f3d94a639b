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


def column_correlation(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Pearson correlation of equal columns.

    Parameters
    ----------
    x, y : numpy.ndarray
        (n_stimuli, n_neuroids), finite.

    Returns
    -------
    numpy.ndarray
        (n_neuroids,) in [-1, 1]; NaN where a column does not vary.
    """
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    norm = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    return np.divide((x * y).sum(axis=0), norm, out=np.full(norm.shape, np.nan), where=norm > 0)
