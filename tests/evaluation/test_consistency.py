"""Internal consistency and both ceiling rules: Brain-Score's halves, planted truth, refusals."""

import numpy as np
import pytest
from scipy import stats
from sklearn.model_selection import ShuffleSplit

from italign.evaluation.consistency import ceiled_predictivity, internal_consistency


def test_consistency_equals_brain_score_halves():
    """Shared halves of 5 repetitions: 2 and 3 of them."""
    responses = np.random.default_rng(7).standard_normal((30, 5, 9))
    responses += 2 * np.random.default_rng(8).standard_normal((30, 1, 9))
    medians = []
    for first, second in ShuffleSplit(10, train_size=0.5, random_state=1).split(np.zeros(5)):
        halves = responses[:, first].mean(axis=1), responses[:, second].mean(axis=1)
        r = np.array([stats.pearsonr(*pair).statistic
                      for pair in zip(*(half.T for half in halves), strict=True)])
        medians.append(np.median(2 * r / (1 + r)))
    assert internal_consistency(responses) == pytest.approx(np.mean(medians), abs=1e-12)


@pytest.mark.parametrize("n_missing", [0, 1, 3])
def test_consistency_is_that_of_the_average_with_and_without_missing(n_missing):
    """c = 1 / (1 + noise variance x mean of 1 / n), from 8 repetitions less the missing."""
    rng = np.random.default_rng(9)
    responses = rng.standard_normal((1500, 1, 31)) + 2 * rng.standard_normal((1500, 8, 31))
    responses[:700, :n_missing] = np.nan
    n = np.where(np.arange(1500) < 700, 8 - n_missing, 8)
    expected = 1 / (1 + 4 * np.mean(1 / n))
    assert internal_consistency(responses) == pytest.approx(expected, abs=0.01)


def test_equal_halves_have_ceiling_one():
    once = np.random.default_rng(10).standard_normal((20, 1, 3))
    assert internal_consistency(np.repeat(once, 6, axis=1)) == pytest.approx(1, abs=1e-12)


def test_ceiling_rules_of_brain_score():
    assert ceiled_predictivity(0.584, 0.8218, "r2_over_ceiling") == pytest.approx(0.4150, abs=5e-5)
    assert ceiled_predictivity(0.584, 0.8218, "squared_r_over_ceiling") == pytest.approx(0.5050,
                                                                                        abs=5e-5)


def test_bad_ceilings_are_refused():
    with pytest.raises(ValueError, match="halves of the repetitions share nothing"):
        ceiled_predictivity(0.5, -0.1, "r2_over_ceiling")
    with pytest.raises(ValueError, match="expected r2_over_ceiling or"):
        ceiled_predictivity(0.5, 0.8, "r_over_ceiling")
    with pytest.raises(ValueError, match="fewer than 2 repetitions"):
        internal_consistency(np.ones((5, 1, 2)))
    with pytest.raises(ValueError, match="none of 2 sites varies"):
        internal_consistency(np.ones((5, 4, 2)))
