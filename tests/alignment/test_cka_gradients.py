"""The neural loss and its gradients: differences, second formulas, invariances, precision."""

import pytest
import torch

from italign.alignment.cka import OPTIONS, cka
from italign.evaluation.similarity import ESTIMATORS

CASES = [(form, estimator) for form in OPTIONS["form"] for estimator in ESTIMATORS]


def related(n=14, p=9, q=5, seed=0, dtype=torch.float64):
    """Features and targets with an unbiased CKA well above 0."""
    generator = torch.Generator().manual_seed(seed)
    features = 2 + torch.randn(n, p, generator=generator, dtype=dtype)
    mixing = torch.randn(p, q, generator=generator, dtype=dtype)
    return features, features @ mixing + torch.randn(n, q, generator=generator, dtype=dtype)


def feature_space_cka(x, y, estimator):
    """As the sources write them: covariances (Kornblith et al. 2019), HSIC_1 (Song et al. 2012)."""
    if estimator == "biased":
        x, y = x - x.mean(0), y - y.mean(0)
        norms = torch.linalg.norm(x.T @ x) * torch.linalg.norm(y.T @ y)
        return torch.linalg.norm(y.T @ x) ** 2 / norms
    k, side = x @ x.T, y @ y.T
    return hsic_1(k, side) / (hsic_1(k, k) * hsic_1(side, side)).sqrt()


def hsic_1(k, side):
    n = len(k)
    k, side = k - k.diagonal().diag(), side - side.diagonal().diag()
    both = k @ side
    inner = both.trace() + k.sum() * side.sum() / ((n - 1) * (n - 2)) - 2 * both.sum() / (n - 2)
    return inner / (n * (n - 3))


def of_similarity(similarity, form):
    return {"log_distance": (1 - similarity).log(), "distance": 1 - similarity,
            "minus_log": -similarity.log()}[form]


def value_and_gradient(loss, features):
    features = features.clone().requires_grad_()
    value = loss(features)
    return value.detach(), torch.autograd.grad(value, features)[0]


@pytest.mark.parametrize("form, estimator", CASES)
def test_gradients_are_those_of_finite_differences(form, estimator):
    features, targets = (values.requires_grad_() for values in map(torch.detach, related()))
    assert torch.autograd.gradcheck(
        lambda x, y: cka(x, y, form=form, estimator=estimator), (features, targets))


@pytest.mark.parametrize("form, estimator", CASES)
def test_value_and_gradient_are_those_of_a_second_formula(form, estimator):
    features, targets = related(n=20, p=40, q=7)
    found = value_and_gradient(
        lambda x: cka(x, targets, form=form, estimator=estimator), features)
    expected = value_and_gradient(
        lambda x: of_similarity(feature_space_cka(x, targets, estimator), form), features)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("form, estimator", CASES)
def test_rotation_scale_and_shift_change_nothing(form, estimator):
    features, targets = related()
    loss = cka(features, targets, form=form, estimator=estimator)
    generator = torch.Generator().manual_seed(1)
    rotation, _ = torch.linalg.qr(torch.randn(9, 9, generator=generator, dtype=torch.float64))
    shift = torch.randn(9, generator=generator, dtype=torch.float64)
    for changed in (features @ rotation, -0.01 * features, features + 10 * shift,
                    100 * (features @ rotation) + shift):
        torch.testing.assert_close(cka(changed, targets, form=form, estimator=estimator), loss)
        torch.testing.assert_close(cka(targets, changed, form=form, estimator=estimator), loss)


@pytest.mark.parametrize("form, estimator", CASES)
def test_stretching_one_direction_changes_it(form, estimator):
    """CKA is not invariant to linear maps: large directions count for more."""
    features, targets = related()
    stretch = torch.ones(9, dtype=torch.float64)
    stretch[0] = 5
    loss, stretched = (cka(x, targets, form=form, estimator=estimator)
                       for x in (features, features * stretch))
    assert abs(stretched - loss) > 0.02


@pytest.mark.parametrize("form, estimator", CASES)
def test_gradients_neither_scale_nor_shift_the_features(form, estimator):
    """Invariance of the loss as seen by its gradient: no pull along the invariant directions."""
    features, targets = related()
    _, gradient = value_and_gradient(
        lambda x: cka(x, targets, form=form, estimator=estimator), features)
    size = gradient.norm()
    assert size > 1e-3
    assert abs((gradient * features).sum()) < 1e-9 * size * features.norm()
    assert gradient.sum(0).norm() < 1e-9 * size


def test_float32_is_exact_at_the_size_of_the_paper():
    """Rectified IT features of 224 px; in feature space float32 is 0.1 off (benchmarks/cka.py)."""
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(128, 25_088, generator=generator).relu_()
    targets = torch.randn(128, 188, generator=generator)
    for estimator in ESTIMATORS:
        value, gradient = value_and_gradient(
            lambda x, e=estimator: cka(x, targets, form="distance", estimator=e), features)
        exact, exact_gradient = value_and_gradient(
            lambda x, e=estimator: cka(x, targets, form="distance", estimator=e),
            features.double())
        assert abs(value - exact) < 1e-4
        assert (gradient - exact_gradient).norm() < 1e-4 * exact_gradient.norm()
