"""The paper's neural loss, and how methods are found."""

import math
from functools import partial

import pytest
import torch

import italign.alignment
from italign.alignment import METHODS
from italign.alignment.cka import OPTIONS, cka
from italign.evaluation.similarity import linear_cka
from italign.plugins import pick


def pair(n=16):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, 6, generator=generator), torch.randn(n, 4, generator=generator)


def related(n=16):
    features, noise = pair(n)
    return features, features[:, :4] + noise


def test_is_the_logarithm_of_one_minus_biased_cka():
    features, targets = pair()
    expected = math.log(1 - linear_cka(features.double().numpy(), targets.double().numpy()))
    assert METHODS["cka"](features, targets).item() == pytest.approx(expected, rel=1e-4)


def test_a_step_down_the_gradient_raises_similarity():
    features, targets = pair()
    features.requires_grad_()
    (gradient,) = torch.autograd.grad(METHODS["cka"](features, targets), features)
    moved = features.detach() - 0.5 * gradient
    assert linear_cka(moved, targets) > linear_cka(features.detach(), targets)


def test_feature_maps_are_flattened():
    features, targets = pair()
    maps = features.reshape(16, 2, 3, 1)
    torch.testing.assert_close(METHODS["cka"](maps, targets), METHODS["cka"](features, targets))


@pytest.mark.parametrize("form", OPTIONS["form"])
@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
def test_a_perfect_match_stops_the_training(estimator, form):
    features, _ = pair()
    with pytest.raises(ValueError, match=r"CKA of the batch is .* expected below 1 - 1e-6"):
        cka(features, 3 * features, form=form, estimator=estimator)


@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
def test_forms_are_functions_of_the_similarity(estimator):
    features, targets = related()
    similarity = linear_cka(features.double().numpy(), targets.double().numpy(), estimator)
    expected = {"log_distance": math.log(1 - similarity), "distance": 1 - similarity,
                "minus_log": -math.log(similarity)}
    assert set(expected) == set(OPTIONS["form"])
    for form, value in expected.items():
        found = cka(features, targets, form=form, estimator=estimator)
        assert found.item() == pytest.approx(value, rel=1e-4)


def test_minus_log_refuses_similarities_without_a_logarithm():
    values = [unbiased_of_unrelated(seed) for seed in range(20)]
    seed = next(seed for seed, value in enumerate(values) if value < 0)
    features, targets = unrelated(seed)
    with pytest.raises(ValueError, match=r"expected above 0.*options\.estimator to biased"):
        cka(features, targets, form="minus_log", estimator="unbiased")
    assert cka(features, targets, estimator="unbiased") > 0
    assert cka(features, targets, form="distance", estimator="unbiased") > 1


def unrelated(seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(16, 30, generator=generator), torch.randn(16, 30, generator=generator)


def unbiased_of_unrelated(seed):
    return linear_cka(*unrelated(seed), estimator="unbiased").item()


def test_unknown_forms_and_broken_features_are_refused():
    features, targets = pair()
    with pytest.raises(ValueError, match="'log', expected one of log_distance"):
        cka(features, targets, form="log")
    with pytest.raises(ValueError, match="estimator is 'debiased', expected one of biased"):
        cka(features, targets, estimator="debiased")
    features[0, 0] = float("nan")
    with pytest.raises(ValueError, match="1 NaN or infinite values"):
        cka(features, targets)


def test_sixteen_bits_are_raised_and_wider_types_pass():
    features, targets = pair()
    half = features.bfloat16()
    torch.testing.assert_close(cka(half, targets), cka(half.float(), targets), rtol=0, atol=0)
    assert cka(features.double(), targets).dtype == torch.float64
    assert cka(features, targets.double()).dtype == torch.float32


def test_options_bind_as_a_condition_gives_them():
    features, targets = pair()
    bound = partial(METHODS["cka"], form="distance", estimator="unbiased")
    expected = 1 - linear_cka(features, targets, "unbiased")
    torch.testing.assert_close(bound(features, targets), expected)


def test_methods_are_public_functions_named_like_their_files():
    assert italign.alignment.cka is METHODS["cka"]
    with pytest.raises(ValueError, match="unknown alignment method 'ckaa'; did you mean cka"):
        pick(METHODS, "ckaa", "alignment method")
