"""Trials that offered all nouns: odds of two nouns by Luce's axiom, halves, limit cases."""

from dataclasses import replace

import numpy as np
import pytest

from italign.contracts import ALL_OTHERS
from italign.evaluation.behavior import i2n, model_response
from italign.evaluation.category_subsets import category_subsets
from italign.evaluation.people import behavior_scores, prepare_people
from italign.evaluation.trials import EVERY, Trials, index_trials, response_halves, response_matrix

X = np.nan


def of_counts(counts, truth):
    """Every judgement in (n_images, n_categories) counts."""
    image, choice = (np.repeat(place, counts.ravel()) for place in np.indices(counts.shape).reshape(
        2, -1))
    return Trials(image, truth[image], np.full(image.size, EVERY), choice, *counts.shape)


def simulated(seed, n_images=200, n_categories=5, n_each=50):
    """Judgements by softmax of logits, and the probabilities."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n_images) % n_categories
    logits = 1.5 * rng.standard_normal((n_images, n_categories))
    logits[np.arange(n_images), truth] += 2
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    counts = np.array([rng.multinomial(n_each, p) for p in probabilities])
    return truth, of_counts(counts, truth), probabilities


def test_response_matrix_by_hand():
    """P(c | c or truth) = n_c / (n_c + n_truth); unknown where nobody chose either."""
    counts, truth = np.array([[6, 2, 0], [1, 0, 0], [5, 3, 0]]), np.array([0, 1, 2])
    expected = [[X, 2 / 8, 0], [1, X, X], [1, 1, X]]
    assert np.array_equal(response_matrix(of_counts(counts, truth)), expected, equal_nan=True)


def test_judgements_and_pairs_of_one_image_are_pooled():
    trials = of_counts(np.array([[6, 2, 0], [0, 4, 0]]), np.array([0, 1]))
    pairs = Trials(*map(np.array, ([0, 0, 0, 1], [0, 0, 0, 1], [1, 1, 2, 2], [1, 0, 2, 2])), 2, 3)
    columns = ("image", "truth", "distractor", "choice")
    both = replace(trials, **{name: np.append(getattr(trials, name), getattr(pairs, name))
                              for name in columns})
    expected = [[X, (2 + 1) / (8 + 2), (0 + 1) / (6 + 1)], [0, X, (0 + 1) / (4 + 1)]]
    assert np.allclose(response_matrix(both), expected, equal_nan=True)


def test_all_and_pairs_estimate_the_same():
    """Observers with fixed odds: whether all nouns or two are offered is no matter."""
    truth, trials, probabilities = simulated(0, n_images=10, n_each=200_000)
    assert np.nanmax(np.abs(response_matrix(trials) - model_response(probabilities, truth))) < 0.01


def test_each_judgement_is_in_one_half():
    _, trials, _ = simulated(1)
    counted = np.zeros((200, 5), int)
    for half in trials.halves(np.random.RandomState(0)):
        assert len(half.image) == 200 * 50 // 2
        np.add.at(counted, (half.image, half.choice), 1)
    whole = np.zeros((200, 5), int)
    np.add.at(whole, (trials.image, trials.choice), 1)
    assert np.array_equal(counted, whole)
    [(first, second)] = response_halves(trials, 1, 0)
    assert not np.array_equal(first, second, equal_nan=True)


def test_the_truth_reaches_the_ceiling_and_another_model_does_not():
    truth, trials, probabilities = simulated(2, n_each=1000)
    _, _, unrelated = simulated(3)
    score = i2n(probabilities, truth, trials)
    assert 0.5 < score.ceiling < 1 and score.ceiled == pytest.approx(1, abs=0.05)
    assert abs(i2n(unrelated, truth, trials).raw) < 0.1
    few = i2n(probabilities, truth, simulated(2)[1])
    assert 0 < few.ceiling < score.ceiling and few.raw < score.raw


def test_all_metrics_and_subsets_are_scored():
    truth, trials, probabilities = simulated(4)
    people = prepare_people(trials, truth, category_subsets("abcde", "abc"), 4, 20, 0)
    scores = behavior_scores(model_response(probabilities, truth), people)
    found = {(score.metric, score.categories): score for score in scores}
    assert {categories for _, categories in found} == {"all", "overlapping", "novel"}
    one = found["i2n", "all"]
    assert one.low_stimuli < one.raw < one.high_stimuli and one.raw > 0.3
    assert one.raw == i2n(probabilities, truth, trials).raw


def test_labels_are_looked_up_and_choices_checked():
    nouns = ["bird", "cat", "dog"]
    trials = index_trials(["b", "a"], ["dog", "cat"], [ALL_OTHERS] * 2, ["bird", "cat"],
                          ["a", "b"], nouns)
    assert trials.distractor.tolist() == [EVERY, EVERY] and trials.choice.tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"choice has 1 unknown values .'cow'., expected some of"):
        index_trials(["a"], ["cat"], [ALL_OTHERS], ["cow"], ["a"], nouns)
    with pytest.raises(ValueError, match="truth has 1 unknown values"):
        index_trials(["a"], [ALL_OTHERS], ["cat"], ["cat"], ["a"], nouns)
    with pytest.raises(ValueError, match="1 of 2 trials do not choose between truth and"):
        index_trials(["a", "a"], ["cat", "cat"], [ALL_OTHERS, "dog"], ["bird", "bird"], ["a"],
                     nouns)
