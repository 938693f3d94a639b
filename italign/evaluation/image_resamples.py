"""Intervals of behavioural consistency over stimuli: images resampled within their category.

A resample is a vector of counts, how often each image was drawn: sums over images are products
with these counts, and no resample is laid out. Cell means and false alarms are those of the
resample. That makes it noisier than the sample, most of all by false alarms of few images, so its
r lies lower; as with the half-samples of similarity, only the spread about its own mean is used.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from italign.evaluation.behavior import patterns

LEVEL = 0.95


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
class ResampledPattern:
    """One metric of one half of people's trials in every resample.

    Parameters
    ----------
    values : numpy.ndarray, (n_resamples, n_rows, n_columns)
        Pattern, 0 where unknown; rows are images, or objects.
    known : numpy.ndarray of bool, same shape
        Where people's pattern is known.
    counts : numpy.ndarray, (n_resamples, n_rows)
        Weight of each row.
    """

    values: np.ndarray
    known: np.ndarray
    counts: np.ndarray

    def pearson(self, model: np.ndarray) -> np.ndarray:
        """Pearson r with a model's pattern of the same shape, (n_resamples,); NaN if undefined."""
        x = np.where(self.known, model, 0)
        n, sum_y, variance_y = self._of_people
        sum_x = self._sum(x)
        # An unknown value of the model, or no variation at all: no r.
        with np.errstate(invalid="ignore", divide="ignore"):
            covariance = self._sum(x, self.values) - sum_x * sum_y / n
            return covariance / np.sqrt((self._sum(x, x) - sum_x**2 / n) * variance_y)

    @cached_property
    def _of_people(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n, total = self._sum(self.known.astype(float)), self._sum(self.values)
        with np.errstate(invalid="ignore", divide="ignore"):
            return n, total, self._sum(self.values, self.values) - total**2 / n

    def _sum(self, *factors: np.ndarray) -> np.ndarray:
        rows = np.einsum(",".join(["bij"] * len(factors)) + "->bi", *factors)
        return (self.counts * rows).sum(1)


def resample_people(
    responses: list[np.ndarray], truth: np.ndarray, weights: np.ndarray
) -> dict[str, list[ResampledPattern]]:
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
    dict of str to list of ResampledPattern
        By metric, one for each of `responses`.
    """
    resampled: dict[str, list[ResampledPattern]] = {}
    for response in responses:
        for metric, values in patterns(response, truth, weights).items():
            values = rows_and_columns(values)
            known = ~np.isnan(values)
            # A pair of objects counts once, however often its images were drawn.
            counts = np.ones(values.shape[:2]) if metric == "o2" else weights
            resampled.setdefault(metric, []).append(
                ResampledPattern(np.where(known, values, 0), known, counts))
    return resampled


def rows_and_columns(values: np.ndarray) -> np.ndarray:
    """Pattern of resamples with 3 dims: one column for a metric with one value an image."""
    return values if values.ndim == 3 else values[..., None]


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
    low, high = np.quantile(finite - finite.mean(), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return max(raw + float(low), -1.0), min(raw + float(high), 1.0)
