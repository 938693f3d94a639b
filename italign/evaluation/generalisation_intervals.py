"""Intervals over seeds and images at once, and the dose permuted within seeds."""

from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from italign.evaluation.intervals import interval
from italign.evaluation.statistics import MIN_POINTS

N_DOSE_PERMUTATIONS = 9999


class Trend(NamedTuple):
    """Mean rank correlation, its 95 % interval, and the two-sided p value of permuted doses."""

    rho: float
    low: float
    high: float
    p_value: float


def joint_resamples(value: np.ndarray, spread: np.ndarray, seed: int) -> np.ndarray:
    """Draw the mean over seeds as other seeds and other images would give it.

    Parameters
    ----------
    value : numpy.ndarray, (n_seeds,)
        Of every seed, on all images.
    spread : numpy.ndarray, (n_seeds, n_resamples)
        What each draw of the images adds to it (`generalisation.Similarity`).
    seed : int
        Of the draws.

    Returns
    -------
    numpy.ndarray, (n_resamples,)
        Seeds vary as Student's t of n - 1 degrees of freedom says: a bootstrap of three seeds
        holds their mean in 80 % of its 95 % intervals. One seed: its images alone vary.
    """
    n_seeds, n_resamples = spread.shape
    images = value.mean() + spread.mean(0)
    if n_seeds == 1:
        return images
    drawn = np.random.default_rng(seed).standard_t(n_seeds - 1, n_resamples)
    return images + drawn * value.std(ddof=1) / np.sqrt(n_seeds)


def joint_interval(value: np.ndarray, spread: np.ndarray, seed: int) -> tuple[float, float]:
    """95 % interval of a mean over seeds, over seeds and images; see `joint_resamples`."""
    resamples = joint_resamples(value, spread, seed)
    if np.isnan(resamples).any():
        return np.nan, np.nan
    low, high = interval(resamples)
    return float(low), float(high)


def dose_trend(doses: np.ndarray, value: np.ndarray, spread: np.ndarray, seed: int) -> Trend:
    """Rank correlation of dose and similarity within seeds, mean over seeds.

    Parameters
    ----------
    doses : numpy.ndarray, (n_doses,)
        At least three.
    value : numpy.ndarray, (n_seeds, n_doses)
        Similarity of the runs.
    spread : numpy.ndarray, (n_seeds, n_doses, n_resamples)
        See `joint_resamples`.
    seed : int
        Of draws and permutations.

    Returns
    -------
    Trend
        Spearman's rho, -1 to 1. Its interval, of resampled seeds and images, holds rho itself:
        resamples carry noise in addition to that of the data, which can only bring ranks nearer to
        disorder. p: doses are permuted within every seed, all seeds anew. NaN
        without three doses or without spread.
    """
    if len(doses) < MIN_POINTS or not np.all(np.ptp(value, axis=1) > 0):
        return Trend(*[np.nan] * 4)
    ranks = _unit_ranks(doses)
    rho = float((_unit_ranks(value) @ ranks).mean())
    varied = _unit_ranks(np.moveaxis(value[..., None] + spread, 2, 0)) @ ranks  # resamples x seeds
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(value), size=varied.shape)
    low, high = interval(np.take_along_axis(varied, drawn, axis=1).mean(1))
    shape = (N_DOSE_PERMUTATIONS, *value.shape)
    permuted = rng.permuted(np.broadcast_to(ranks, shape), axis=2)
    null = np.abs(np.einsum("psd,sd->p", permuted, _unit_ranks(value)) / len(value))
    extreme = np.sum(null >= abs(rho) - 1e-9)  # ranks give ties, up to rounding
    return Trend(rho, float(min(low, rho)), float(max(high, rho)),
                 float((1 + extreme) / (1 + len(null))))


def _unit_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks along the last axis, centred and of length one."""
    ranks = rankdata(values, axis=-1) - (values.shape[-1] + 1) / 2
    return ranks / np.linalg.norm(ranks, axis=-1, keepdims=True)
