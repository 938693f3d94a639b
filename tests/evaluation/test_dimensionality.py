"""Dimensionality: planted covariance, limits, a second formula, refusals, rows."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from italign.evaluation.dimensionality import components_for, participation_ratio
from italign.evaluation.measures import measure
from italign.evaluation.similarity import linear_gram
from italign.evaluation.study import Look


def test_pca_gives_the_same():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 15)) @ rng.standard_normal((15, 60)) + 7
    variance = PCA().fit(x).explained_variance_
    assert participation_ratio(linear_gram(x)) == pytest.approx(
        variance.sum() ** 2 / (variance**2).sum())
    for fraction in (0.5, 0.9, 0.99):
        expected = PCA(fraction, svd_solver="full").fit(x).n_components_
        assert components_for(linear_gram(x), fraction) == expected
        assert components_for(x @ x.T, fraction) == expected  # not centred


def test_planted_covariance_is_found():
    """Directions of exact variance 4, 4, 1, 1: (10)^2 / 34, and 0.8 lies in the first two."""
    directions, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((50, 5)))
    directions, _ = np.linalg.qr(directions - directions.mean(0))
    x = directions[:, :4] * np.sqrt([4, 4, 1, 1])
    gram = linear_gram(x)
    assert participation_ratio(gram) == pytest.approx(100 / 34)
    assert [components_for(gram, f) for f in (0.4, 0.41, 0.8, 0.81, 0.9, 0.95)] == [
        1, 2, 2, 3, 3, 4]


def test_limits():
    line = np.outer(np.arange(9.0), [1, 2, 3])
    assert participation_ratio(linear_gram(line)) == pytest.approx(1)
    assert components_for(linear_gram(line), 0.9) == 1
    assert participation_ratio(np.eye(9)) == pytest.approx(8)  # all directions alike
    assert components_for(np.eye(9), 0.5) == 4
    for n, p in ((200, 50), (50, 1000)):
        isotropic = np.random.default_rng(2).standard_normal((n, p))
        assert participation_ratio(linear_gram(isotropic)) == pytest.approx(
            1 / (1 / p + 1 / (n - 1)), rel=0.03)


def test_grams_without_dimensions_are_refused():
    with pytest.raises(ValueError, match="have no variance"):
        participation_ratio(np.full((6, 6), 3.0))
    with pytest.raises(ValueError, match="36 NaN, expected a finite"):
        components_for(np.full((6, 6), np.nan), 0.9)
    with pytest.raises(ValueError, match=r"variance_fraction is 90, expected above 0"):
        components_for(np.eye(6), 90)


def test_rows_are_of_the_region_on_test_images_of_every_set():
    rng = np.random.default_rng(3)
    moved = {("hvm", "test"): {"IT": rng.random((20, 30)).astype(np.float32), "logits": 0},
             ("coco", "test"): {"IT": rng.random((12, 30)).astype(np.float32)},
             ("hvm", "train"): {"penultimate": rng.random((9, 30))}}
    look = Look(has_labels=True, seen={}, moved=moved, base_logits=np.zeros((1, 1)))
    score = measure("dimensionality", SimpleNamespace(region="IT"), {"variance_fraction": 0.9})
    rows = {(row["stimulus_set"], row["metric"]): row for row in score(look)}
    assert len(rows) == 4
    for name, n in (("hvm", 20), ("coco", 12)):
        gram = linear_gram(moved[name, "test"]["IT"])
        row = rows[name, "participation_ratio"]
        assert row["raw"] == pytest.approx(participation_ratio(gram)) and row["n"] == n
        assert rows[name, "components_90"]["raw"] == components_for(gram, 0.9)
    with pytest.raises(ValueError, match=r"measures\.dimensionality.variance_fraction is 1"):
        measure("dimensionality", SimpleNamespace(region="IT"), {"variance_fraction": 1})
