"""Ceilings: the attainable one recovers the planted noiseless CKA, in kind and in number."""

import numpy as np
import pytest

from italign.assemblies.ceilings import attainable_ceiling, attainable_from_grams, cka_ceiling
from italign.evaluation.similarity import ESTIMATORS, linear_cka, linear_gram


@pytest.fixture(scope="module")
def recovered(population):
    """For 40 populations: noiseless CKA of a model, and raw over ceilings, unbiased and biased."""
    rows = []
    for seed in range(40):
        noiseless, responses, factors = population(seed, noise_sd=1.5)
        rng = np.random.default_rng(seed + 1000)
        model = factors[:, :3] @ rng.standard_normal((3, 50)) + rng.standard_normal((60, 50))
        average = responses.mean(1)
        row = []
        for estimator in ESTIMATORS:
            raw = linear_cka(model, average, estimator)
            row += [
                linear_cka(model, noiseless, estimator),
                raw,
                raw / cka_ceiling(responses, 10, seed, estimator).mean(),
                raw / attainable_ceiling(responses, 10, seed, estimator).mean(),
            ]
        rows.append(row)
    return np.array(rows).reshape(40, 2, 4)


def error(recovered, estimator, column):
    difference = recovered[:, ESTIMATORS.index(estimator), column] - recovered[
        :, ESTIMATORS.index(estimator), 0]
    return difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))


def test_unbiased_over_attainable_recovers_the_noiseless_cka(recovered):
    mean, standard_error = error(recovered, "unbiased", 3)
    assert abs(mean) < 3 * standard_error
    assert standard_error < 0.01


def test_raw_and_split_half_do_not(recovered):
    for estimator, column in (("unbiased", 1), ("unbiased", 2), ("biased", 2)):
        mean, standard_error = error(recovered, estimator, column)
        assert abs(mean) > 5 * standard_error
        assert abs(mean) > 0.02


def attainable_error(population, estimator, noise_sd, n_populations=20):
    """Mean and standard error, over populations, of raw over attainable minus noiseless CKA."""
    errors = []
    for seed in range(n_populations):
        noiseless, responses, factors = population(seed, n_stimuli=120, noise_sd=noise_sd)
        rng = np.random.default_rng(seed + 1000)
        model = factors[:, :3] @ rng.standard_normal((3, 50)) + rng.standard_normal((120, 50))
        raw = linear_cka(model, responses.mean(1), estimator)
        ceiled = raw / attainable_ceiling(responses, 5, seed, estimator).mean()
        errors.append(ceiled - linear_cka(model, noiseless, estimator))
    return np.mean(errors), np.std(errors, ddof=1) / np.sqrt(n_populations)


def test_biased_over_attainable_is_close_only_while_noise_is_small(population):
    mean, _ = attainable_error(population, "biased", noise_sd=0.5)
    assert abs(mean) < 0.01
    mean, standard_error = attainable_error(population, "biased", noise_sd=3)
    assert mean < -5 * standard_error
    assert mean < -0.05


def test_unbiased_over_attainable_is_right_at_that_noise_too(population):
    mean, standard_error = attainable_error(population, "unbiased", noise_sd=3)
    assert abs(mean) < 3 * standard_error
    assert standard_error < 0.02


def test_attainable_is_what_the_noiseless_population_reaches(population):
    reached, attainable = [], []
    for seed in range(30):
        noiseless, responses, _ = population(seed, noise_sd=2)
        reached.append(linear_cka(noiseless, responses.mean(1), "unbiased"))
        attainable.append(attainable_ceiling(responses, 10, seed, "unbiased").mean())
    difference = np.subtract(attainable, reached)
    assert abs(difference.mean()) < 3 * difference.std() / np.sqrt(30)
    assert np.mean(reached) < 0.9


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_noiseless_trials_have_a_ceiling_of_one(estimator, population):
    noiseless, _, _ = population(0)
    responses = np.repeat(noiseless[:, None], 4, axis=1)
    assert cka_ceiling(responses, 3, 0, estimator) == pytest.approx(1)
    assert attainable_ceiling(responses, 3, 0, estimator) == pytest.approx(1)


def test_noise_alone_attains_nothing_but_biased_halves_still_agree():
    responses = np.random.default_rng(0).standard_normal((60, 8, 40))
    assert attainable_ceiling(responses, 20, 0, "unbiased").mean() < 0.25
    assert abs(cka_ceiling(responses, 20, 0, "unbiased").mean()) < 0.1
    assert cka_ceiling(responses, 20, 0, "biased").mean() > 0.3


def test_halves_that_disagree_attain_zero():
    gram = linear_gram(np.random.default_rng(1).standard_normal((10, 3)))
    assert attainable_from_grams(gram, -gram, gram, "unbiased") == 0


def test_one_value_per_split_and_missing_trials(population):
    _, responses, _ = population(2)
    responses[::3, 5:] = np.nan
    for rule in (cka_ceiling, attainable_ceiling):
        values = rule(responses, 7, 0, "biased")
        assert values.shape == (7,)
        assert np.isfinite(values).all()
    responses[4, 1:, 0] = np.nan
    for rule in (cka_ceiling, attainable_ceiling):
        with pytest.raises(ValueError, match=r"fewer than 2 repetitions .*\(4\)"):
            rule(responses, 2, 0, "biased")
