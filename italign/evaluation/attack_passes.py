"""Passes of an attacked model: logits, decisions and gradients of its loss."""

from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch.nn import functional

from italign.evaluation.attack_guards import check_attackable, check_gradients


@dataclass(frozen=True)
class FirstPass:
    """What the unchanged images show, shared by attacks of different norms.

    Parameters
    ----------
    correct : torch.Tensor of bool, (n,)
        Whether the image is classified correctly.
    gradient : torch.Tensor, (n, channels, height, width)
        Of the loss at the image, where attacks without a random start take their first step.
    """

    correct: torch.Tensor
    gradient: torch.Tensor


def loss_gradient(model, images, labels):
    """Logits, and the gradient of the summed cross-entropy with respect to the images.

    Parameters
    ----------
    model, images, labels
        As `pgd`.

    Returns
    -------
    logits : torch.Tensor, (n, classes)
        Detached.
    gradient : torch.Tensor, like `images`
        Perhaps a view that several images share: not to be written to.
    """
    images = images.detach().requires_grad_()
    with torch.enable_grad():
        logits = model(images)
        # A sum, not a mean: an image's gradient must not shrink with the batch.
        loss = functional.cross_entropy(logits, labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, images)
    return logits.detach(), gradient


def look(model, images, labels, n_noise_draws=1):
    """Which images are misclassified, and the gradients of the loss, from the same passes.

    Parameters
    ----------
    model, images, labels
        As `pgd`.
    n_noise_draws : int
        Passes averaged, for models with noise.

    Returns
    -------
    is_wrong : torch.Tensor of bool, (n,)
        By the largest logit, or of the mean softmax over the draws.
    gradient : torch.Tensor, like `images`
        Mean over the draws.
    """
    if n_noise_draws == 1:
        logits, gradient = loss_gradient(model, images, labels)
        return logits.argmax(1) != labels, gradient
    passes = [loss_gradient(model, images, labels) for _ in range(n_noise_draws)]
    mean = sum(logits.softmax(1) for logits, _ in passes)
    return mean.argmax(1) != labels, sum(gradient for _, gradient in passes) / n_noise_draws


@torch.no_grad()
def wrong(model, images, labels, n_noise_draws=1):
    """Which images are misclassified; see `look`."""
    passes = [model(images) for _ in range(n_noise_draws)]
    mean = passes[0] if n_noise_draws == 1 else sum(logits.softmax(1) for logits in passes)
    return mean.argmax(1) != labels


def first_pass(model, images, labels, batch_size, n_noise_draws=1, seed=0):
    """Decisions and gradients at the unchanged images.

    Parameters
    ----------
    model, images, labels, batch_size, n_noise_draws, seed
        As `attack_curve`.

    Returns
    -------
    FirstPass

    Raises
    ------
    ValueError
        As `pgd` for images and models; if a gradient is not finite, or no correctly classified
        image has one.
    """
    first = look_at_all(model, images, labels, batch_size, n_noise_draws, seed)
    check_first(first)
    return first


def look_at_all(model, images, labels, batch_size, n_noise_draws=1, seed=0):
    """As `first_pass`, whatever the gradients are."""
    with seeded(seed, images.device):
        check_attackable(model, images, n_noise_draws, labels)
        parts = [look(model, images[i], labels[i], n_noise_draws)
                 for i in torch.arange(len(images)).split(batch_size)]
    is_wrong, gradient = (torch.cat(values) for values in zip(*parts, strict=True))
    return FirstPass(~is_wrong, gradient)


def check_first(first) -> None:
    """Refuse gradients that are not finite, or that vanish in every correctly classified image."""
    largest = first.gradient.abs().amax((1, 2, 3))
    check_gradients(largest, len(largest), may_vanish=True)
    if bool(first.correct.any()):
        check_gradients(largest[first.correct].max()[None], int(first.correct.sum()))


@contextmanager
def seeded(seed, device):
    """Noise of a model from a seed; the generators outside are left as they were."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
