"""PGD against foolbox and the adversarial robustness toolbox: same settings, same model."""

import foolbox
import numpy as np
import pytest
import torch
from art.attacks.evasion import ProjectedGradientDescent
from art.estimators.classification import PyTorchClassifier
from torch import nn

from italign.evaluation.attack_curves import attack_curve
from italign.evaluation.robustness import pgd
from tests.evaluation.small_model import trained

RADII = [("linf", 0.02), ("linf", 0.06), ("l2", 0.2), ("l2", 0.6)]
N_STEPS, STEP_FRACTION = 20, 0.25


def by_foolbox(model, images, labels, norm, epsilon):
    kind = foolbox.attacks.LinfPGD if norm == "linf" else foolbox.attacks.L2PGD
    attack = kind(abs_stepsize=epsilon * STEP_FRACTION, steps=N_STEPS, random_start=False)
    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
    return attack.run(wrapped, images.contiguous(), labels, epsilon=epsilon)


def by_art(model, images, labels, norm, epsilon):
    wrapped = PyTorchClassifier(
        model, loss=nn.CrossEntropyLoss(), input_shape=tuple(images.shape[1:]), nb_classes=4,
        clip_values=(0, 1), device_type="cpu")
    attack = ProjectedGradientDescent(
        wrapped, norm=np.inf if norm == "linf" else 2, eps=epsilon, max_iter=N_STEPS,
        eps_step=epsilon * STEP_FRACTION, num_random_init=0, batch_size=64, verbose=False)
    changed = attack.generate(images.contiguous().numpy(), labels.numpy())
    model.eval()
    return torch.from_numpy(changed)


def survives(model, images, labels):
    with torch.no_grad():
        return model(images).argmax(1) == labels


@pytest.mark.parametrize("oracle", [by_foolbox, by_art])
@pytest.mark.parametrize("norm, epsilon", RADII)
def test_the_same_images_are_broken(oracle, norm, epsilon):
    model, images, labels = trained()
    ours = pgd(model, images, labels, norm, epsilon, N_STEPS, epsilon * STEP_FRACTION)
    theirs = oracle(model, images, labels, norm, epsilon)
    survived, survived_there = (survives(model, changed, labels) for changed in (ours, theirs))
    assert (survived == survived_there).float().mean() >= 0.99
    assert 0.05 < survived.float().mean() < 0.98  # the attack matters, and not for all
    for changed in (ours, theirs):
        change = (changed - images).flatten(1)
        assert (change.abs().max() if norm == "linf" else change.norm(dim=1).max()) <= (
            epsilon + 1e-6)
        assert changed.min() >= 0 and changed.max() <= 1


@pytest.mark.parametrize("norm, epsilon", RADII)
def test_their_survivors_are_an_upper_bound_of_ours(norm, epsilon):
    """Any iterate counts here, only the last there."""
    model, images, labels = trained()
    found = attack_curve(model, images, labels, norm=norm, epsilons=[epsilon], n_steps=N_STEPS,
                         step_fraction=STEP_FRACTION, batch_size=64, seed=0)[1]
    theirs = survives(model, by_foolbox(model, images, labels, norm, epsilon), labels)
    assert (found & ~theirs).float().mean() <= 0.01
    assert found.float().mean() <= theirs.float().mean() + 0.005
