"""Tests of the cohort, by scipy: rank correlation, differences within pairs, distributions.

Where a test is undefined (too few points, no spread) its results are NaN.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import stats

from italign.evaluation.statistics import MIN_POINTS

MAX_PERMUTATIONS = 9999


class Outcome(NamedTuple):
    """Test statistic, two-sided p value, and how many permutations are behind it (0: none)."""

    statistic: float = np.nan
    p_value: float = np.nan
    n_permutations: int = 0


def spearman(x: np.ndarray, y: np.ndarray, seed: int) -> Outcome:
    """Spearman rank correlation with a two-sided permutation p value.

    Parameters
    ----------
    x, y : array (n_points,)
        Without NaN.
    seed : int
        Of random permutations of more than 7 points; up to there all n! are made.

    Returns
    -------
    Outcome
        In [-1, 1] (1: y rises whenever x does); NaN for fewer than `MIN_POINTS` or no spread.
    """
    if len(x) < MIN_POINTS or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Outcome()
    z_x, z_y = (stats.zscore(stats.rankdata(values)) for values in (x, y))
    return _permutations((z_x,), lambda ranks, axis=-1: np.mean(ranks * z_y, axis=axis),
                         "pairings", seed)


def paired_difference(a: np.ndarray, b: np.ndarray, seed: int) -> Outcome:
    """Mean of a - b with the two-sided p value of exchanging a and b within pairs.

    Parameters
    ----------
    a, b : array (n_pairs,)
        Without NaN; one pair per seed.
    seed : int
        Of random permutations of more than 13 pairs; up to there all 2^n are made.

    Returns
    -------
    Outcome
        p cannot fall below 2^(1 - n_pairs); NaN for fewer than two pairs.
    """
    if len(a) < 2:
        return Outcome()
    return _permutations((a, b), lambda a, b, axis=-1: np.mean(a - b, axis=axis), "samples", seed)


def _permutations(data: tuple, statistic: Callable, permutation_type: str, seed: int) -> Outcome:
    result = stats.permutation_test(data, statistic, permutation_type=permutation_type,
                                    vectorized=True, n_resamples=MAX_PERMUTATIONS,
                                    rng=np.random.default_rng(seed))
    return Outcome(float(result.statistic), float(result.pvalue), len(result.null_distribution))


def kolmogorov_smirnov(a: np.ndarray, b: np.ndarray) -> Outcome:
    """Two-sample Kolmogorov-Smirnov test with the exact two-sided p value.

    Parameters
    ----------
    a, b : array (n,)
        Without NaN; lengths may differ.

    Returns
    -------
    Outcome
        The statistic is the largest distance of the distribution functions, 0 to 1 (the values
        do not overlap); NaN for fewer than two values of either.
    """
    if min(len(a), len(b)) < 2:
        return Outcome()
    result = stats.ks_2samp(a, b, method="exact")
    return Outcome(float(result.statistic), float(result.pvalue), 0)
