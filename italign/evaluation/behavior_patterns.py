"""Patterns of errors over images and objects (paper 2.3, 3.2): i2n, i2, i1n, i1 and o2.

Rajalingham et al. 2018 as implemented in Brain-Score:

    R[i, c]  = P(choose c | truth and c offered for image i)
    d'[i, c] = Z(1 - R[i, c]) - Z(mean over images j of object c of R[j, truth of i])

clipped to +-5 (i2). Minus the mean over the images of the same (truth, c) cell (i2n), what is left
is specific to the image. i1 and i1n are their means over distractors; o2 has one d' per pair of
objects, from mean rates.

DEVIATION from Rajalingham et al., with Brain-Score: false alarms per object instead of over the
flat vector of images; i1 averages d' instead of computing it from pooled rates.
"""

import numpy as np
from scipy.special import ndtri

from italign.evaluation.trials import divide

DPRIME_CAP = 5.0
# d' where both rates are 0 or both are 1, Z - Z of equal infinities. People: unknown, as in
# Brain-Score, as a few responses cannot tell. ASSUME for models: none, as they answer the same
# whichever of the two is shown; their probabilities have only run out of digits.
UNKNOWN, NO_SENSITIVITY = np.nan, 0.0


def i2n_pattern(response: np.ndarray, truth: np.ndarray, undecided: float = UNKNOWN) -> np.ndarray:
    """Sensitivity d' of each image to each distractor, minus the mean of its (truth, c) cell.

    Parameters
    ----------
    response : numpy.ndarray, (n_images, n_categories)
        In [0, 1], from `response_matrix` of people or `model_response`.
    truth : numpy.ndarray, (n_images,)
        Category index of each image.
    undecided : float
        d' where both rates are 0 or both are 1: `UNKNOWN` for people, `NO_SENSITIVITY` for models.

    Returns
    -------
    numpy.ndarray, (n_images, n_categories)
        Higher is easier than the cell's average image. NaN where `response` is, and where nothing
        is known about confusions of the distractor's own images with the truth.

    Raises
    ------
    ValueError
        If shapes or category indices do not fit, or a category has no image.
    """
    return _of_images(*_rates(response, truth, None), response, truth, undecided)["i2n"]


def patterns(response: np.ndarray, truth: np.ndarray, weights: np.ndarray | None = None,
             undecided: float = UNKNOWN) -> dict[str, np.ndarray]:
    """All metrics of one response matrix.

    Parameters
    ----------
    response, truth, undecided
        As in `i2n_pattern`, with the same errors.
    weights : numpy.ndarray, (n_resamples, n_images), optional
        How often each resample has each image; adds a leading dim to the results.

    Returns
    -------
    dict of str to numpy.ndarray
        ``i2n`` and ``i2``, (n_images, n_categories); their means over the known distractors,
        ``i1n`` and ``i1``, (n_images,); ``o2``, (n_categories, n_categories). Higher is easier.
    """
    member, rate = _rates(response, truth, weights)
    found = _of_images(member, rate, response, truth, undecided)
    known = ~np.isnan(found["i2"])  # and the same of i2n
    return found | {"i1n": _distractor_mean(found["i2n"], known),
                    "i1": _distractor_mean(found["i2"], known),
                    "o2": _dprime(ndtri(1 - rate), _z_false_alarm(rate), undecided)}


def check_truth(values: np.ndarray, truth: np.ndarray) -> None:
    """Refuse values that are not (n_images, n_categories), and categories without an image."""
    if values.ndim != 2 or len(values) != len(truth):
        raise ValueError(f"values have shape {values.shape} for {len(truth)} images, expected "
                         "(n_images, n_categories)")
    if not len(truth):
        raise ValueError("there are 0 images, expected at least one of each category: the set has "
                         "no test images")
    if truth.min() < 0 or truth.max() >= values.shape[1]:
        raise ValueError(f"truth runs from {truth.min()} to {truth.max()}, expected category "
                         f"indices from 0 to {values.shape[1] - 1}")
    without = np.setdiff1d(np.arange(values.shape[1]), truth)
    if without.size:
        raise ValueError(f"{without.size} of {values.shape[1]} categories have no image, the first "
                         f"is number {without[0]}; expected at least one of each: false alarms are "
                         "measured on a category's own images, drop it or add images")


def _rates(response, truth, weights) -> tuple[np.ndarray, np.ndarray]:
    """How often each category has each image, and mean response of each category."""
    check_truth(response, truth)
    member = np.eye(response.shape[1])[:, truth]
    if weights is not None:
        member = member * weights[:, None, :]
    return member, _category_mean(response, member)


def _of_images(member, rate, response, truth, undecided) -> dict[str, np.ndarray]:
    i2 = _dprime(ndtri(1 - response), _z_false_alarm(rate)[..., truth, :], undecided)
    return {"i2n": i2 - _category_mean(i2, member)[..., truth, :], "i2": i2}


def _z_false_alarm(rate: np.ndarray) -> np.ndarray:
    """Of (truth, distractor): Z of the mean rate at which distractors are taken for the truth."""
    return ndtri(np.swapaxes(rate, -1, -2))


def _dprime(z_hit: np.ndarray, z_false_alarm: np.ndarray, undecided: float) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        dprime = z_hit - z_false_alarm
    infinite = np.isinf(z_hit)
    if infinite.any():
        dprime[infinite & (z_hit == z_false_alarm)] = undecided
    return dprime.clip(-DPRIME_CAP, DPRIME_CAP, out=dprime)


def _category_mean(values: np.ndarray, member: np.ndarray) -> np.ndarray:
    """Mean over the images of each category, (..., n_categories, n_columns), leaving out NaN."""
    known = ~np.isnan(values)
    return divide(member @ np.where(known, values, 0), member @ known)


def _distractor_mean(dprime: np.ndarray, known: np.ndarray) -> np.ndarray:
    return divide(np.where(known, dprime, 0).sum(-1), np.count_nonzero(known, axis=-1))
