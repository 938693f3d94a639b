"""The paper's neural loss, and how methods are found."""

import math

import pytest
import torch

import italign.alignment
from italign.alignment import METHODS
from italign.evaluation.similarity import linear_cka
from italign.plugins import pick


def pair(n=16):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, 6, generator=generator), torch.randn(n, 4, generator=generator)


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


def test_stops_before_the_logarithm_runs_away():
    features, _ = pair()
    with pytest.raises(ValueError, match=r"CKA of the batch is .* expected below 1 - 1e-6"):
        METHODS["cka"](features, 3 * features)


def test_methods_are_public_functions_named_like_their_files():
    assert italign.alignment.cka is METHODS["cka"]
    with pytest.raises(ValueError, match="unknown alignment method 'ckaa'; did you mean cka"):
        pick(METHODS, "ckaa", "alignment method")
