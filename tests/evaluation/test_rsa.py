"""RSA: agreement with rsatoolbox and scipy, invariances, subsets, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rsatoolbox.data import Dataset
from rsatoolbox.rdm import calc_rdm, compare
from scipy.spatial.distance import pdist, squareform
from scipy.stats import rankdata, spearmanr

from italign.evaluation.rsa import (
    METRICS,
    average_ranks,
    correlation_rdm,
    rsa,
    stimulus_products,
    subset_pairs,
    subset_rsa,
    unit_pairs,
)
from italign.evaluation.similarity import linear_cka, linear_gram

TOOLBOX = {"spearman": "rho-a", "cosine": "cosine"}


def related(seed, n=30, p=40, q=12):
    rng = np.random.default_rng(seed)
    x = 3 + rng.standard_normal((n, p))
    return x, x @ rng.standard_normal((p, q)) + 4 * rng.standard_normal((n, q))


@pytest.mark.parametrize("metric", METRICS)
def test_agrees_with_rsatoolbox(metric):
    for seed in range(5):
        x, y = related(seed)
        one, other = (calc_rdm(Dataset(v), method="correlation") for v in (x, y))
        found = rsa(correlation_rdm(x), correlation_rdm(y), metric)
        for method in {metric, TOOLBOX[metric]}:  # without ties, rho-a is Spearman's
            assert found == pytest.approx(compare(one, other, method=method).item(), abs=1e-6)


@pytest.mark.data
def test_agrees_with_rsatoolbox_on_real_sites(mirror):
    """Even and odd IT sites of Majaj, Hong et al. 2015, 640 images: CKA, and both comparisons."""
    sites = np.load(mirror("data_subset.npy")).astype(np.float64)
    x, y = sites[:, ::2], sites[:, 1::2]
    for metric in METRICS:
        one, other = (calc_rdm(Dataset(v), method="correlation") for v in (x, y))
        expected = compare(one, other, method=metric).item()
        assert rsa(correlation_rdm(x), correlation_rdm(y), metric) == pytest.approx(
            expected, abs=1e-6)
    one, other = (calc_rdm(Dataset(v), method="euclidean") for v in (x, y))
    expected = compare(one, other, method="cosine_cov").item()
    assert linear_cka(x, y) == pytest.approx(expected, abs=1e-6)


@given(st.integers(0, 2**31), st.integers(4, 20), st.integers(2, 30), st.floats(-1e4, 1e4))
@settings(max_examples=40, deadline=None)
def test_rdm_and_spearman_are_those_of_scipy(seed, n, p, offset):
    rng = np.random.default_rng(seed)
    x, y = (rng.standard_normal((n, p + 1)) for _ in range(2))
    rdm = correlation_rdm(x + offset)
    assert rdm == pytest.approx(pdist(x, "correlation"), abs=1e-7)
    expected = spearmanr(pdist(x, "correlation"), pdist(y, "correlation")).statistic
    assert rsa(correlation_rdm(x), correlation_rdm(y)) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.integers(0, 5), min_size=2, max_size=30))
def test_ranks_are_those_of_scipy(values):
    assert average_ranks(np.array(values)).tolist() == rankdata(values).tolist()


def test_rdm_ignores_scale_and_offset_of_stimuli_and_order_of_features():
    x, _ = related(0)
    rng = np.random.default_rng(1)
    changed = x[:, rng.permutation(x.shape[1])] * rng.uniform(0.1, 9, (30, 1)) + rng.normal(
        0, 9, (30, 1))
    assert correlation_rdm(changed) == pytest.approx(correlation_rdm(x), abs=1e-10)


def test_order_of_stimuli_matters_on_one_side_only():
    rdm_x, rdm_y = map(correlation_rdm, related(2))
    order = np.random.default_rng(0).permutation(30)

    def shuffled(rdm):
        return squareform(squareform(rdm)[np.ix_(order, order)])

    for metric in METRICS:
        value = rsa(rdm_x, rdm_y, metric)
        assert rsa(rdm_y, rdm_x, metric) == pytest.approx(value)
        assert rsa(shuffled(rdm_x), shuffled(rdm_y), metric) == pytest.approx(value)
        assert rsa(shuffled(rdm_x), rdm_y, metric) < value
        assert rsa(rdm_x, rdm_x, metric) == pytest.approx(1)
    assert rsa(rdm_x**3, rdm_y) == pytest.approx(rsa(rdm_x, rdm_y))  # order only
    assert rsa(5 * rdm_x, rdm_y, "cosine") == pytest.approx(rsa(rdm_x, rdm_y, "cosine"))


def test_products_give_the_gram_matrix_and_the_rdm_of_any_stimuli():
    x = related(3)[0].astype(np.float32) + 1000
    rows = np.array([4, 1, 29, 7, 12])
    products = stimulus_products(x).take(rows)
    assert products.gram() == pytest.approx(linear_gram(x[rows]), abs=1e-8)
    assert correlation_rdm(products) == pytest.approx(pdist(x[rows], "correlation"), abs=1e-6)


def test_subsets_are_those_of_the_smaller_rdm():
    x, y = related(4)
    kept = np.zeros((6, 30), bool)
    for k, row in enumerate(kept):
        row[np.random.default_rng(k).choice(30, 6 + 4 * k, replace=False)] = True
    for metric in METRICS:
        ranks = [squareform(unit_pairs(correlation_rdm(v), metric)) for v in (x, y)]
        pairs = [subset_pairs(squareform(v), kept) for v in ranks]
        found = subset_rsa(*pairs, metric)
        for value, row in zip(found, kept, strict=True):
            one, other = (squareform(v[np.ix_(row, row)], checks=False) for v in ranks)
            direct = np.corrcoef(one, other)[0, 1]
            if metric == "cosine":
                direct = rsa(correlation_rdm(x[row]), correlation_rdm(y[row]), metric)
            assert value == pytest.approx(direct, abs=1e-10)
        whole = rsa(correlation_rdm(x), correlation_rdm(y), metric)
        everything = [subset_pairs(squareform(v), np.ones((1, 30))) for v in ranks]
        assert subset_rsa(*everything, metric) == pytest.approx([whole])


def test_ranks_of_the_full_set_stand_for_those_of_a_half():
    """What is kept for speed differs from ranking anew by far less than halves differ."""
    x, y = related(5, n=80)
    kept = np.random.default_rng(0).permuted(np.tile(np.arange(80) < 40, (60, 1)), axis=1)
    found = subset_rsa(*(subset_pairs(unit_pairs(correlation_rdm(v), "spearman"), kept)
                         for v in (x, y)), "spearman")
    anew = np.array([rsa(correlation_rdm(x[row]), correlation_rdm(y[row])) for row in kept])
    assert np.sqrt(np.mean((found - anew) ** 2)) < 0.15 * anew.std()
    assert found.std() == pytest.approx(anew.std(), rel=0.05)


@pytest.mark.parametrize(("features", "message"), [
    (np.ones((5, 3)) * np.arange(5)[:, None], "5 of 5 stimuli .* constant values in all 3"),
    (np.arange(5.0)[:, None], "constant values in all 1 features"),
    (np.random.default_rng(0).random((3, 9)), "at least 4 stimuli"),
    (np.full((5, 3), np.nan), "15 NaN"),
])
def test_features_without_distances_are_refused(features, message):
    with pytest.raises(ValueError, match=message):
        correlation_rdm(features)


def test_rdms_that_do_not_compare_are_refused():
    rdm = correlation_rdm(related(0)[0])
    with pytest.raises(ValueError, match=r"pairs, expected the same: join"):
        rsa(rdm, rdm[:-1])
    with pytest.raises(ValueError, match="expected one of spearman, cosine"):
        rsa(rdm, rdm, "pearson")
    with pytest.raises(ValueError, match=r"all 435 distances are 0\.5, expected them to differ"):
        rsa(rdm, np.full_like(rdm, 0.5))
