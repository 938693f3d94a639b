"""Models so confident that probabilities are exactly 0 and 1, up to one answer to everything."""

import numpy as np
import pytest
from scipy.special import softmax

from italign.evaluation.behavior import i2n, model_response
from italign.evaluation.behavior_patterns import NO_SENSITIVITY, i2n_pattern, patterns
from italign.evaluation.category_subsets import category_subsets
from italign.evaluation.people import behavior_scores, prepare_people
from tests.evaluation.behavior_reference import i2n_by_loops
from tests.evaluation.test_behavior import N_CATEGORIES, columns, simulated

SCALES = (1, 50, 100, 400, 1000)
# Raw i2n and i2 of two categories, and of 24 where no pair of probabilities is 0 and no d' infinite
# minus infinite: as they were before models without sensitivity were scored.
SAVED = {
    (30, 2, 1): (-0.2889348653492958, -0.28968561485199795),
    (30, 2, 50): (-0.15439285059585497, -0.16473677333161596),
    (30, 2, 100): (-0.18973622475752833, -0.20404949151060792),
    (30, 2, 400): (-0.23010515108230362, -0.24647435367624715),
    (30, 2, 1000): (-0.23479293087457961, -0.2494627370749366),
    (240, 24, 1): (-0.019414613654937088, 0.001920001920587111),
    (240, 24, 50): (-0.022868570379270238, 0.0011551220778901984),
    (240, 24, 100): (-0.022946713954774385, 0.001002651332983752),
}
X = np.nan


def confident(scale, n_images, n_categories):
    logits = np.random.default_rng(10).standard_normal((n_images, n_categories))
    return softmax(scale * logits, axis=1)


@pytest.mark.parametrize("case", SAVED)
def test_what_was_finite_is_unchanged(case):
    n_images, n_categories, scale = case
    truth, trials, _ = simulated(0, 6000 if n_categories == 2 else 60_000, n_images=n_images,
                                 n_categories=n_categories)
    people = prepare_people(trials, truth, category_subsets(range(n_categories), []), 2, 0, 0)
    probabilities = confident(scale, n_images, n_categories)
    scores = behavior_scores(model_response(probabilities, truth), people)
    assert [score.raw for score in scores[:2]] == pytest.approx(SAVED[case], rel=1e-12)
    assert i2n(probabilities, truth, trials).raw == scores[0].raw


@pytest.mark.parametrize("scale", SCALES)
def test_equals_slow_loops_at_any_confidence(scale):
    truth, trials, _ = simulated(0)
    probabilities = confident(scale, len(truth), N_CATEGORIES)
    score = i2n(probabilities, truth, trials)
    expected = i2n_by_loops(probabilities, truth, *columns(trials)[:4], N_CATEGORIES, seed=0)
    assert (score.raw, score.ceiling, score.ceiled) == pytest.approx(expected, rel=1e-12)
    response = model_response(probabilities, truth)
    people = prepare_people(trials, truth, category_subsets("abcde", "ab"), 3, 20, 0)
    for one in behavior_scores(response, people):
        assert -1 <= one.low_stimuli < one.raw < one.high_stimuli <= 1
    if scale == 1000:  # the cases in question do occur
        of_truth = probabilities[np.arange(len(truth)), truth][:, None]
        assert (probabilities + of_truth == 0).any()
    if scale == 100:
        assert np.isnan(i2n_pattern(response, truth)).sum() > len(truth)


def test_probabilities_of_zero_prefer_neither():
    truth = np.arange(3)
    p = np.array([[0, 0, 1], [0, 0.25, 0.75], [0, 0, 1.0]])
    assert np.array_equal(model_response(p, truth),
                          [[X, 0.5, 1], [0, X, 0.75], [0, 0, X]], equal_nan=True)


def test_the_same_answer_to_both_is_no_sensitivity_of_models_and_unknown_of_people():
    """Images of 0 and of 2 are all called 2, by people too: Z(0) - Z(0) and Z(1) - Z(1)."""
    truth = np.arange(3)
    response = np.array([[X, 0.5, 1], [0.5, X, 0.5], [0, 0.5, X]])
    for undecided, pair in ((X, X), (NO_SENSITIVITY, 0)):
        found = patterns(response, truth, undecided=undecided)
        expected = [[X, 0, pair], [0, X, 0], [pair, 0, X]]
        assert np.array_equal(found["i2"], expected, equal_nan=True)
        assert np.array_equal(found["o2"], expected, equal_nan=True)
        assert np.array_equal(found["i1"], [0, 0, 0])


def test_one_answer_to_everything_has_no_correlation(caplog):
    truth, trials, _ = simulated(0)
    always = np.eye(N_CATEGORIES)[np.full(len(truth), 3)]
    score = i2n(always, truth, trials)
    assert np.isnan(score.raw) and np.isnan(score.ceiled) and 0 < score.ceiling < 1
    people = prepare_people(trials, truth, category_subsets("abcde", []), 3, 20, 0)
    for one in behavior_scores(model_response(always, truth), people):
        assert np.isnan([one.raw, one.ceiled, one.low_stimuli, one.sd_splits]).all()
        assert 0 < one.ceiling < 1
    assert [record.getMessage() for record in caplog.records] == [
        "the model answers alike to all images: no r with people in i2n (all), i2 (all), "
        "i1n (all), i1 (all), o2 (all)"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1])
def test_what_is_no_probability_is_refused(value):
    truth, trials, probabilities = simulated(0)
    probabilities[7, 2] = value
    with pytest.raises(ValueError, match=r"1 of 150 probabilities .* the first in image 7;"):
        i2n(probabilities, truth, trials)
