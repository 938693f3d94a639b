"""Lines, rank correlations, tests and intervals against planted values and second formulas."""

import itertools

import numpy as np
import pytest
from scipy import stats

from italign.evaluation.statistics import (
    bootstrap_line,
    bootstrap_mean,
    fit_line,
    interval,
    kolmogorov_smirnov,
    paired_difference,
    sample_sd,
    spearman,
)


@pytest.fixture
def cloud():
    generator = np.random.default_rng(3)
    x = generator.normal(0.5, 0.05, 35)
    return x, 0.37 * x + 0.29 + generator.normal(0, 0.01, 35)


def test_line_and_p_value_equal_a_second_formula(cloud):
    x, y = cloud
    line, p_value = fit_line(x, y)
    slope, intercept = np.linalg.lstsq(np.column_stack([x, np.ones(35)]), y)[0]
    assert (line.slope, line.intercept) == pytest.approx((slope, intercept), rel=1e-10)
    assert line.pearson == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-12)
    t = line.pearson * np.sqrt(33 / (1 - line.pearson**2))
    assert p_value == pytest.approx(2 * stats.t.sf(abs(t), 33), rel=1e-9)


def test_published_p_values_follow_from_r_and_n():
    # Dapello et al., notebook: r = 0.842, p = 2.42e-10 over 35 models (digitised, rounded).
    x, noise = np.random.default_rng(0).standard_normal((2, 35))
    x, noise = stats.zscore(x), stats.zscore(noise - np.polyval(np.polyfit(x, noise, 1), x))
    line, p_value = fit_line(x, 0.842 * x + np.sqrt(1 - 0.842**2) * noise)
    assert line.pearson == pytest.approx(0.842)
    assert p_value == pytest.approx(2.42e-10, rel=0.1)


def test_exact_line_is_recovered():
    x = np.linspace(0, 1, 7)
    line, p_value = fit_line(x, 2 - 3 * x)
    assert line == pytest.approx((-1, -3, 2)) and p_value < 1e-30


def test_no_spread_gives_nan_not_a_number():
    varied = np.arange(5.0)
    for x, y in ((np.ones(5), varied), (varied[:2], varied[:2]), (varied[:0], varied[:0])):
        assert np.isnan([*fit_line(x, y)[0], fit_line(x, y)[1]]).all()
        assert np.isnan(bootstrap_line(x, y, np.arange(len(x)), 50, 0)).all()
    flat, p_value = fit_line(varied, np.full(5, 0.1))
    assert np.isnan([flat.pearson, p_value]).all() and flat.slope == pytest.approx(0)
    limits = bootstrap_line(varied, np.full(5, 0.1), np.arange(5), 500, 0)
    assert np.isnan(limits.pearson).all()
    assert limits.intercept == pytest.approx([0.1, 0.1])


def test_resamples_of_one_point_have_no_line():
    # One resample in nine repeats one of three points; the others are all on the line.
    x = np.arange(3.0)
    limits = bootstrap_line(x, 1 + 2 * x, np.arange(3), 500, seed=0)
    np.testing.assert_allclose(limits, [[1, 1], [2, 2], [1, 1]])


def bootstrap_by_loop(x, y, unit, n_bootstrap, seed):
    """Repeat the rows of each drawn unit, in the order in which scipy draws units, and fit."""
    generator, names = np.random.default_rng(seed), np.unique(unit)
    lines = []
    for _ in range(n_bootstrap):
        units = names[generator.integers(0, len(names), len(names))]
        drawn = np.concatenate([np.flatnonzero(unit == name) for name in units])
        line = stats.linregress(x[drawn], y[drawn])
        lines.append((line.rvalue, line.slope, line.intercept))
    return np.array([interval(values) for values in np.transpose(lines)])


def test_bootstrap_of_points_and_of_runs_agrees_with_a_loop_over_resamples(cloud):
    x, y = cloud
    for unit in (np.arange(35), np.arange(35) // 3):  # the last run has fewer checkpoints
        np.testing.assert_allclose(bootstrap_line(x, y, unit, 500, seed=4),
                                   bootstrap_by_loop(x, y, unit, 500, seed=4), rtol=1e-9)


def test_same_seed_same_interval(cloud):
    first, again, other = (bootstrap_line(*cloud, np.arange(35), 200, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (np.array(first) != np.array(other)).any()


def planted_clusters(generator, n_runs=20, n_checkpoints=10):
    """Checkpoints scatter about their run, runs about the line of slope 0.5."""
    run = np.repeat(np.arange(n_runs), n_checkpoints)
    x = generator.normal(size=n_runs)[run] + 0.1 * generator.normal(size=len(run))
    return x, 0.5 * x + 0.3 * generator.normal(size=n_runs)[run], run


def test_cluster_bootstrap_covers_where_the_naive_one_does_not():
    generator = np.random.default_rng(0)
    covered = {"cluster": 0, "naive": 0}
    for k in range(100):
        x, y, run = planted_clusters(generator)
        for name, unit in (("cluster", run), ("naive", np.arange(len(x)))):
            low, high = bootstrap_line(x, y, unit, 200, seed=k).slope
            covered[name] += low <= 0.5 <= high
    # 95 of 100 expected; 20 clusters cover a little less. Binomial SD is 2.5.
    assert covered["cluster"] >= 84
    assert covered["naive"] <= 70


def test_one_unit_has_no_interval():
    assert np.isnan(bootstrap_line(np.arange(5.0), np.arange(5.0), np.zeros(5), 50, 0).slope).all()
    assert np.isnan(bootstrap_mean(np.array([0.4]), 50, 0)).all()
    assert np.isnan(bootstrap_mean(np.array([0.4, np.nan, 0.5]), 50, 0)).all()
    assert np.isnan(sample_sd(np.array([0.4])))


def test_interval_of_two_values_is_their_range():
    np.testing.assert_allclose(bootstrap_mean(np.array([0.2, 0.6]), 500, 0), [0.2, 0.6])


def test_interval_of_the_mean_approaches_the_normal_one():
    values = np.random.default_rng(5).normal(1, 2, 400)
    half_width = 1.96 * values.std() / 20
    low, high = bootstrap_mean(values, 4000, 0)
    assert (high - low) / 2 == pytest.approx(half_width, rel=0.05)


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
