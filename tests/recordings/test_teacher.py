"""How the simulated cortex is hardened."""

import pytest
import torch
from torch import nn

from italign.recordings.teacher import attack_radius, hardening

SETTINGS = {"n_steps": 10, "epsilon_255": 8.0, "clean_fraction": 0.4, "ramp_fraction": 0.2,
            "attacked_share": 0.5, "attack_steps": 1, "noise_sd": 0.0, "seed": 1}


def test_radius_is_zero_then_grows_then_stays():
    radii = [attack_radius(k / 10, 0.1, 0.4, 0.2) for k in range(11)]
    assert radii[:5] == [0.0] * 5
    assert radii[5] == pytest.approx(0.05)
    assert radii[6:] == pytest.approx([0.1] * 5)


def perturbed(step, **changes):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(48, 3))
    images, labels = 0.2 + 0.6 * torch.rand(8, 3, 4, 4), torch.arange(8) % 3
    changed = hardening(**{**SETTINGS, **changes})(model, images, labels, step)
    return model, images, labels, changed


def test_only_the_share_is_attacked_within_the_radius_and_it_hurts():
    model, images, labels, changed = perturbed(step=9)
    distance = (changed - images).abs().amax((1, 2, 3))
    assert (distance[:4] > 0).all() and (distance[4:] == 0).all()
    assert distance.max() <= 8 / 255 + 1e-6
    loss = nn.functional.cross_entropy
    assert loss(model(changed[:4]), labels[:4]) > loss(model(images[:4]), labels[:4])


def test_before_the_attacks_only_noise_is_added():
    _, images, _, changed = perturbed(step=1)
    assert torch.equal(images, changed)
    _, images, _, noisy = perturbed(step=1, noise_sd=0.05)
    assert (noisy - images).std().item() == pytest.approx(0.05, rel=0.2)
    assert noisy.min() >= 0 and noisy.max() <= 1
