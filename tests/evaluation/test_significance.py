"""Tests over doses and seeds against exact distributions, scipy and published p values."""

import itertools

import numpy as np
import pytest
from scipy import stats

from italign.evaluation.significance import kolmogorov_smirnov, paired_difference, spearman


@pytest.mark.parametrize("sign", [1, -1])
def test_planted_order_of_seven_doses(sign):
    doses = np.array([0, 1, 2, 4, 8, 16, 32]) / 32
    rho, p_value, n_permutations = spearman(doses, sign * np.log(doses + 0.1), seed=0)
    assert rho == pytest.approx(sign)
    assert (p_value, n_permutations) == (pytest.approx(2 / 5040), 5040)


def test_spearman_equals_scipy_with_ties():
    generator = np.random.default_rng(2)
    x, y = generator.integers(0, 6, (2, 40)).astype(float)
    rho, p_value, n_permutations = spearman(x, y, seed=0)
    expected = stats.spearmanr(x, y)
    assert rho == pytest.approx(expected.statistic) and n_permutations == 9999
    assert p_value == pytest.approx(expected.pvalue, abs=0.03)


@pytest.mark.parametrize("y", [[1.0, 2.0], [1.0, 1.0, 1.0]])
def test_spearman_without_order_is_nan(y):
    assert np.isnan(spearman(np.arange(len(y), dtype=float), np.array(y), seed=0)[:2]).all()


def test_paired_permutations_are_all_sign_patterns():
    a, b = np.array([0.5, 0.7, 0.4, 0.9]), np.array([0.4, 0.5, 0.5, 0.5])
    signs = np.array(list(itertools.product([-1, 1], repeat=4)))
    means = (signs * (a - b)).mean(axis=1)
    expected = np.mean(np.abs(means) >= np.mean(a - b) - 1e-12)
    found = paired_difference(a, b, seed=0)
    assert found == pytest.approx((np.mean(a - b), expected, 16))
    assert np.isnan(paired_difference(a[:1], b[:1], seed=0).p_value)


def test_what_is_common_to_a_pair_cancels():
    common = np.array([0.0, 10.0, 20.0, 30.0, 40.0, 50.0])
    assert paired_difference(common + 0.1, common, seed=0).p_value == pytest.approx(2 / 64)
    assert kolmogorov_smirnov(common + 0.1, common).p_value > 0.9


def test_published_kolmogorov_smirnov():
    # Dapello et al., notebook: final COCO i2n of p = 1 (0.3839 +- 0.0047) against random targets
    # (0.3501 +- 0.0066), five seeds each, apart: statistic 1.0, p = 0.0079 = 2 / binom(10, 5).
    generator = np.random.default_rng(0)
    aligned, control = generator.normal([[0.3839], [0.3501]], 0.005, (2, 5))
    assert kolmogorov_smirnov(aligned, control) == pytest.approx((1.0, 2 / 252, 0))
    assert kolmogorov_smirnov(aligned, control).p_value == pytest.approx(0.0079, abs=5e-5)
    assert np.isnan(kolmogorov_smirnov(aligned[:1], control).p_value)


def test_tests_hold_their_level_without_an_effect():
    generator = np.random.default_rng(1)
    draws = generator.standard_normal((300, 2, 8))
    for test in (kolmogorov_smirnov, lambda a, b: paired_difference(a, b, seed=0)):
        rejected = np.mean([test(a, b).p_value <= 0.05 for a, b in draws])
        assert rejected <= 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / 300)
