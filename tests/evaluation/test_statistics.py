"""Lines and bootstrap intervals against planted values and second formulas."""

import numpy as np
import pytest
from scipy import stats

from italign.evaluation.intervals import interval
from italign.evaluation.statistics import (
    bootstrap_line,
    bootstrap_mean,
    fit_line,
    sample_sd,
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
