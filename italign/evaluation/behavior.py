"""Behavioural consistency of a model with people (paper 2.3, 3.2): i2n, i2, i1n, i1 and o2.

Rajalingham et al. 2018 as implemented in Brain-Score:

    R[i, c]  = P(choose c | truth and c offered for image i)
    d'[i, c] = Z(1 - R[i, c]) - Z(mean over images j of object c of R[j, truth of i])

clipped to +-5 (i2). Minus the mean over the images of the same (truth, c) cell (i2n), what is left
is specific to the image. i1 and i1n are their means over distractors; o2 has one d' per pair of
objects, from mean rates. Consistency = Pearson r of the patterns of model and people.

DEVIATION from Rajalingham et al., with Brain-Score: false alarms per object instead of over the
flat vector of images; i1 averages d' instead of computing it from pooled rates; a model's responses
are its probabilities, not trials.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from italign.evaluation.agreement import check_model, check_people, over_repetitions, pearson
from italign.evaluation.trials import (
    Trials,
    check_trials,
    divide,
    response_halves,
    response_matrix,
)

__all__ = ["I2nScore", "i2n", "i2n_pattern", "model_response", "patterns", "response_matrix"]

DPRIME_CAP = 5.0
N_REPETITIONS = 2  # random halves of the trials, as in Brain-Score


@dataclass(frozen=True)
class I2nScore:
    """i2n of a model: raw r, ceiling r, mean of raw / sqrt(ceiling), number of images."""

    raw: float
    ceiling: float
    ceiled: float
    n: int


def model_response(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """What `response_matrix` is of people: p_c / (p_c + p_truth), NaN at the truth.

    Parameters
    ----------
    probabilities : numpy.ndarray, (n_images, n_categories)
        Of a decoder, above 0.
    truth : numpy.ndarray, (n_images,)
        Category index of each image.

    Raises
    ------
    ValueError
        If shapes or category indices do not fit.
    """
    _check_truth(probabilities, truth)
    rows = np.arange(len(truth))
    of_truth = probabilities[rows, truth][:, None]
    response = divide(probabilities, probabilities + of_truth)
    response[rows, truth] = np.nan
    return response


def i2_pattern(response: np.ndarray, truth: np.ndarray, weights=None) -> np.ndarray:
    """Sensitivity d' of each image to each distractor; parameters as in `i2n_pattern`."""
    _check_truth(response, truth)
    false_alarm = np.swapaxes(ndtri(_category_mean(response, truth, weights))[..., truth], -1, -2)
    with np.errstate(invalid="ignore"):  # Z(0) - Z(0): undefined, hence NaN, as in Brain-Score
        dprime = ndtri(1 - response) - false_alarm
    return dprime.clip(-DPRIME_CAP, DPRIME_CAP)


def i2n_pattern(response: np.ndarray, truth: np.ndarray, weights=None) -> np.ndarray:
    """Sensitivity d' of each image to each distractor, minus the mean of its (truth, c) cell.

    Parameters
    ----------
    response : numpy.ndarray, (n_images, n_categories)
        From `response_matrix`, or a model's p_c / (p_c + p_truth).
    truth : numpy.ndarray, (n_images,)
        Category index of each image.
    weights : numpy.ndarray, (n_resamples, n_images), optional
        How often each resample has each image; adds a leading dim to the result.

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
    return _without_cell_mean(i2_pattern(response, truth, weights), truth, weights)


def o2_pattern(response: np.ndarray, truth: np.ndarray, weights=None) -> np.ndarray:
    """Sensitivity d' of each pair of objects from mean rates, symmetric (n_categories, same)."""
    _check_truth(response, truth)
    rate = _category_mean(response, truth, weights)
    with np.errstate(invalid="ignore"):
        dprime = ndtri(1 - rate) - ndtri(np.swapaxes(rate, -1, -2))
    return dprime.clip(-DPRIME_CAP, DPRIME_CAP)


