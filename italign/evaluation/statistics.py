r"""Statistics of the cohort: rank correlation with dose, regression lines, bootstrap intervals.

Every bootstrap here resamples *units* (points, seeds or runs) with replacement and is written as
integer weights on the rows, :math:`w \sim \mathrm{Multinomial}`, so that one vectorised formula of
weighted moments gives the estimate (all weights 1) and every resample. Rows of one unit always
travel together, which makes the same code the cluster bootstrap for checkpoints of one run.
Intervals are 95 % percentile intervals.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95
# A variance below this part of the mean square is rounding: the values are all the same.
DEGENERATE = 1e-12
MAX_PERMUTATIONS = 9999


class Line(NamedTuple):
    """Pearson correlation and ordinary least-squares line, scalars or one per resample."""

    pearson: np.ndarray
    slope: np.ndarray
    intercept: np.ndarray


def resampling_weights(unit: np.ndarray, n_bootstrap: int, seed: int) -> np.ndarray:
    """Draw bootstrap resamples of units as weights on rows.

    Parameters
    ----------
    unit : array (n_rows,)
        The unit each row belongs to, e.g. its run; rows of one unit get the same weight.
    n_bootstrap : int
        Number of resamples.
    seed : int
        Of the generator; the same seed gives the same resamples.

    Returns
    -------
    array (n_bootstrap, n_rows)
        How often each row counts, >= 0.
    """
    names, index = np.unique(unit, return_inverse=True)
    generator = np.random.default_rng(seed)
    equal = np.full(len(names), 1 / len(names))
    counts = generator.multinomial(len(names), equal, size=n_bootstrap)
    return counts[:, index].astype(float)


def fit_line(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> Line:
    """Fit y = slope x + intercept by (weighted) least squares, with Pearson's r.

    Parameters
    ----------
    x, y : array (n_rows,)
        Without NaN.
    weights : array (..., n_rows), optional
        As from `resampling_weights`; all 1 by default.

    Returns
    -------
    Line
        Arrays of the leading shape of the weights; NaN for a resample without spread in x, or,
        for Pearson's r (-1 to 1), in y.
    """
    w = np.ones(len(x)) if weights is None else weights
    w = w / w.sum(axis=-1, keepdims=True)
    mean_x, mean_y = w @ x, w @ y
    dx, dy = x - mean_x[..., None], y - mean_y[..., None]
    var_x, var_y = (w * dx**2).sum(-1), (w * dy**2).sum(-1)
    covariance = (w * dx * dy).sum(-1)
    var_x = np.where(var_x > DEGENERATE * np.mean(x**2), var_x, np.nan)
    var_y = np.where(var_y > DEGENERATE * np.mean(y**2), var_y, np.nan)
    slope = covariance / var_x
    return Line(covariance / np.sqrt(var_x * var_y), slope, mean_y - slope * mean_x)


def bootstrap_line(x: np.ndarray, y: np.ndarray, unit: np.ndarray, n_bootstrap: int,
                   seed: int) -> Line:
    """Percentile intervals of Pearson's r, slope and intercept, resampling units.

    Parameters
    ----------
    x, y, unit : array (n_rows,)
        Without NaN; rows of one unit are resampled together.
    n_bootstrap, seed : int
        As in `resampling_weights`.

    Returns
    -------
    Line
        Each an array (2,): low, high; NaN if there is one unit only.
    """
    if len(np.unique(unit)) < 2:
        return Line(*np.full((3, 2), np.nan))
    resamples = fit_line(x, y, resampling_weights(unit, n_bootstrap, seed))
    return Line(*(interval(values) for values in resamples))


def bootstrap_mean(values: np.ndarray, n_bootstrap: int, seed: int) -> np.ndarray:
    """Percentile interval of the mean, resampling the values.

    Parameters
    ----------
    values : array (n_values,)
        Without NaN, one per unit (seed).
    n_bootstrap, seed : int
        As in `resampling_weights`.

    Returns
    -------
    array (2,)
        Low, high; NaN if there is one value only, since one unit has no spread.
    """
    if len(values) < 2:
        return np.full(2, np.nan)
    weights = resampling_weights(np.arange(len(values)), n_bootstrap, seed)
    return interval(weights @ values / len(values))


def interval(resamples: np.ndarray) -> np.ndarray:
    """Central 95 % of resampled values, array (2,); degenerate resamples (NaN) hold no value."""
    valid = resamples[~np.isnan(resamples)]
    if not len(valid):
        return np.full(2, np.nan)
    return np.quantile(valid, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])


def sample_sd(values: np.ndarray) -> float:
    """SD with n - 1; NaN for fewer than two values, since one unit has no spread."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else np.nan


def spearman(x: np.ndarray, y: np.ndarray, seed: int) -> tuple[float, float]:
    """Spearman rank correlation with a two-sided permutation p value.

    The seven doses of the paper have 7! = 5,040 orders, so the p value is exact there; above
    `MAX_PERMUTATIONS` orders it is a random permutation test.

    Parameters
    ----------
    x, y : array (n_points,)
        Without NaN.
    seed : int
        Of the random permutations.

    Returns
    -------
    tuple of float
        Correlation, -1 to 1 (1: y rises whenever x does), and p value; NaN for fewer than three
        points or no spread.
    """
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan, np.nan
    z_x, z_y = (stats.zscore(stats.rankdata(values)) for values in (x, y))
    result = stats.permutation_test(
        (z_x,), lambda ranks, axis=-1: np.mean(ranks * z_y, axis=axis), vectorized=True,
        permutation_type="pairings", n_resamples=MAX_PERMUTATIONS,
        rng=np.random.default_rng(seed),
    )
    return float(result.statistic), float(result.pvalue)


def pearson_p_value(r: float, n: int) -> float:
    """Two-sided p value of Pearson's r from Student's t with n - 2 degrees of freedom."""
    if n < 3 or np.isnan(r):
        return np.nan
    t = r * np.sqrt((n - 2) / max(1 - r**2, np.finfo(float).tiny))
    return float(2 * stats.t.sf(abs(t), n - 2))
