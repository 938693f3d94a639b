"""Ceilings: the attainable one recovers the planted noiseless CKA, in kind and in number."""

import numpy as np
import pytest

from italign.assemblies.ceilings import (
    RULES,
    ceiling_factor,
    cka_ceiling,
    cka_ceilings,
    rules_from_hsic,
)
from italign.assemblies.halves import half_averages
from italign.evaluation.similarity import ESTIMATORS, linear_cka


def attainable_ceiling(responses, n_splits, seed, estimator):
    return cka_ceiling(responses, n_splits, seed, estimator, "attainable")


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
    split_half, spearman_brown, *roots = rules_from_hsic(*map(np.array, (-0.5, 1.0, 1.0, 1.0)))
    assert split_half == -0.5
    assert spearman_brown == pytest.approx(-1 / 1.5)
    assert roots == [0, 0]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_rule_follows_from_the_cka_of_halves(estimator, population):
    """Second formula: from `linear_cka` of each split's averages."""
    _, responses, _ = population(1)
    halves = list(half_averages(responses, 4, 3))
    split_half = np.array([linear_cka(*pair, estimator) for pair in halves])
    found = dict(zip(RULES, cka_ceilings(responses, 4, 3)[:, ESTIMATORS.index(estimator)],
                     strict=True))
    assert found["split_half"] == pytest.approx(split_half)
    assert found["spearman_brown"] == pytest.approx(2 * split_half / (1 + split_half))
    assert found["square_root"] == pytest.approx(np.sqrt(split_half))
    for rule, values in found.items():
        assert np.array_equal(values, cka_ceiling(responses, 4, 3, estimator, rule))


@pytest.mark.parametrize("n_repetitions", [3, 5])
def test_odd_repetitions_leave_the_ceilings_right(n_repetitions, population):
    """attainable is what the noiseless population reaches; the others are its powers, 2 n / h."""
    reached, found = [], []
    for seed in range(30):
        noiseless, responses, _ = population(seed, 120, n_repetitions, noise_sd=0.1)
        reached.append(np.log(linear_cka(noiseless, responses.mean(1), "unbiased")))
        means = cka_ceilings(responses, 10, seed)[:, ESTIMATORS.index("unbiased")].mean(-1)
        found.append(np.log(means))
    found = dict(zip(RULES, np.transpose(found), strict=True))
    difference = found["attainable"] - reached
    assert abs(difference.mean()) < 3 * difference.std(ddof=1) / np.sqrt(30)
    factor = n_repetitions / (n_repetitions // 2)
    for rule, power in (("split_half", 2 * factor), ("spearman_brown", 2), ("square_root", factor)):
        assert found[rule].mean() / np.mean(reached) == pytest.approx(power, rel=0.03), rule


def test_the_factor_is_that_of_what_is_drawn():
    responses = np.ones((4, 7, 2))
    assert ceiling_factor(responses) == pytest.approx(7 / 3)
    assert [ceiling_factor(responses, n) for n in (2, 3, 5)] == [2, 3, 2.5]
    responses[:2, 4:] = np.nan
    assert ceiling_factor(responses) == pytest.approx((1 / 2 + 1 / 3) / (1 / 4 + 1 / 7))


def test_drawing_repetitions_is_recording_fewer(population):
    """Ceilings at 4 drawn of 8 are those of an experiment with 4, averaged over populations."""
    differences = []
    for seed in range(20):
        _, responses, _ = population(seed)
        drawn = cka_ceilings(responses, 20, 0, n_drawn=4).mean(-1)
        recorded = cka_ceilings(responses[:, :4], 20, 0).mean(-1)
        differences.append(drawn - recorded)
    error = np.std(differences, axis=0, ddof=1) / np.sqrt(20)
    assert (np.abs(np.mean(differences, axis=0)) < 4 * error).all()
    assert (error < 0.01).all()


def test_rules_are_powers_of_one_another_while_noise_is_small(population):
    """Unbiased, to first order in the noise: the exponents of the module's docstring."""
    logs = []
    for seed in range(20):
        _, responses, _ = population(seed, n_stimuli=120, noise_sd=0.4)
        means = cka_ceilings(responses, 10, 0)[:, ESTIMATORS.index("unbiased")].mean(-1)
        logs.append(np.log(means))
    found = dict(zip(RULES, np.mean(logs, axis=0), strict=True))
    exponent = {rule: value / found["attainable"] for rule, value in found.items()}
    assert exponent["square_root"] == pytest.approx(2, rel=0.05)
    assert exponent["spearman_brown"] == pytest.approx(2, rel=0.05)
    assert exponent["split_half"] == pytest.approx(4, rel=0.05)


def test_unknown_names_are_refused(population):
    _, responses, _ = population(0)
    for names in (("debiased", "split_half"), ("biased", "noise_ceiling")):
        with pytest.raises(ValueError, match="is not one of"):
            cka_ceiling(responses, 2, 0, *names)


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
