"""One gradient step: the three terms of its loss, from one forward pass of each image.

loss = CE(base task) + labels * CE(stimulus labels) + keep * method(features, targets)
(paper 2.5; facts of the original code: braintree, "causal" mode).

The stimuli of a step are of one block, and the method compares with its sites (`training.blocks`).
ASSUME: the term of the labels is the mean over the labelled images of the batch, none where there
are none, and adversarial training attacks those only; the paper's stimuli all have a label.

DEVIATION: with `batch_norm` "shared", base and stimulus images pass together, so that batch norm
sees in training the mixture that its running statistics hold in evaluation. The original passes
one batch after the other ("mixed"): each is normalised by its own statistics in training and by a
mixture of both in evaluation. "separate" passes one after the other too, and keeps two sets.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from italign.models._statistics import base_statistics
from italign.training.adversarial import attacked
from italign.training.batches import stimulus_batch
from italign.training.blocks import drawn_rows
from italign.training.guards import refuse_diverged
from italign.training.images import NO_LABEL, TrainingData
from italign.training.parallel import Replicas
from italign.training.precision import autocast, full_precision
from italign.training.schedule import keeps_neural_gradient


@dataclass(frozen=True)
class StepOptions:
    """What one gradient step needs to know beside the images.

    Parameters
    ----------
    seed, batch_size : int
        Seed of the run; images of each of the two batches.
    onset_step, decay_start_step, n_steps : int
        First step with a neural loss, first with a falling learning rate, end of training.
    p : float
        Probability that a step after the onset keeps the neural gradient.
    train_labels : bool
        Whether the stimulus labels are trained.
    region : str
        Region compared with the targets.
    translate_fraction, rotate_deg, scale, crop_area_min : float
        Augmentation, see `random_affine` and `random_resized_crop`.
    attack : dict or None
        Adversarial training on the stimulus images: ``norm``, ``epsilon_255``, ``n_steps``,
        ``step_fraction`` (step size / epsilon), ``random_start``, and the original code's
        ``corner_start`` and ``project_once``, see `pgd` and `random_starts`.
    batch_norm : {"shared", "separate", "mixed"}
        See the module.
    precision : {"fp32", "bf16", "fp16"}
        Of the forward passes.
    compile : bool
        Whether the training pass goes through torch.compile.
    shear_deg : (low, high) or None
        See `random_affine`.
    nearest_pixel : bool
        See `random_affine`.
    augmented_validation : bool
        Whether stimulus images are augmented in validation too.
    """

    seed: int
    batch_size: int
    onset_step: int
    decay_start_step: int
    n_steps: int
    p: float
    train_labels: bool
    region: str
    translate_fraction: float
    rotate_deg: float
    scale: float
    crop_area_min: float
    attack: dict | None
    batch_norm: str
    precision: str
    compile: bool
    shear_deg: tuple[float, float] | None
    nearest_pixel: bool
    augmented_validation: bool


@dataclass(frozen=True)
class Setting:
    """What stays the same from step to step.

    Parameters
    ----------
    model : torch.nn.Module
        Logits are the base task's, then the stimulus labels'.
    forward : callable
        ``model.forward_with``, perhaps compiled.
    data : TrainingData
        Images and targets.
    neural_loss : callable or None
        From `italign.alignment`; None while no step is neural.
    options : StepOptions
        Hyper-parameters.
    replicas : Replicas
        Processes that share the batches.
    """

    model: nn.Module
    forward: Callable[[Tensor, tuple[str, ...]], tuple[Tensor, dict[str, Tensor]]]
    data: TrainingData
    neural_loss: Callable[[Tensor, Tensor], Tensor] | None
    options: StepOptions
    replicas: Replicas


def add_terms(
    terms: dict[str, Tensor], setting: Setting, base_batch: tuple[Tensor, Tensor], step: int
) -> None:
    """Compute the terms of one step; a dropped neural term is not computed.

    Parameters
    ----------
    terms : dict of str to torch.Tensor
        Gets ``base_loss``, ``label_loss`` and ``neural_loss``, each when it is known, so that an
        error in one can be told with the others.
    setting : Setting
        The model is in train mode.
    base_batch : (images, labels)
        This replica's part, augmented.
    step : int
        Gradient step, from 0.
    """
    options, part = setting.options, setting.replicas.part(setting.options.batch_size)
    block, rows = drawn_rows(setting.data.blocks[0], options, step)
    images, labels, places = stimulus_batch(setting.data.stimuli[0], options, step, rows)
    labelled = setting.data.has_label[rows]
    images, own = attacked(setting, images, labels, labelled, step), labels[part]
    keeps = keeps_neural_gradient(options.seed, step, options.p, options.onset_step)
    base_logits, logits, features = _pass(setting, base_batch[0], images)
    n_base = setting.data.n_base
    terms["base_loss"] = cross_entropy(base_logits[:, :n_base], base_batch[1])
    if options.train_labels and labelled.any():
        terms["label_loss"] = _label_loss(logits[:, n_base:], own, labelled, setting.replicas)
    if keeps:
        features = setting.replicas.gather(features)
        refuse_diverged(features)
        targets = block.rates(setting.data.targets[0], places)
        terms["neural_loss"] = setting.neural_loss(features, targets)


def total(terms: dict[str, Tensor], replicas: Replicas) -> Tensor:
    """Sum of the terms whose gradient, averaged over replicas, is that of one process.

    Cross-entropies are means over a replica's own images (see `_label_loss` where some have no
    label); the neural term is that of the whole batch on every replica, but only its own rows carry
    gradients.
    """
    weights = {"neural_loss": replicas.n}
    return sum(weights.get(name, 1) * term for name, term in terms.items())


def _label_loss(
    logits: Tensor, labels: Tensor, labelled: np.ndarray, replicas: Replicas
) -> Tensor:
    """Term whose mean over replicas is the mean over the labelled images of the global batch.

    Parameters
    ----------
    logits, labels : torch.Tensor, (n_own, n_labels), (n_own,)
        Of this replica's images; perhaps none of them has a label.
    labelled : numpy.ndarray of bool, (n,)
        Which images of the global batch have a label, at least one of them.
    replicas : Replicas
        Processes that share the batch.
    """
    if labelled.all():
        return cross_entropy(logits, labels)
    found = cross_entropy(logits, labels, ignore_index=NO_LABEL, reduction="sum")
    return found * (replicas.n / int(labelled.sum()))


def _pass(
    setting: Setting, base_images: Tensor, images: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Logits of the base images, logits and features of the stimulus images, in 32 bits."""
    regions = (setting.options.region,)
    with autocast(setting.options.precision):
        if setting.options.batch_norm == "shared":
            n = len(base_images)
            both, activation = setting.forward(torch.cat([base_images, images]), regions)
            base_logits, logits = both[:n], both[n:]
            features = activation[regions[0]][n:]
        else:
            # "mixed" has one set of statistics (the config check sees to it): nothing changes then.
            with base_statistics(setting.model):
                base_logits, _ = setting.forward(base_images, ())
            logits, activation = setting.forward(images, regions)
            features = activation[regions[0]]
    # Losses are computed outside of autocast: n^2 products of features lose their sum in 16 bits.
    return tuple(full_precision(values) for values in (base_logits, logits, features))
