"""Behavioural consistency of a model with people in i2n (paper 2.3, 3.2), exactly Brain-Score's.

Pearson r of the patterns (`behavior_patterns`) of model and people, over random halves of the
trials. A model answers with probabilities: DEVIATION from Rajalingham et al., with Brain-Score,
who drew its trials. All metrics, category subsets and error bars: `people`.
"""

from dataclasses import dataclass

import numpy as np

from italign.evaluation.agreement import half_ceilings, over_repetitions, pearson
from italign.evaluation.behavior_patterns import NO_SENSITIVITY, check_truth, i2n_pattern
from italign.evaluation.trials import N_REPETITIONS, Trials, check_trials, response_halves

NO_PREFERENCE = 0.5


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
        Of a decoder or of outputs, 0 or above; only their ratios within an image count.
    truth : numpy.ndarray, (n_images,)
        Category index of each image.

    Returns
    -------
    numpy.ndarray, (n_images, n_categories)
        In [0, 1]. ASSUME: 0.5 where both probabilities have become 0: the model prefers neither.

    Raises
    ------
    ValueError
        If shapes or category indices do not fit, or probabilities are NaN, infinite or below 0.
    """
    check_truth(probabilities, truth)
    _check_probabilities(probabilities)
    rows = np.arange(len(truth))
    either = probabilities + probabilities[rows, truth][:, None]
    response = np.full(probabilities.shape, NO_PREFERENCE)
    np.divide(probabilities, either, out=response, where=either > 0)
    response[rows, truth] = np.nan
    return response


def i2n(
    model_probabilities: np.ndarray, truth: np.ndarray, trials: Trials, seed: int = 0
) -> I2nScore:
    """Consistency of a model's image-level confusions with people's.

    Parameters
    ----------
    model_probabilities : numpy.ndarray, (n_images, n_categories)
        As in `model_response`.
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
        both mean that there are too few responses per image. Raw is NaN if the model answers alike
        to all images of each category.

    Raises
    ------
    ValueError
        As `model_response`, and if trials contradict `truth` or people's answers show no pattern.
    """
    check_trials(truth, trials)
    response = model_response(model_probabilities, truth)
    model = i2n_pattern(response, truth, NO_SENSITIVITY)
    first, second = zip(*([i2n_pattern(half, truth) for half in halves]
                          for halves in response_halves(trials, N_REPETITIONS, seed)), strict=True)
    ceiling = half_ceilings(first, second)
    raw = np.array([pearson(model, pattern) for pattern in first])
    return I2nScore(*over_repetitions(raw, ceiling), n=len(truth))


def _check_probabilities(probabilities: np.ndarray) -> None:
    bad = ~(np.isfinite(probabilities) & (probabilities >= 0))
    if bad.any():
        raise ValueError(f"{int(bad.sum())} of {bad.size} probabilities of the model are NaN, "
                         f"infinite or below 0, the first in image {bad.any(1).argmax()}; expected "
                         "none: check its outputs and the decoder's features")
