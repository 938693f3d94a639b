"""Pearson agreement of patterns: over repetitions, and over resamples of the images by weights.

A resample is a vector of counts, how often each image was drawn. Sums over images are then
products with these counts, and no resample is ever laid out.
"""

import numpy as np


def pearson(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson r over the cells that both have.

    Parameters
    ----------
    one, other : numpy.ndarray
        Patterns of one shape, NaN where unknown.

    Returns
    -------
    float
        In [-1, 1]; NaN where one of them does not vary.
    """
    known = ~np.isnan(one) & ~np.isnan(other)
    one, other = one[known], other[known]
    if not known.any() or not np.ptp(one) or not np.ptp(other):
        return np.nan
    return float(np.corrcoef(one, other)[0, 1])


def over_repetitions(raw: np.ndarray, ceiling: np.ndarray) -> tuple[float, float, float]:
    """Mean raw, mean ceiling and mean of raw / sqrt(ceiling) of each repetition.

    Parameters
    ----------
    raw, ceiling : numpy.ndarray, (n_repetitions,)
        Pearson r of model and first half of people, and of the two halves.

    Returns
    -------
    tuple of float
        Raw and ceiling in [-1, 1]; ceiled, about 1 for a model as good as people, is NaN unless
        every ceiling is above 0.
    """
    ceiled = raw / np.sqrt(np.where(ceiling > 0, ceiling, np.nan))
    return float(raw.mean()), float(ceiling.mean()), float(ceiled.mean())


def resample_weights(truth: np.ndarray, n_resamples: int, seed: int) -> np.ndarray:
    """How often each image is drawn when those of its category are drawn with replacement.

    Parameters
    ----------
    truth : numpy.ndarray of int, (n_images,)
        Category of each image; every resample has as many images of each.
    n_resamples : int
        Number of resamples.
    seed : int
        Of a private generator.

    Returns
    -------
    numpy.ndarray, (n_resamples, n_images)
        Counts, as float.
    """
    rng = np.random.default_rng(seed)
    weights = np.zeros((n_resamples, len(truth)))
    for category in np.unique(truth):
        images = np.flatnonzero(truth == category)
        share = np.full(len(images), 1 / len(images))
        weights[:, images] = rng.multinomial(len(images), share, size=n_resamples)
    return weights


def weighted_pearson(one: np.ndarray, other: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Pearson r over the cells that both have, each counted by its weight.

    Parameters
    ----------
    one, other : numpy.ndarray, (n_resamples, ...)
        Patterns, NaN where unknown.
    weights : numpy.ndarray
        Broadcasts against them.

    Returns
    -------
    numpy.ndarray, (n_resamples,)
        In [-1, 1]; NaN where one of them does not vary.
    """
    known = ~np.isnan(one) & ~np.isnan(other)
    weights = (weights * known).reshape(len(one), -1)
    one, other = (np.where(known, values, 0).reshape(len(values), -1) for values in (one, other))
    total = weights.sum(1, keepdims=True)
    total[total == 0] = np.nan
    one, other = (values - _dot(weights, values)[:, None] / total for values in (one, other))
    weighted = weights * one
    variances = _dot(weighted, one) * _dot(weights * other, other)
    # Less than rounding: a pattern without variation has no r.
    variances[variances < np.finfo(float).eps ** 2 * total[:, 0] ** 2] = np.nan
    return _dot(weighted, other) / np.sqrt(variances)


def interval(values: np.ndarray) -> tuple[float, float]:
    """2.5 % and 97.5 % quantiles of the values that are numbers; NaN if there are none."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.nan, np.nan
    low, high = np.quantile(finite, [0.025, 0.975])
    return float(low), float(high)


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", one, other)
