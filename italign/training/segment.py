"""One segment of training: the three-term step, gradient dropout, checkpoints and log.

loss = CE(base task) + labels * CE(stimulus labels) + keep * method(features, targets)
(paper 2.5; facts of the original code: braintree, "causal" mode).

DEVIATION: base and stimulus images pass together, so that batch norm sees in training the mixture
that its running statistics hold in evaluation. The original passes one batch after the other: each
is normalised by its own statistics in training and by a mixture of both in evaluation.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from italign.evaluation.robustness import pgd
from italign.evaluation.similarity import linear_cka
from italign.models._outputs import OutputSlice
from italign.training.augmentation import random_affine, random_resized_crop, to_unit
from italign.training.images import ImageSet
from italign.training.schedule import (
    batch_indices,
    decay_factor,
    keeps_neural_gradient,
    step_generator,
    step_seed,
)
from italign.training.state import checkpoint


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
        ``norm``, ``epsilon_255``, ``n_steps`` of adversarial training on the stimulus images.
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


def train_segment(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    base: ImageSet,
    stimuli: ImageSet,
    targets: Tensor,
    *,
    n_base: int,
    neural_loss: Callable[[Tensor, Tensor], Tensor] | None,
    options: StepOptions,
    steps: range,
    validation_every: int,
    validate: Callable[[nn.Module], dict[str, float]],
) -> tuple[dict[str, Tensor], list[dict]]:
    """Train over a range of steps.

    Parameters
    ----------
    model, optimiser
        Changed in place; logits are the base task's, then the stimulus labels'.
    base, stimuli : ImageSet
        Training images of the two batches.
    targets : torch.Tensor
        (n stimuli, sites), rows as in `stimuli`.
    n_base : int
        Logits of the base task.
    neural_loss : callable or None
        From `italign.alignment`; None while no step is neural.
    options : StepOptions
        Hyper-parameters.
    steps : range
        First (inclusive) and last (exclusive) gradient step.
    validation_every : int
        Steps between checkpoints.
    validate : callable
        Model in eval mode -> measures for the log.

    Returns
    -------
    checkpoints : dict of str to torch.Tensor
        ``step<s>/<weight>``: the weights after s steps.
    log : list of dict
        One row per checkpoint: mean of each loss since the last, and the measures.

    Raises
    ------
    ValueError
        If a loss is not finite, with the step.
    """
    checkpoints, log, rows, start = {}, [], [], time.monotonic()
    peak_rate = optimiser.param_groups[0]["lr"]
    for step in steps:
        factor = decay_factor(step, options.decay_start_step, options.n_steps)
        optimiser.param_groups[0]["lr"] = peak_rate * factor
        model.train()
        losses = _losses(model, base, stimuli, targets, n_base, neural_loss, options, step)
        optimiser.zero_grad(set_to_none=True)
        sum(losses.values()).backward()
        optimiser.step()
        rows.append({name: loss.item() for name, loss in losses.items()})
        _refuse_non_finite(rows[-1], step)
        if (step + 1) % validation_every == 0:
            model.eval()
            images_s = len(rows) * 2 * options.batch_size / (time.monotonic() - start)
            log.append({"step": step + 1, **_means(rows), **validate(model)})
            logging.info("%s, %.0f images/s", log[-1], images_s)
            checkpoints.update(checkpoint(model, step + 1))
            rows, start = [], time.monotonic()
    return checkpoints, log


def _losses(
    model: nn.Module, base: ImageSet, stimuli: ImageSet, targets: Tensor, n_base: int,
    neural_loss: Callable | None, options: StepOptions, step: int,
) -> dict[str, Tensor]:
    """The terms of one step; a dropped neural term is not computed."""
    base_images, base_labels, _ = _batch(base, options, step, "base")
    images, labels, rows = _batch(stimuli, options, step, "stimulus")
    if options.attack:
        images = _attacked(model, images, labels, n_base, options, step)
    logits, activation = model.forward_with(torch.cat([base_images, images]), (options.region,))
    n = len(base_images)
    losses = {"base_loss": cross_entropy(logits[:n, :n_base], base_labels)}
    if options.train_labels:
        losses["label_loss"] = cross_entropy(logits[n:, n_base:], labels)
    if keeps_neural_gradient(options.seed, step, options.p, options.onset_step):
        losses["neural_loss"] = neural_loss(activation[options.region][n:], targets[rows])
    return losses


def _batch(
    data: ImageSet, options: StepOptions, step: int, stream: str
) -> tuple[Tensor, Tensor, Tensor]:
    """Augmented images, labels and rows of one batch."""
    rows = batch_indices(options.seed, step, stream, len(data.images), options.batch_size)
    rows = torch.from_numpy(rows).to(data.images.device)
    images = to_unit(data.images[rows])
    generator = step_generator(options.seed, step, f"augment_{stream}")
    if stream == "base":
        images = random_resized_crop(images, generator, options.crop_area_min)
    else:
        images = random_affine(images, generator, options.translate_fraction, options.rotate_deg,
                               options.scale)
    return images, data.labels[rows], rows


def _attacked(
    model: nn.Module, images: Tensor, labels: Tensor, n_base: int, options: StepOptions, step: int
) -> Tensor:
    """PGD on the stimulus labels, the network in eval mode (braintree's adversarial training)."""
    epsilon = options.attack["epsilon_255"] / 255
    adversarial = pgd(
        OutputSlice(model, n_base).eval(), images, labels, norm=options.attack["norm"],
        epsilon=epsilon, n_steps=options.attack["n_steps"],
        step_size=2 * epsilon / options.attack["n_steps"], random_start=True,
        seed=step_seed(options.seed, step, "attack"),
    )
    model.train()
    return adversarial


def _refuse_non_finite(losses: dict[str, float], step: int) -> None:
    bad = {name: value for name, value in losses.items() if not abs(value) < float("inf")}
    if bad:
        raise ValueError(f"step {step}: {bad} is not finite; lower training.learning_rate, or look "
                         "at the targets; the last segment's state is intact")


def _means(rows: list[dict[str, float]]) -> dict[str, float]:
    """Mean of each loss over the steps that had it, NaN if none; and how many were neural."""
    names = ("base_loss", "label_loss", "neural_loss")
    values = {name: [row[name] for row in rows if name in row] for name in names}
    means = {name: sum(v) / len(v) if v else float("nan") for name, v in values.items()}
    return {**means, "neural_steps": len(values["neural_loss"])}


@torch.no_grad()
def measure(
    model: nn.Module, base: ImageSet, stimuli: ImageSet, targets: Tensor, n_base: int, region: str
) -> dict[str, float]:
    """Validation for the log: accuracies and biased CKA on held-out images, without augmentation.

    Parameters
    ----------
    model : torch.nn.Module
        In eval mode.
    base, stimuli : ImageSet
        Held-out images of the two tasks.
    targets : torch.Tensor
        (n stimuli, sites), rows as in `stimuli`.
    n_base : int
        Logits of the base task.
    region : str
        Region compared with the targets.

    Returns
    -------
    dict of str to float
        ``base_accuracy``, ``stimulus_accuracy`` and ``similarity_biased``, each in [0, 1].

    DEVIATION: the original code jitters its validation images too; here they are as shown.
    """
    base_logits = model(to_unit(base.images))[:, :n_base]
    logits, activation = model.forward_with(to_unit(stimuli.images), (region,))
    similarity = linear_cka(activation[region], targets, estimator="biased").item()
    return {
        "base_accuracy": (base_logits.argmax(1) == base.labels).float().mean().item(),
        "stimulus_accuracy": (logits[:, n_base:].argmax(1) == stimuli.labels).float().mean().item(),
        "similarity_biased": similarity,
    }
