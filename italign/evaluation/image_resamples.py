"""Intervals of behavioural consistency over stimuli: images resampled within their category.

A resample is a vector of counts, how often each image was drawn: sums over images are products
with these counts, and no resample is laid out. Cell means and false alarms are those of the
resample. That makes it noisier than the sample, most of all by false alarms of few images, so its
r lies lower; as with the half-samples of similarity, only the spread about its own mean is used.
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from italign.evaluation.behavior_patterns import patterns
from italign.evaluation.centring import DEGENERATE
from italign.evaluation.intervals import about


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


@dataclass(frozen=True)
class PatternVersions:
    """One metric of people in many versions: of resamples of images, or of halves of trials.

    Parameters
    ----------
    weights, weighted : numpy.ndarray, (n_versions, n_cells)
        Weight of each cell of the pattern, and weight x value; 0 where unknown.
    n, total, variance : numpy.ndarray, (n_versions,)
        Sums over cells: of weights, of values, and of squared deviations from the mean; the last
        NaN where values do not vary.
    """

    weights: np.ndarray
    weighted: np.ndarray
    n: np.ndarray
    total: np.ndarray
    variance: np.ndarray


def pattern_versions(values: np.ndarray, counts: np.ndarray | None = None) -> PatternVersions:
    """Prepare versions of a pattern of people for comparison with models.

    Parameters
    ----------
    values : numpy.ndarray, (n_versions, n_rows, ...)
        Patterns, NaN where unknown.
    counts : numpy.ndarray, (n_versions, n_rows), optional
        Weight of each row; 1 by default.
    """
    weights, filled = (~np.isnan(values)).astype(float), _filled(values)
    if counts is not None:
        weights *= counts.reshape(*counts.shape, *[1] * (values.ndim - 2))
    weights = weights.reshape(filled.shape)
    weighted = weights * filled
    n, total = weights.sum(1), weighted.sum(1)
    return PatternVersions(weights, weighted, n, total,
                           _variance(np.vecdot(weighted, filled), total, n))


def version_scores(model: np.ndarray, people: list[PatternVersions]) -> np.ndarray:
    """Pearson r of a model with people in each version, (len(people), n_versions).

    Parameters
    ----------
    model : numpy.ndarray, (n_versions or 1, n_rows, ...)
        Its pattern in the same versions, or one for all; known where people's is.
    people : list of PatternVersions
        Of each repetition.

    Returns
    -------
    numpy.ndarray, (len(people), n_versions)
        In [-1, 1]; NaN if nothing is known or varies.
    """
    x = _filled(model)
    squares = x * x
    scores = []
    for one in people:
        sum_x = np.vecdot(one.weights, x)
        variance = _variance(np.vecdot(one.weights, squares), sum_x, one.n)
        with np.errstate(invalid="ignore"):  # nothing known
            covariance = np.vecdot(one.weighted, x) - sum_x * one.total / one.n
        scores.append(covariance / np.sqrt(variance * one.variance))
    return np.array(scores)


def resample_people(
    responses: list[np.ndarray], truth: np.ndarray, weights: np.ndarray
) -> dict[str, list[PatternVersions]]:
    """Patterns of people in every resample, which no model changes.

    Parameters
    ----------
    responses : list of numpy.ndarray, (n_images, n_categories)
        First half of the trials of each repetition.
    truth : numpy.ndarray of int, (n_images,)
        Category index of each image.
    weights : numpy.ndarray, (n_resamples, n_images)
        From `resample_weights`.

    Returns
    -------
    dict of str to list of PatternVersions
        By metric, one for each of `responses`.
    """
    resampled: dict[str, list[PatternVersions]] = {}
    for response in responses:
        for metric, values in patterns(response, truth, weights).items():
            # A pair of objects counts once, however often its images were drawn.
            counts = None if metric == "o2" else weights
            resampled.setdefault(metric, []).append(pattern_versions(values, counts))
    return resampled


def stimulus_interval(raw: float, resampled: np.ndarray) -> tuple[float, float]:
    """95 % interval of a score from its values in resamples of the images.

    Parameters
    ----------
    raw : float
        Of the images themselves.
    resampled : numpy.ndarray, (n_resamples,)
        NaN where undefined.

    Returns
    -------
    low, high : float
        ``raw`` + 2.5 % and 97.5 % quantiles of the resamples about their mean, in [-1, 1]; NaN if
        fewer than two are defined.
    """
    finite = resampled[np.isfinite(resampled)]
    if len(finite) < 2:
        return np.nan, np.nan
    low, high = about(raw, finite, -1.0, 1.0)
    return float(low), float(high)


def _variance(squares: np.ndarray, total: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Sum of squared deviations from the mean; NaN where it is no more than rounding."""
    with np.errstate(invalid="ignore"):  # nothing known
        variance = squares - total**2 / n
        return np.where(variance > DEGENERATE * squares, variance, np.nan)


def _filled(values: np.ndarray) -> np.ndarray:
    """Patterns as rows of cells, 0 where unknown."""
    return np.where(np.isnan(values), 0, values).reshape(len(values), prod(values.shape[1:]))
