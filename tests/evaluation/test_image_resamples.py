"""Resamples of images as counts: equal to resamples laid out; the interval made of them."""

import numpy as np
import pytest

from italign.evaluation.agreement import pearson
from italign.evaluation.behavior import model_response
from italign.evaluation.behavior_patterns import patterns
from italign.evaluation.category_subsets import category_subsets
from italign.evaluation.image_resamples import (
    pattern_versions,
    resample_weights,
    stimulus_interval,
    version_scores,
)
from italign.evaluation.people import prepare_people
from italign.evaluation.trials import response_matrix
from tests.evaluation.test_behavior import simulated


@pytest.mark.parametrize("n_trials", [900, 6000])
def test_resamples_by_counts_equal_resamples_laid_out(n_trials):
    truth, trials, probabilities = simulated(4, n_trials)
    [people] = prepare_people(trials, truth, category_subsets("abcde", []), 2, 5, seed=1)
    response = model_response(probabilities, truth)
    halves = [half for half, _ in _halves(trials)]
    resampled = patterns(response, truth, people.weights)
    for b, counts in enumerate(people.weights.astype(int)):
        drawn = np.repeat(np.arange(len(truth)), counts)
        assert (np.bincount(truth[drawn]) == np.bincount(truth)).all()
        model = patterns(response[drawn], truth[drawn])
        for metric, values in model.items():
            expected = [pearson(values, patterns(half[drawn], truth[drawn])[metric])
                        for half in halves]
            found = version_scores(resampled[metric], people.resampled[metric])[:, b]
            assert found == pytest.approx(expected, abs=1e-12)


def _halves(trials):
    rng = np.random.RandomState(0)
    return [[response_matrix(half) for half in trials.halves(rng)] for _ in range(2)]


def test_interval_is_centred_on_the_score():
    low, high = stimulus_interval(0.5, np.array([0.1, 0.2, 0.3, np.nan]))
    assert (low, high) == pytest.approx((0.5 - 0.095, 0.5 + 0.095))
    assert np.isnan(stimulus_interval(0.5, np.array([0.1, np.nan]))).all()
    assert (resample_weights(np.zeros(4, int), 3, 0).sum(1) == 4).all()


def test_versions_agree_with_pearson_and_have_none_without_variation():
    rng = np.random.default_rng(0)
    people, model = rng.standard_normal((2, 4, 6, 5))
    people[0, :3] = np.nan
    people[1] = np.nan
    people[2] = 4.7
    model[3] = 0.1
    expected = [pearson(x, y) for x, y in zip(model, people, strict=True)]
    assert np.isnan(expected).tolist() == [False, True, True, True]
    [found] = version_scores(model, [pattern_versions(people)])
    assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert version_scores(model[:1], [pattern_versions(people[:0])]).shape == (1, 0)
