"""Adversarial training: the stimulus images of a step, moved against their labels.

ASSUME: images without a label stay as they are; the paper's stimuli all have one.
"""

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from italign.evaluation.robustness import pgd, random_starts
from italign.models._outputs import OutputSlice
from italign.training.precision import AutocastLogits, attack_precision
from italign.training.schedule import step_seed

if TYPE_CHECKING:
    from italign.training.step import Setting


def attacked(
    setting: "Setting", images: Tensor, labels: Tensor, labelled: np.ndarray, step: int
) -> Tensor:
    """Attack those of this replica's images that have a label.

    Parameters
    ----------
    setting : Setting
        Its options say how, see `StepOptions`; its model is in train mode, before and after.
    images, labels : torch.Tensor, (n, channel, y, x), (n,)
        Of the global batch, whose random starts are drawn as a whole.
    labelled : numpy.ndarray of bool, (n,)
        Which of them have a label.
    step : int
        Gradient step, from 0.

    Returns
    -------
    torch.Tensor
        (n_own, channel, y, x) in [0, 1].
    """
    options, attack = setting.options, setting.options.attack
    part = setting.replicas.part(options.batch_size)
    own = images[part]
    if not attack or not labelled[part].any():
        return own
    start = None
    if attack["random_start"]:
        start = random_starts(images, attack["norm"], attack["epsilon_255"] / 255,
                              step_seed(options.seed, step, "attack"), attack["corner_start"])[part]
    if labelled[part].all():
        return _adversarial(setting, own, labels[part], start)
    rows, moved = torch.from_numpy(np.flatnonzero(labelled[part])).to(images.device), own.clone()
    moved[rows] = _adversarial(setting, own[rows], labels[part][rows],
                               None if start is None else start[rows])
    return moved


def _adversarial(
    setting: "Setting", images: Tensor, labels: Tensor, start: Tensor | None
) -> Tensor:
    """PGD on the stimulus labels, the network in eval mode (braintree's adversarial training)."""
    attack, epsilon = setting.options.attack, setting.options.attack["epsilon_255"] / 255
    target = AutocastLogits(OutputSlice(setting.model, setting.data.n_base),
                            attack_precision(setting.options.precision))
    adversarial = pgd(
        target.eval(), images, labels, norm=attack["norm"], epsilon=epsilon,
        n_steps=attack["n_steps"], step_size=attack["step_fraction"] * epsilon, start=start,
        project_once=attack["project_once"],
    )
    setting.model.train()
    return adversarial
