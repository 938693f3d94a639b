"""Half-sample intervals: exact for means, honest for CKA and RSA where a bootstrap is not."""

import numpy as np
import pytest

from italign.evaluation.half_samples import half_sample_interval, half_samples
from italign.evaluation.rsa import METRICS, correlation_rdm, subset_pairs, subset_rsa, unit_pairs
from italign.evaluation.similarity import ESTIMATORS, linear_cka, linear_gram, linear_hsic
from italign.evaluation.subsets import (
    gram_hsic,
    site_subset_cka,
    site_subsets,
    subset_cka,
    subset_gram,
    subset_hsic,
)

TUNING = np.random.default_rng(0).standard_normal((6, 65))


def draw(rng, n, n_sites=25):
    """Stimuli of six Gaussian factors: a nonlinear model, and sites with noise of their own."""
    factors = rng.standard_normal((n, 6))
    model = np.tanh(factors @ TUNING[:, :40]) + 0.7 * rng.standard_normal((n, 40))
    sites = factors @ TUNING[:, 40:][:, :n_sites] + 2 * rng.standard_normal((n, n_sites))
    return model, sites


def halves_of_stimuli(model, sites, kept):
    """Unbiased CKA and both RSA in every half, (3, n_resamples)."""
    x, y = (subset_gram(linear_gram(v), kept) for v in (model, sites))
    found = [subset_cka(x, y, subset_hsic(y, y))[1]]
    for metric in METRICS:
        pairs = (subset_pairs(unit_pairs(correlation_rdm(v), metric), kept)
                 for v in (model, sites))
        found.append(subset_rsa(*pairs, metric))
    return np.array(found)


def values(model, sites):
    rdms = [correlation_rdm(v) for v in (model, sites)]
    of_rdms = [np.dot(*(unit_pairs(rdm, metric) for rdm in rdms)) for metric in METRICS]
    return np.array([linear_cka(model, sites, "unbiased"), *of_rdms])


@pytest.mark.parametrize("n", [2, 9, 40])
def test_halves_are_halves_and_repeat_by_seed(n):
    kept = half_samples(n, 300, 0)
    assert kept.shape == (300, n) and (kept.sum(1) == n // 2).all()
    assert (kept == half_samples(n, 300, 0)).all() and (kept != half_samples(n, 300, 1)).any()
    chosen = kept.mean(0)
    assert np.abs(chosen - n // 2 / n).max() < 5 * np.sqrt(0.25 / 300)


@pytest.mark.parametrize("n", [40, 41])
def test_interval_of_a_mean_is_its_standard_error(n):
    items = np.random.default_rng(0).standard_normal((2, n))
    kept = half_samples(n, 20_000, 0)
    low, high = half_sample_interval(items.mean(1), items @ kept.T / (n // 2), n)
    exact = 1.96 * items.std(1, ddof=1) / np.sqrt(n)
    assert (high - low) / 2 == pytest.approx(exact, rel=0.03)
    assert (high + low) / 2 == pytest.approx(items.mean(1), abs=0.03)


def test_undefined_halves_leave_the_interval_open():
    low, high = half_sample_interval(0.5, np.array([0.4, np.nan, 0.6]), 10)
    assert np.isnan(low) and np.isnan(high)
    for n_items, n_resamples in ((1, 10), (10, 1)):
        with pytest.raises(ValueError, match=f"{n_resamples} halves of {n_items} items"):
            half_samples(n_items, n_resamples, 0)


def test_intervals_over_stimuli_cover_the_value_of_very_many_stimuli():
    rng = np.random.default_rng(1)
    truth = values(*draw(rng, 2500))
    kept = half_samples(100, 200, 0)
    covered = []
    for _ in range(200):
        pair = draw(rng, 100)
        low, high = half_sample_interval(values(*pair), halves_of_stimuli(*pair, kept), 100)
        covered.append((low < truth) & (truth < high))
    assert (np.mean(covered, axis=0) > 0.88).all()
    assert (np.mean(covered, axis=0) < 0.99).all()


def test_a_bootstrap_that_repeats_stimuli_sits_above_the_value():
    """Pairs of a stimulus with itself hold no noise between them, and lift unbiased CKA."""
    rng = np.random.default_rng(2)
    shifts, kept = [], half_samples(100, 200, 0)
    for _ in range(20):
        model, sites = draw(rng, 100)
        value = linear_cka(model, sites, "unbiased")
        rows = rng.integers(0, 100, (60, 100))
        bootstrap = np.array([linear_cka(model[row], sites[row], "unbiased") for row in rows])
        halves = halves_of_stimuli(model, sites, kept)[0]
        shifts.append([(bootstrap.mean() - value) / bootstrap.std(),
                       (halves.mean() - value) / halves.std()])
    bootstrap, halves = np.mean(shifts, axis=0)
    assert bootstrap > 1  # in SD of the resamples: most intervals miss the value itself
    assert abs(halves) < 0.3


def test_halves_of_sites_give_the_cka_of_those_sites():
    model, sites = draw(np.random.default_rng(3), 30)
    kept = half_samples(25, 20, 0)
    found = site_subset_cka(linear_gram(model), site_subsets(sites + 9, kept))
    expected = [[linear_cka(model, sites[:, row], estimator) for row in kept]
                for estimator in ESTIMATORS]
    assert found == pytest.approx(np.array(expected), abs=1e-10)


def test_hsic_of_centred_grams_is_hsic():
    x, y = (linear_gram(v) for v in draw(np.random.default_rng(4), 12))
    expected = [linear_hsic(x, y, estimator) for estimator in ESTIMATORS]
    assert gram_hsic(x, y) == pytest.approx(np.array(expected), rel=1e-10)


def test_intervals_over_sites_cover_the_mean_over_sites_drawn_anew():
    """Stimuli are the same throughout; every animal has 40 other sites of one population."""
    rng = np.random.default_rng(5)
    factors = rng.standard_normal((60, 6))
    gram = linear_gram(np.tanh(factors @ TUNING[:, :40]) + 0.7 * rng.standard_normal((60, 40)))
    kept, found = half_samples(40, 200, 0), []
    for _ in range(200):
        sites = factors @ rng.standard_normal((6, 40)) + 2 * rng.standard_normal((60, 40))
        value = [linear_hsic(gram, linear_gram(sites), estimator) for estimator in ESTIMATORS]
        value /= np.sqrt(gram_hsic(gram, gram) * gram_hsic(linear_gram(sites), linear_gram(sites)))
        halves = site_subset_cka(gram, site_subsets(sites, kept))
        found.append([value, *half_sample_interval(value, halves, 40)])
    value, low, high = np.moveaxis(found, 1, 0)
    covered = ((low < value.mean(0)) & (value.mean(0) < high)).mean(0)
    assert (covered > 0.85).all() and (covered < 0.99).all(), covered
