"""Lines and means of the cohort with their bootstrap intervals, by scipy.

A bootstrap resamples *units* (seeds or runs) with replacement. Rows of one unit always travel
together, which makes it a cluster bootstrap for checkpoints of one run. Intervals are 95 %
percentile intervals. Where a statistic is undefined (too few points, no spread) it is NaN.

scipy.stats is imported when it is called: that takes as long as all else that a figure imports, and
figures need constants of the modules above this one only.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from italign.evaluation.centring import DEGENERATE
from italign.evaluation.intervals import interval

MIN_POINTS = 3  # through two points every line fits


class Line(NamedTuple):
    """Pearson correlation and ordinary least-squares line, or their limits (low, high)."""

    pearson: np.ndarray | float
    slope: np.ndarray | float
    intercept: np.ndarray | float


def fit_line(x: np.ndarray, y: np.ndarray) -> tuple[Line, float]:
    """Fit y = slope x + intercept by least squares, with Pearson's r and its p value.

    Parameters
    ----------
    x, y : array (n_rows,)
        Without NaN.

    Returns
    -------
    Line
        r is in [-1, 1]. NaN with fewer than `MIN_POINTS` rows or without spread in x; r alone
        without spread in y.
    float
        Two-sided p value of r, for independent rows.
    """
    if len(x) < MIN_POINTS or not has_spread(x):
        return Line(*np.full(3, np.nan)), np.nan
    from scipy import stats

    line = stats.linregress(x, y)
    r, p_value = stats.pearsonr(x, y) if has_spread(y) else (np.nan, np.nan)
    return Line(float(r), float(line.slope), float(line.intercept)), float(p_value)


def has_spread(values: np.ndarray) -> bool:
    """Whether values differ by more than rounding."""
    return bool(np.var(values) > DEGENERATE * np.mean(values**2))


def bootstrap_line(x: np.ndarray, y: np.ndarray, unit: np.ndarray, n_bootstrap: int,
                   seed: int) -> Line:
    """Percentile intervals of Pearson's r, slope and intercept, resampling units.

    Parameters
    ----------
    x, y, unit : array (n_rows,)
        Without NaN; rows of one unit are resampled together.
    n_bootstrap, seed : int
        Number of resamples, and of their generator.

    Returns
    -------
    Line
        Each an array (2,): low, high; NaN with one unit or fewer than `MIN_POINTS` rows.
    """
    names, index = np.unique(unit, return_inverse=True)
    if len(names) < 2 or len(x) < MIN_POINTS:
        return Line(*np.full((3, 2), np.nan))
    # r and the line follow from sums over units: many checkpoints of a run are as cheap as one.
    # Centred, so that differences of large sums lose no digits.
    dx, dy = x - x.mean(), y - y.mean()
    terms = np.stack([np.ones_like(dx), dx, dy, dx**2, dy**2, dx * dy])
    sums = np.stack([np.bincount(index, weights=term) for term in terms])
    resamples = _resample(np.arange(len(names)), lambda units, axis: sums[:, units].sum(axis),
                          n_bootstrap, seed)
    lines = _lines_of_sums(resamples, np.mean(x**2), np.mean(y**2))
    intercepts = lines.intercept + y.mean() - lines.slope * x.mean()
    return Line(*map(interval, (lines.pearson, lines.slope, intercepts)))


def _resample(values: np.ndarray, statistic: Callable, n_bootstrap: int, seed: int) -> np.ndarray:
    """Bootstrap distribution of a statistic, (..., n_bootstrap)."""
    from scipy import stats

    return stats.bootstrap((values,), statistic, vectorized=True, n_resamples=n_bootstrap,
                           method="percentile", rng=np.random.default_rng(seed),
                           ).bootstrap_distribution


def _lines_of_sums(sums: np.ndarray, square_x: float, square_y: float) -> Line:
    """Lines from sums of 1, x, y, xx, yy, xy (6, n_resamples), NaN where there is no spread."""
    mean_x, mean_y, xx, yy, xy = sums[1:] / sums[0]
    var_x, var_y, covariance = xx - mean_x**2, yy - mean_y**2, xy - mean_x * mean_y
    var_x = np.where(var_x > DEGENERATE * square_x, var_x, np.nan)
    var_y = np.where(var_y > DEGENERATE * square_y, var_y, np.nan)
    slope = covariance / var_x
    return Line(covariance / np.sqrt(var_x * var_y), slope, mean_y - slope * mean_x)


def bootstrap_mean(values: np.ndarray, n_bootstrap: int, seed: int) -> np.ndarray:
    """Percentile interval of the mean, resampling the values.

    Parameters
    ----------
    values : array (n_values,)
        One per unit (seed).
    n_bootstrap, seed : int
        Number of resamples, and of their generator.

    Returns
    -------
    array (2,)
        Low, high; NaN with one value only (one unit has no spread) or a NaN.
    """
    if len(values) < 2 or np.isnan(values).any():
        return np.full(2, np.nan)
    return interval(_resample(values, np.mean, n_bootstrap, seed))


def sample_sd(values: np.ndarray) -> float:
    """SD with n - 1; NaN for fewer than two values, since one unit has no spread."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else np.nan
