"""Lines, rank correlations and bootstrap intervals against planted values and second formulas."""

import numpy as np
import pytest
from scipy import stats

from italign.evaluation.statistics import (
    bootstrap_line,
    bootstrap_mean,
    fit_line,
    pearson_p_value,
    resampling_weights,
    sample_sd,
    spearman,
)


@pytest.fixture
def cloud():
    generator = np.random.default_rng(3)
    x = generator.normal(0.5, 0.05, 35)
    return x, 0.37 * x + 0.29 + generator.normal(0, 0.01, 35)


def test_line_equals_scipy(cloud):
    line, expected = fit_line(*cloud), stats.linregress(*cloud)
    assert line.slope == pytest.approx(expected.slope, rel=1e-12)
    assert line.intercept == pytest.approx(expected.intercept, rel=1e-12)
    assert line.pearson == pytest.approx(expected.rvalue, rel=1e-12)


def test_p_value_equals_scipy(cloud):
    expected = stats.pearsonr(*cloud)
    assert pearson_p_value(expected.statistic, 35) == pytest.approx(expected.pvalue, rel=1e-9)


def test_published_p_values_follow_from_r_and_n():
    # Dapello et al., notebook: r = 0.842, p = 2.42e-10 over 35 models (digitised, rounded).
    assert pearson_p_value(0.842, 35) == pytest.approx(2.42e-10, rel=0.1)


def test_integer_weights_are_repeated_rows(cloud):
    x, y = cloud
    weights = resampling_weights(np.arange(35), 5, seed=0)
    for row, slope in zip(weights.astype(int), fit_line(x, y, weights).slope, strict=True):
        assert slope == pytest.approx(stats.linregress(x.repeat(row), y.repeat(row)).slope)


def test_exact_line_is_recovered():
    x = np.linspace(0, 1, 7)
    line = fit_line(x, 2 - 3 * x)
    assert (line.slope, line.intercept, line.pearson) == pytest.approx((-3, 2, -1))


def test_no_spread_gives_nan_not_a_number():
    assert np.isnan(fit_line(np.ones(5), np.arange(5.0)).slope)
    flat = fit_line(np.arange(5.0), np.full(5, 0.1))
    assert np.isnan(flat.pearson) and flat.slope == pytest.approx(0)


def test_weights_move_the_rows_of_a_unit_together():
    unit = np.array(["b", "a", "b", "c"])
    weights = resampling_weights(unit, 200, seed=1)
    np.testing.assert_array_equal(weights[:, 0], weights[:, 2])
    np.testing.assert_array_equal(weights[:, [0, 1, 3]].sum(axis=1), 3)
    assert len(np.unique(weights, axis=0)) > 5


def test_bootstrap_agrees_with_scipy(cloud):
    x, y = cloud
    limits = bootstrap_line(x, y, np.arange(35), 4000, seed=0).pearson
    expected = stats.bootstrap(
        (x, y), lambda a, b: stats.pearsonr(a, b).statistic, paired=True, vectorized=False,
        n_resamples=1000, method="percentile", rng=np.random.default_rng(1),
    ).confidence_interval
    np.testing.assert_allclose(limits, expected, atol=0.01)


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
    rho, p_value = spearman(doses, sign * np.log(doses + 0.1), seed=0)
    assert rho == pytest.approx(sign)
    assert p_value == pytest.approx(2 / 5040)


def test_spearman_equals_scipy_with_ties():
    generator = np.random.default_rng(2)
    x, y = generator.integers(0, 6, (2, 40)).astype(float)
    rho, p_value = spearman(x, y, seed=0)
    expected = stats.spearmanr(x, y)
    assert rho == pytest.approx(expected.statistic)
    assert p_value == pytest.approx(expected.pvalue, abs=0.03)


@pytest.mark.parametrize("y", [[1.0, 2.0], [1.0, 1.0, 1.0]])
def test_spearman_without_order_is_nan(y):
    assert np.isnan(spearman(np.arange(len(y), dtype=float), np.array(y), seed=0)).all()
