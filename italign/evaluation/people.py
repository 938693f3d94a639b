"""People's side of behavioural consistency, prepared once per set, and scores against it.

All metrics and category subsets share the halves of the trials: the first two are Brain-Score's
and make the score, further ones show how much it depends on the halves. Error bars over stimuli
resample images with replacement within their category, the same for every model.
"""

import logging
from dataclasses import dataclass

import numpy as np

from italign.evaluation.agreement import half_ceilings, over_repetitions, pearson
from italign.evaluation.behavior_patterns import NO_SENSITIVITY, patterns
from italign.evaluation.category_subsets import Subset
from italign.evaluation.image_resamples import (
    PatternVersions,
    pattern_versions,
    resample_people,
    resample_weights,
    stimulus_interval,
    version_scores,
)
from italign.evaluation.trials import N_REPETITIONS, Trials, check_trials, response_halves

BRAIN_SCORE_SEED = 0


@dataclass(frozen=True)
class People:
    """What models are compared with on one category subset of a set.

    Parameters
    ----------
    subset : Subset
        Categories.
    all_truth, truth : numpy.ndarray of int
        Categories of all images of the set, and of the subset's numbered within it.
    patterns : dict of str to list of numpy.ndarray
        By metric in which people vary, of the first halves behind the score.
    ceilings : dict of str to numpy.ndarray, (n_repetitions,)
        Pearson r of these and the second halves, of the same metrics.
    further : dict of str to PatternVersions
        By metric, of the first halves of all further divisions.
    weights : numpy.ndarray, (n_resamples, n_images)
        Of the images, from `resample_weights`.
    resampled : dict of str to list of PatternVersions
        By metric, of the first halves behind the score.
    """

    subset: Subset
    all_truth: np.ndarray
    truth: np.ndarray
    patterns: dict[str, list[np.ndarray]]
    ceilings: dict[str, np.ndarray]
    further: dict[str, PatternVersions]
    weights: np.ndarray
    resampled: dict[str, list[PatternVersions]]


@dataclass(frozen=True)
class BehaviorScore:
    """Consistency in one metric on one category subset; intervals and SD are of raw."""

    metric: str
    categories: str
    raw: float
    ceiling: float
    ceiled: float
    low_stimuli: float
    high_stimuli: float
    sd_splits: float
    n: int


def prepare_people(trials: Trials, truth: np.ndarray, subsets: list[Subset], n_halves: int,
                   n_resamples: int, seed: int) -> list[People]:
    """Compute everything about people that does not depend on the model.

    Parameters
    ----------
    trials : Trials
        Of people on all images of a set.
    truth : numpy.ndarray of int, (n_images,)
        Category of each image.
    subsets : list of Subset
        From `category_subsets`, all categories first.
    n_halves : int
        Random divisions of the trials behind the SD over splits, 2 or more.
    n_resamples : int
        Of the images, behind the interval; 0 leaves it out.
    seed : int
        Of these resamples. The halves have Brain-Score's.

    Returns
    -------
    list of People
        One for each subset. A metric in which people do not vary (o2 of two categories) is left
        out.

    Raises
    ------
    ValueError
        If trials contradict `truth`, a category has no image, people's answers show no pattern, or
        there are fewer than two halves.
    """
    check_trials(truth, trials)
    if n_halves < N_REPETITIONS:
        raise ValueError(f"n_halves is {n_halves}, expected {N_REPETITIONS} or more: as many make "
                         "the score itself")
    halves = response_halves(trials, n_halves, BRAIN_SCORE_SEED)
    weights = resample_weights(truth, n_resamples, seed)
    return [_prepare_subset(halves, truth, subset, weights) for subset in subsets]


def behavior_scores(response: np.ndarray, people: list[People]) -> list[BehaviorScore]:
    """Compare a model with people, in all metrics and category subsets.

    Parameters
    ----------
    response : numpy.ndarray, (n_images, n_categories)
        From `model_response`, all images and categories of the set.
    people : list of People
        From `prepare_people`.

    Returns
    -------
    list of BehaviorScore
        Raw and ceiling in [-1, 1], higher is more human; intervals are 95 % over stimuli. Raw is
        NaN, and a line in the log says so, where the model's pattern does not vary.

    Raises
    ------
    ValueError
        If the model has no response to an image and another category than its own.
    """
    missing = np.isnan(response)
    missing[np.arange(len(response)), people[0].all_truth] = False
    if missing.any():
        raise ValueError(f"{int(missing.sum())} of {response.size} (image, category) cells have no "
                         "model value, expected a probability for every category: give the "
                         "decoder all categories of the set")
    scores = [score for one in people
              for score in _subset_scores(one.subset.cells(response, one.all_truth), one)]
    if flat := [f"{one.metric} ({one.categories})" for one in scores if np.isnan(one.raw)]:
        logging.getLogger(__name__).warning(
            "the model answers alike to all images: no r with people in %s", ", ".join(flat))
    return scores


def _prepare_subset(halves, truth, subset, weights) -> People:
    own, weights = subset.truth(truth), weights[:, subset.rows(truth)]
    halves = [[subset.cells(half, truth) for half in pair] for pair in halves]
    first = [patterns(one, own) for one, _ in halves]
    second = [patterns(other, own) for _, other in halves[:N_REPETITIONS]]
    shown, ceilings, further = {}, {}, {}
    for metric in first[0]:
        values = [one[metric] for one in first]
        ceiling = _ceilings(metric, subset, values[:N_REPETITIONS], [two[metric] for two in second])
        if ceiling is not None:
            shown[metric], ceilings[metric] = values[:N_REPETITIONS], ceiling
            further[metric] = pattern_versions(
                np.reshape(values[N_REPETITIONS:], (-1, *values[0].shape)))
    resampled = resample_people([one for one, _ in halves[:N_REPETITIONS]], own, weights)
    return People(subset, truth, own, shown, ceilings, further, weights, resampled)


def _ceilings(metric: str, subset: Subset, first, second) -> np.ndarray | None:
    try:
        return half_ceilings(first, second)
    except ValueError:
        # Without any image-level pattern in the whole set there is nothing to score.
        if (metric, subset.name) == ("i2n", "all"):
            raise
        logging.getLogger(__name__).info("%s of %s categories is left out: people's pattern does "
                                         "not vary", metric, subset.name)
        return None


def _subset_scores(response: np.ndarray, people: People) -> list[BehaviorScore]:
    model = patterns(response, people.truth, undecided=NO_SENSITIVITY)
    resampled = patterns(response, people.truth, people.weights, NO_SENSITIVITY)
    return [_score(metric, model[metric], resampled[metric], people) for metric in people.ceilings]


def _score(metric: str, model, resampled, people: People) -> BehaviorScore:
    raws = np.array([pearson(model, pattern) for pattern in people.patterns[metric]])
    scores = over_repetitions(raws, people.ceilings[metric])
    drawn = version_scores(resampled, people.resampled[metric]).mean(0)
    [further] = version_scores(model[None], [people.further[metric]])
    return BehaviorScore(metric, people.subset.name, *scores, *stimulus_interval(scores[0], drawn),
                         float(np.std([*raws, *further], ddof=1)), len(people.truth))
