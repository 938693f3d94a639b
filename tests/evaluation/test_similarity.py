"""Linear CKA: invariances, second formulas, chance, precision, gradients, refusals."""

import subprocess
import sys
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rsatoolbox.data import Dataset
from rsatoolbox.rdm import calc_rdm, compare

from italign.evaluation.similarity import (
    ESTIMATORS,
    cka_from_grams,
    linear_cka,
    linear_gram,
    linear_hsic,
)


def features(seed, n=12, p=5):
    return np.random.default_rng(seed).standard_normal((n, p))


def related(seed, n=40, p=30, q=20):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p))
    return x, x @ rng.standard_normal((p, q)) + 3 * rng.standard_normal((n, q))


@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
@settings(max_examples=25, deadline=None)
def test_rotation_scale_and_shift_change_nothing(estimator, seed, scale, shift):
    x, y = related(seed)
    rotation, _ = np.linalg.qr(features(seed + 1, 30, 30))
    changed = scale * (x @ rotation) + shift
    assert linear_cka(changed, y, estimator) == pytest.approx(linear_cka(x, y, estimator), abs=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_order_of_stimuli_and_of_sides_change_nothing(estimator):
    x, y = related(0)
    order = np.random.default_rng(1).permutation(len(x))
    value = linear_cka(x, y, estimator)
    assert linear_cka(x[order], y[order], estimator) == pytest.approx(value)
    assert linear_cka(y, x, estimator) == pytest.approx(value)
    assert linear_cka(x[order], y, estimator) < value - 0.1


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_self_is_one(estimator):
    assert linear_cka(features(0), 3 * features(0) - 1, estimator) == pytest.approx(1)


def test_biased_is_the_ratio_of_covariance_norms():
    x, y = related(2)
    x_centred, y_centred = x - x.mean(0), y - y.mean(0)
    frobenius = np.linalg.norm
    expected = frobenius(y_centred.T @ x_centred) ** 2 / (
        frobenius(x_centred.T @ x_centred) * frobenius(y_centred.T @ y_centred)
    )
    assert linear_cka(x, y) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_biased_is_the_whitened_cosine_of_rsatoolbox(seed):
    """Of squared euclidean RDMs, whose covariance under noise takes the centring's part."""
    x, y = related(seed)
    one, other = (calc_rdm(Dataset(v), method="euclidean") for v in (x, y))
    expected = compare(one, other, method="cosine_cov").item()
    assert linear_cka(x, y) == pytest.approx(expected, abs=1e-6)


def test_biased_of_one_feature_each_is_squared_pearson():
    x, y = features(3, 20, 1), features(4, 20, 1)
    assert linear_cka(x, y) == pytest.approx(np.corrcoef(x[:, 0], y[:, 0])[0, 1] ** 2)


def test_unbiased_hsic_is_the_average_over_quadruples():
    """Definition as a U-statistic: all ordered quadruples of different stimuli."""
    gram_x, gram_y = linear_gram(features(5, 6, 3)), linear_gram(features(6, 6, 2))
    terms = [
        gram_x[i, j] * (gram_y[i, j] + gram_y[q, r] - 2 * gram_y[i, q])
        for i, j, q, r in permutations(range(6), 4)
    ]
    assert linear_hsic(gram_x, gram_y, "unbiased") == pytest.approx(np.mean(terms))


def test_unbiased_hsic_is_the_formula_of_song():
    gram_x, gram_y = (linear_gram(v) for v in related(7))
    n, ones = len(gram_x), np.ones(len(gram_x))
    k, m = (g - np.diag(np.diag(g)) for g in (gram_x, gram_y))
    expected = (
        np.trace(k @ m)
        + (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2))
        - 2 / (n - 2) * ones @ k @ m @ ones
    ) / (n * (n - 3))
    assert linear_hsic(gram_x, gram_y, "unbiased") == pytest.approx(expected, rel=1e-10)


def test_independent_data_score_zero_unbiased_and_chance_biased():
    n, p, q = 40, 200, 60
    pairs = [(features(s, n, p), features(s + 1000, n, q)) for s in range(200)]
    unbiased = np.array([linear_cka(x, y, "unbiased") for x, y in pairs])
    biased = np.array([linear_cka(x, y, "biased") for x, y in pairs])
    assert abs(unbiased.mean()) < 4 * unbiased.std() / np.sqrt(len(pairs))
    chance = 1 / np.sqrt((1 + (n - 1) / p) * (1 + (n - 1) / q))
    assert biased.mean() == pytest.approx(chance, abs=0.02)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_fp32_of_cornet_s_it_agrees_with_float64(estimator):
    rng = np.random.default_rng(8)
    it = np.maximum(rng.standard_normal((128, 25_088)) + 5, 0)  # mean far above the variation
    sites = it[:, :188] + rng.standard_normal((128, 188))
    exact = linear_cka(it, sites, estimator)
    single = linear_cka(torch.tensor(it).float(), torch.tensor(sites).float(), estimator)
    assert single.dtype == torch.float32
    assert float(single) == pytest.approx(exact, abs=2e-6)


@pytest.mark.parametrize("scale", [1e-10, 1e10])
def test_fp32_neither_vanishes_nor_overflows(scale):
    x, y = related(9)
    value = linear_cka(torch.tensor(x * scale).float(), torch.tensor(y).float())
    assert float(value) == pytest.approx(linear_cka(x, y), abs=1e-6)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_torch_equals_numpy_and_has_the_right_gradient(estimator):
    x, y = (torch.tensor(v) for v in related(10, n=8, p=3, q=2))
    assert float(linear_cka(x, y, estimator)) == pytest.approx(
        linear_cka(x.numpy(), y.numpy(), estimator), rel=1e-12
    )
    x.requires_grad_(), y.requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: linear_cka(a, b, estimator), (x, y))


def test_grams_give_the_same_as_features():
    x, y = related(11)
    for estimator in ESTIMATORS:
        from_grams = cka_from_grams(x @ x.T, linear_gram(y), estimator)  # the first not centred
        assert from_grams == pytest.approx(linear_cka(x, y, estimator))


def test_torch_is_not_imported():
    code = "import sys, italign.evaluation as e; e.linear_cka; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (features(0, 3), features(1, 3), "at least 4 stimuli"),
        (features(0, 10), features(1, 12), "join .* by stimulus_id"),
        (np.where(features(0) > 1, np.nan, 0.5), features(1), "NaN or infinite"),
        (np.full((12, 3), 0.1), features(1), "constant over all 12 stimuli"),
        (features(0), torch.tensor(features(1)), "convert one"),
        (torch.tensor(features(0)).half(), torch.tensor(features(1)), r"call \.float"),
    ],
)
def test_bad_features_are_refused(x, y, message):
    with pytest.raises(ValueError, match=message):
        linear_cka(x, y, "unbiased")


def test_unknown_estimators_degenerate_grams_and_autocast_are_refused():
    x = features(0)
    with pytest.raises(ValueError, match="biased, unbiased"):
        linear_cka(x, x, "debiased")
    with pytest.raises(ValueError, match="gram_x has unbiased variance 0"):
        cka_from_grams(np.eye(5), linear_gram(features(1, 5)), "unbiased")
    with pytest.raises(ValueError, match="gram_y has trace 0"):
        cka_from_grams(linear_gram(features(1, 5)), np.zeros((5, 5)))
    tensor = torch.tensor(x).float()
    with torch.autocast("cpu", torch.bfloat16), pytest.raises(ValueError, match="autocast"):
        linear_cka(tensor, tensor)
