"""Known observers: their own decision variable, a shuffled one, and more trials."""

import numpy as np
import pytest
from scipy.stats import norm

from italign.assemblies.observers import assign_trials, simulate_choices
from italign.evaluation.behavior import i2n, model_response
from italign.evaluation.category_subsets import category_subsets
from italign.evaluation.people import behavior_scores, prepare_people
from italign.evaluation.trials import Trials

NOISE, LAPSES = 2.0, 0.1
TRUTH = np.repeat(np.arange(8), 10)
METRICS = ("i2n", "i2", "i1n", "i1", "o2")


def evidence(seed, truth=TRUTH):
    """Logit of the truth minus that of every category, about 1 with SD about 1."""
    logits = 0.8 * np.random.default_rng(seed).standard_normal((len(truth), truth.max() + 1))
    logits[np.arange(len(truth)), truth] += 1
    return logits[np.arange(len(truth)), truth][:, None] - logits


def observed(evidence, responses_per_image, seed, truth=TRUTH, noise=NOISE):
    n_categories = evidence.shape[1]
    image, distractor, observer = assign_trials(
        len(truth), n_categories - 1, responses_per_image, responses_per_image, seed)
    distractor = distractor + (distractor >= truth[image])
    correct = simulate_choices(evidence[image, distractor], observer, noise, LAPSES, seed)
    choice = np.where(correct, truth[image], distractor)
    return Trials(image, truth[image], distractor, choice, len(truth), n_categories)


def own_odds(evidence):
    """p_c / p_truth of an observer with this evidence, the median noise and lapses."""
    wrong = LAPSES / 2 + (1 - LAPSES) * norm.cdf(-evidence / NOISE)
    odds = wrong / (1 - wrong)
    odds[np.arange(len(TRUTH)), TRUTH] = 1
    return odds


def scored(odds, trials, n_resamples=0):
    everything = category_subsets("abcdefgh", [])
    people = prepare_people(trials, TRUTH, everything, 4, n_resamples, 0)
    return {score.metric: score for score in behavior_scores(model_response(odds, TRUTH), people)}


@pytest.fixture(scope="module")
def own_scores():
    """Forty image sets, each with people and their own decision variable."""
    return [scored(own_odds(evidence(s)), observed(evidence(s), 400, s), 100) for s in range(40)]


@pytest.mark.parametrize("metric", METRICS)
def test_the_decision_variable_reaches_the_ceiling(own_scores, metric):
    ceiled = np.array([scores[metric].ceiled for scores in own_scores])
    error = ceiled.std(ddof=1) / np.sqrt(len(ceiled))
    assert ceiled.mean() == pytest.approx(1, abs=3 * error)
    assert error < 0.02


def test_intervals_hold_what_a_perfect_model_would_reach(own_scores):
    """In 95 % of image sets.

    Metrics of a set go together, so their share varies over fresh cohorts like that of 40 sets at
    most, SD 3.4 %: 85 % is three of these below.
    """
    covered = [score.low_stimuli < np.sqrt(score.ceiling) < score.high_stimuli
               for scores in own_scores for score in scores.values()]
    assert len(covered) == 40 * len(METRICS)
    assert np.mean(covered) >= 0.85


def test_shuffled_patterns_score_zero():
    """Images exchanged within their category keep every cell mean and lose the image."""
    images = evidence(0)
    trials, odds = observed(images, 400, 0), own_odds(images)
    rng = np.random.default_rng(0)
    raws = []
    for _ in range(40):
        order = rng.permuted(np.arange(len(TRUTH)).reshape(8, -1), axis=1).ravel()
        raws.append(i2n(odds[order], TRUTH, trials).raw)
    # Its spread is that of a correlation over 80 x 7 cells that are not independent.
    assert np.mean(raws) == pytest.approx(0, abs=3 * np.std(raws) / np.sqrt(len(raws)))
    assert np.std(raws) < 0.1


def test_more_trials_raise_the_ceiling_as_theory_says():
    """Spearman-Brown: 2 r / (1 + r) for twice the trials.

    With 25 and more responses to a cell in each half, hardly any d' is clipped; where many are, the
    ceiling rises faster than that.
    """
    truth = np.repeat(np.arange(3), 20)
    ceilings = np.array([
        [i2n(np.ones((60, 3)), truth, observed(evidence(s, truth), n, s, truth, noise=4.0)).ceiling
         for n in (100, 200, 400, 800)]
        for s in range(12)
    ])
    beyond = ceilings[:, 1:] - 2 * ceilings[:, :-1] / (1 + ceilings[:, :-1])
    error = beyond.std(0, ddof=1) / np.sqrt(len(beyond))
    assert (np.diff(ceilings.mean(0)) > 4 * error).all()
    assert np.allclose(beyond.mean(0), 0, atol=0.03)
    assert (3 * error < 0.05).all()