def patterns(response: np.ndarray, truth: np.ndarray, weights=None) -> dict[str, np.ndarray]:
    """All metrics of one response matrix; parameters and errors as in `i2n_pattern`.

    Returns
    -------
    dict of str to numpy.ndarray
        ``i2n`` and ``i2``, (n_images, n_categories); their means over the known distractors,
        ``i1n`` and ``i1``, (n_images,); ``o2``, (n_categories, n_categories). Higher is easier.
    """
    i2 = i2_pattern(response, truth, weights)
    i2n = _without_cell_mean(i2, truth, weights)
    return {"i2n": i2n, "i2": i2, "i1n": _distractor_mean(i2n), "i1": _distractor_mean(i2),
            "o2": o2_pattern(response, truth, weights)}


def i2n(
    model_probabilities: np.ndarray, truth: np.ndarray, trials: Trials, seed: int = 0
) -> I2nScore:
    """Consistency of a model's image-level confusions with people's.

    Parameters
    ----------
    model_probabilities : numpy.ndarray, (n_images, n_categories)
        Of the decoder, above 0.
    truth : numpy.ndarray, (n_images,)
        Category index of each image.
    trials : Trials
        Of people; divided into random halves, two times. The model is compared with first halves,
        the ceiling is r of the two halves, and each repetition is divided by the root of its own.
    seed : int
        Brain-Score's is 0.

    Returns
    -------
    I2nScore
        Higher is more human; raw and ceiling in [-1, 1]. The ceiling is NaN if the halves share no
        (image, distractor) pairs, and ceiled is NaN unless both repetitions' ceilings exceed 0:
        both mean that there are too few responses per image.

    Raises
    ------
    ValueError
        If shapes do not fit, trials contradict `truth`, a category has no image, the model gives no
        probability where people were asked, or people's answers show no pattern at all.
    """
    check_trials(truth, trials)
    model = i2n_pattern(model_response(model_probabilities, truth), truth)
    scores = []
    for halves in response_halves(trials, N_REPETITIONS, seed):
        first, second = (i2n_pattern(half, truth) for half in halves)
        check_people(first)
        check_model(model, first)
        scores.append((pearson(model, first), pearson(second, first)))
    return I2nScore(*over_repetitions(*np.transpose(scores)), n=len(truth))


def _check_truth(values: np.ndarray, truth: np.ndarray) -> None:
    if values.ndim != 2 or len(values) != len(truth):
        raise ValueError(f"values have shape {values.shape} for {len(truth)} images, expected "
                         "(n_images, n_categories)")
    if truth.min() < 0 or truth.max() >= values.shape[1]:
        raise ValueError(f"truth runs from {truth.min()} to {truth.max()}, expected category "
                         f"indices from 0 to {values.shape[1] - 1}")
    without = np.setdiff1d(np.arange(values.shape[1]), truth)
    if without.size:
        raise ValueError(f"{without.size} of {values.shape[1]} categories have no image, the first "
                         f"is number {without[0]}; expected at least one of each: false alarms are "
                         "measured on a category's own images, drop it or add images")


def _category_mean(values: np.ndarray, truth: np.ndarray, weights=None) -> np.ndarray:
    """Mean over the images of each category, (..., n_categories, n_columns), leaving out NaN."""
    member = np.eye(values.shape[-1])[:, truth]
    if weights is not None:
        member = member * weights[:, None, :]
    known = ~np.isnan(values)
    return divide(member @ np.where(known, values, 0), member @ known)


def _without_cell_mean(dprime: np.ndarray, truth: np.ndarray, weights) -> np.ndarray:
    return dprime - _category_mean(dprime, truth, weights)[..., truth, :]


def _distractor_mean(dprime: np.ndarray) -> np.ndarray:
    known = ~np.isnan(dprime)
    return divide(np.where(known, dprime, 0).sum(-1), known.sum(-1))
