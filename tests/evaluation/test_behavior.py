"""i2n: against slow loops written from the description, in limit cases, and refusals."""

from dataclasses import replace

import numpy as np
import pytest

from italign.evaluation.behavior import i2n
from italign.evaluation.behavior_patterns import i2n_pattern
from italign.evaluation.trials import Trials, index_trials, response_matrix
from tests.evaluation.behavior_reference import i2n_by_loops, matrix_by_loops, pattern_by_loops

N_IMAGES, N_CATEGORIES = 30, 5


def simulated(seed, n_trials=6000, strength=2.0, n_images=N_IMAGES, n_categories=N_CATEGORIES):
    """Trials and probabilities of observers that share image-by-image difficulty."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n_images) % n_categories
    logits = rng.standard_normal((n_images, n_categories)) * strength
    logits[np.arange(n_images), truth] += 2
    image = rng.integers(n_images, size=n_trials)
    distractor = (truth[image] + rng.integers(1, n_categories, size=n_trials)) % n_categories
    evidence = logits[image, truth[image]] - logits[image, distractor]
    correct = evidence + rng.logistic(size=n_trials) > 0
    choice = np.where(correct, truth[image], distractor)
    trials = Trials(image, truth[image], distractor, choice, n_images, n_categories)
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return truth, trials, probabilities


@pytest.mark.parametrize("n_trials", [400, 2500])  # with and without cells nobody answered
def test_equals_slow_loops(n_trials):
    truth, trials, probabilities = simulated(0, n_trials)
    response = response_matrix(trials)
    slow = matrix_by_loops(*columns(trials))
    assert np.array_equal(response, slow, equal_nan=True)
    assert np.allclose(i2n_pattern(response, truth), pattern_by_loops(slow, truth),
                       rtol=0, atol=1e-12, equal_nan=True)
    score = i2n(probabilities, truth, trials, seed=0)
    expected = i2n_by_loops(probabilities, truth, *columns(trials)[:4], N_CATEGORIES, seed=0)
    assert (score.raw, score.ceiling, score.ceiled) == pytest.approx(expected, rel=1e-12)
    assert score.n == N_IMAGES


def columns(trials):
    return (trials.image, trials.truth, trials.distractor, trials.choice, trials.n_images,
            trials.n_categories)


def test_response_matrix_by_hand():
    truth, one, two = [0, 0, 0, 0, 1], [1, 1, 1, 2, 0], [1, 0, 0, 0, 0]
    trials = Trials(*map(np.array, ([0, 0, 0, 0, 1], truth, one, two)), 2, 3)
    expected = [[np.nan, 1 / 3, 0], [1, np.nan, np.nan]]
    assert np.allclose(response_matrix(trials), expected, equal_nan=True)


def test_pattern_has_no_mean_within_truth_and_distractor():
    truth, trials, _ = simulated(1)
    pattern = i2n_pattern(response_matrix(trials), truth)
    for t in range(N_CATEGORIES):
        others = [c for c in range(N_CATEGORIES) if c != t]
        assert np.allclose(np.nanmean(pattern[truth == t][:, others], axis=0), 0)
        assert np.isnan(pattern[truth == t][:, t]).all()


def test_bias_for_a_category_pair_does_not_count():
    """A decoder that trades whole categories keeps its image-level order."""
    truth, trials, probabilities = simulated(2)
    rng = np.random.default_rng(0)
    offsets = np.exp(0.1 * rng.standard_normal((N_CATEGORIES, N_CATEGORIES)))[truth]
    shifted = probabilities * offsets
    score, other = (i2n(p, truth, trials).raw for p in (probabilities, shifted))
    assert other == pytest.approx(score, abs=0.01)


def test_the_truth_beats_an_unrelated_model_and_reaches_the_ceiling():
    truth, trials, probabilities = simulated(3, n_trials=40_000)
    _, _, unrelated = simulated(4)
    score = i2n(probabilities, truth, trials)
    # A noiseless observer correlates with half the trials at most by the root of their agreement.
    assert score.ceiled == pytest.approx(1, abs=0.05)
    assert abs(i2n(unrelated, truth, trials).raw) < 0.3


def test_extreme_answers_are_capped():
    truth = np.array([0, 0, 1, 1])
    response = np.array([[np.nan, 0], [np.nan, 0.5], [0.5, np.nan], [0.5, np.nan]])
    pattern = i2n_pattern(response, truth)
    assert np.allclose(pattern[:2, 1], [2.5, -2.5])  # (5, 0) less their mean


def test_an_empty_table_is_refused():
    with pytest.raises(ValueError, match="0 trials"):
        index_trials([], [], [], [], ["a"], ["cat", "dog"])


def test_no_images_are_refused():
    with pytest.raises(ValueError, match="there are 0 images, expected at least one"):
        i2n_pattern(np.empty((0, 3)), np.empty(0, int))


def test_numbers_may_be_names():
    trials = index_trials([12, 7], ["dog", "cat"], ["cat", "dog"], ["cat", "cat"],
                          stimulus_ids=[7, 12], categories=["cat", "dog"])
    assert trials.image.tolist() == [1, 0]
    with pytest.raises(ValueError, match=r"1 unknown values \(7\), .* of '12', '7'"):
        index_trials([7], ["dog"], ["cat"], ["cat"], ["12", "7"], ["cat", "dog"])


def test_labels_are_looked_up():
    trials = index_trials(["b", "a"], ["dog", "cat"], ["cat", "dog"], ["cat", "cat"],
                          stimulus_ids=["a", "b"], categories=["cat", "dog"])
    assert trials.image.tolist() == [1, 0]
    assert trials.choice.tolist() == [0, 0]
    assert (trials.n_images, trials.n_categories) == (2, 2)


@pytest.mark.parametrize(
    ("stimulus", "truth", "distractor", "choice", "message"),
    [
        ("z", "dog", "cat", "cat", "unknown values"),
        ("a", "dog", "cow", "dog", "distractor has 1 unknown"),
        ("a", "dog", "dog", "dog", "1 of 1 trials offer their truth .* first with image a"),
        ("a", "dog", "cat", "bird", "1 of 1 trials do not choose"),
    ],
)
def test_bad_labels_are_refused(stimulus, truth, distractor, choice, message):
    with pytest.raises(ValueError, match=message):
        index_trials([stimulus], [truth], [distractor], [choice], ["a"], ["bird", "cat", "dog"])


def test_bad_trials_and_models_are_refused():
    truth, trials, probabilities = simulated(5)
    with pytest.raises(ValueError, match="name another category"):
        i2n(probabilities, np.roll(truth, 1), trials)
    with pytest.raises(ValueError, match="trials are of 30 images"):
        i2n(probabilities[:10], truth[:10], trials)
    with pytest.raises(ValueError, match="expected category indices"):
        i2n(probabilities[:, :3], truth, trials)
    with pytest.raises(ValueError, match="1 of 6 categories have no image, the first is number 5"):
        i2n_pattern(np.full((N_IMAGES, 6), 0.5), truth)
    with pytest.raises(ValueError, match="of 150 probabilities of the model are NaN, infinite or"):
        i2n(np.where(probabilities > 0.9, np.nan, probabilities), truth, trials)


def test_people_without_agreement_have_no_ceiling():
    truth, trials, probabilities = simulated(6, n_trials=1500)
    coin = np.random.default_rng(3).random(1500) < 0.5
    choice = np.where(coin, trials.truth, trials.distractor)
    score = i2n(probabilities, truth, replace(trials, choice=choice))
    assert score.ceiling < 0
    assert np.isnan(score.ceiled)
    assert np.isfinite(score.raw)


def test_halves_need_answers_in_common():
    """One answer per image and distractor: never in both halves."""
    truth, trials, probabilities = simulated(7, n_trials=40_000)
    _, once = np.unique(trials.image * N_CATEGORIES + trials.distractor, return_index=True)
    score = i2n(probabilities, truth, trials.take(once))
    assert np.isnan(score.ceiling) and np.isnan(score.ceiled)
    assert np.isfinite(score.raw)
    with pytest.raises(ValueError, match="0 values that do not differ"):
        i2n(probabilities, truth, trials.take(once[:2]))
