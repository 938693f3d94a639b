"""Image-level behavioural consistency i2n of a model with people (paper 2.3, 3.2).

Rajalingham et al. 2018 as implemented in Brain-Score:

    R[i, c]  = P(choose c | truth and c offered for image i)
    d'[i, c] = Z(1 - R[i, c]) - Z(mean over images j of object c of R[j, truth of i])

clipped to +-5, minus the mean over the images of the same (truth, c) cell: what is left is specific
to the image. i2n = Pearson r of the patterns of model and people.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from italign.evaluation.trials import Trials

DPRIME_CAP = 5.0
N_REPETITIONS = 2  # random halves of the trials, as in Brain-Score


@dataclass(frozen=True)
class I2nScore:
    """i2n of a model: raw r, ceiling r, mean of raw / sqrt(ceiling), number of images."""

    raw: float
    ceiling: float
    ceiled: float
    n: int


def response_matrix(trials: Trials) -> np.ndarray:
    """Probability of choosing each distractor where it was offered.

    Parameters
    ----------
    trials : Trials
        At least one.

    Returns
    -------
    numpy.ndarray, (n_images, n_categories)
        P(choose c | truth and c offered), in [0, 1]; NaN at the truth and where never offered.
    """
    shape = trials.n_images, trials.n_categories
    cell = trials.image * trials.n_categories + trials.distractor
    offered = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    wrong = np.bincount(cell, trials.choice == trials.distractor, shape[0] * shape[1])
    return _divide(wrong.reshape(shape), offered)


def i2n_pattern(response: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Sensitivity d' of each image to each distractor, minus the mean of its (truth, c) cell.

    Parameters
    ----------
    response : numpy.ndarray, (n_images, n_categories)
        From `response_matrix`, or a model's p_c / (p_c + p_truth).
    truth : numpy.ndarray, (n_images,)
        Category index of each image.

    Returns
    -------
    numpy.ndarray, (n_images, n_categories)
        Higher is easier than the cell's average image. NaN where `response` is, and where nothing
        is known about confusions of the distractor's own images with the truth.

    Raises
    ------
    ValueError
        If shapes or category indices do not fit.
    """
    _check_truth(response, truth)
    false_alarm = _category_mean(response, truth)[:, truth].T
    with np.errstate(invalid="ignore"):  # Z(0) - Z(0): undefined, hence NaN, as in Brain-Score
        dprime = norm.ppf(1 - response) - norm.ppf(false_alarm)
    dprime = dprime.clip(-DPRIME_CAP, DPRIME_CAP)
    return dprime - _category_mean(dprime, truth)[truth]


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
        If shapes do not fit, trials contradict `truth`, the model gives no probability where people
        were asked, or people's answers show no pattern at all.
    """
    _check_trials(truth, trials)
    model = i2n_pattern(_model_response(model_probabilities, truth), truth)
    # Brain-Score's generator, so that its halves and published ceilings can be met exactly.
    rng = np.random.RandomState(seed)
    scores = []
    for _ in range(N_REPETITIONS):
        first, second = (i2n_pattern(response_matrix(half), truth) for half in _halves(trials, rng))
        _check_model(model, first)
        scores.append((_agreement(model, first), _agreement(second, first)))
    raw, ceiling = np.transpose(scores)
    ceiled = raw / np.sqrt(np.where(ceiling > 0, ceiling, np.nan))
    return I2nScore(*(float(v.mean()) for v in (raw, ceiling, ceiled)), n=len(truth))


def _model_response(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    _check_truth(probabilities, truth)
    rows = np.arange(len(truth))
    of_truth = probabilities[rows, truth][:, None]
    response = _divide(probabilities, probabilities + of_truth)
    response[rows, truth] = np.nan
    return response


def _halves(trials: Trials, rng: np.random.RandomState) -> tuple[Trials, Trials]:
    order = rng.permutation(len(trials.image))
    middle = len(order) // 2
    return trials.take(order[:middle]), trials.take(order[middle:])


def _agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson r over the cells that both have; NaN where one of them does not vary."""
    known = ~np.isnan(one) & ~np.isnan(other)
    one, other = one[known], other[known]
    if not known.any() or not np.ptp(one) or not np.ptp(other):
        return np.nan
    return float(np.corrcoef(one, other)[0, 1])


def _check_truth(values: np.ndarray, truth: np.ndarray) -> None:
    if values.ndim != 2 or len(values) != len(truth):
        raise ValueError(f"values have shape {values.shape} for {len(truth)} images, expected "
                         "(n_images, n_categories)")
    if truth.min() < 0 or truth.max() >= values.shape[1]:
        raise ValueError(f"truth runs from {truth.min()} to {truth.max()}, expected category "
                         f"indices from 0 to {values.shape[1] - 1}")


def _check_trials(truth: np.ndarray, trials: Trials) -> None:
    if trials.n_images != len(truth):
        raise ValueError(f"trials are of {trials.n_images} images, expected the model's "
                         f"{len(truth)}: index them with the same stimulus_ids")
    n_wrong = int((truth[trials.image] != trials.truth).sum())
    if n_wrong:
        raise ValueError(f"{n_wrong} of {len(trials.truth)} trials name another category than "
                         "truth has for their image, expected none: the sets differ")


def _category_mean(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean over the images of each category, (n_categories, n_columns), leaving out NaN."""
    member = np.eye(values.shape[1])[:, truth]
    known = ~np.isnan(values)
    return _divide(member @ np.where(known, values, 0), member @ known)


def _divide(numerator: np.ndarray, count: np.ndarray) -> np.ndarray:
    undefined = np.full(np.shape(count), np.nan)
    return np.divide(numerator, count, out=undefined, where=count > 0)


def _check_model(model: np.ndarray, people: np.ndarray) -> None:
    known = ~np.isnan(people)
    n_missing = int(np.isnan(model[known]).sum())
    if n_missing:
        raise ValueError(f"{n_missing} of {known.sum()} (image, distractor) cells that people "
                         "answered have no model value, expected a probability for every category "
                         "offered: give the decoder all categories of the set")
    if not known.any() or not np.ptp(people[known]):
        raise ValueError(f"people's {known.sum()} (image, distractor) cells do not differ within "
                         "categories, expected several responses to each: collect more")
