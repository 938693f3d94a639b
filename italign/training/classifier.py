"""Train a classifier from scratch: the base task of the models, and the simulated brain."""

import logging
from collections.abc import Callable

import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from italign.models import build_configured
from italign.training.augmentation import random_resized_crop, to_unit
from italign.training.images import ImageSet, category_names, device, image_set
from italign.training.schedule import batch_indices, cosine_factor, step_generator

Perturb = Callable[[nn.Module, Tensor, Tensor, int], Tensor]


def fit_classifier(
    stimuli: xr.Dataset, model: dict, options: dict, seed: int, perturb: Perturb | None = None
) -> tuple[nn.Module, dict[str, object]]:
    """Build a network and train it on the train split of a set.

    Parameters
    ----------
    stimuli : xarray.Dataset
        Contract ``stimuli``, with train and test images.
    model : dict
        Config entry, see `build_configured`.
    options : dict
        Keyword arguments of `train_classifier`.
    seed : int
        Of the weights and the training.
    perturb : callable, optional
        See `train_classifier`.

    Returns
    -------
    network : torch.nn.Module
        Trained.
    facts : dict
        ``categories``, comma-separated in the order of the logits, and ``accuracy`` on the test
        split in [0, 1].
    """
    names = category_names(stimuli)
    torch.manual_seed(seed)
    network = build_configured(model, len(names))
    network.to(device(), memory_format=torch.channels_last)
    losses = train_classifier(network, image_set(stimuli, "train"), seed=seed, perturb=perturb,
                              **options)
    correct = accuracy(network, image_set(stimuli, "test"))
    logging.info("last loss %.3f, accuracy on %d nouns %.3f", losses[-1], len(names), correct)
    return network, {"categories": ",".join(names), "accuracy": correct}


def train_classifier(
    model: nn.Module,
    data: ImageSet,
    *,
    n_steps: int,
    batch_size: int,
    learning_rate: float,
    momentum: float,
    weight_decay: float,
    crop_area_min: float,
    seed: int,
    perturb: Perturb | None = None,
) -> list[float]:
    """Minimise cross-entropy with SGD, warm-up and a cosine decay.

    Parameters
    ----------
    model : torch.nn.Module
        Changed in place.
    data : ImageSet
        Training images and labels.
    n_steps, batch_size : int
        Gradient steps and images of each.
    learning_rate, momentum, weight_decay : float
        Of SGD with Nesterov momentum; the rate is the peak.
    crop_area_min : float
        Augmentation, see `random_resized_crop`.
    seed : int
        Order of images and augmentation.
    perturb : callable, optional
        (model, images, labels, step) -> images that are trained instead (noise, attack).

    Returns
    -------
    list of float
        Loss of every step.
    """
    optimiser = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=momentum,
                                weight_decay=weight_decay, nesterov=True)
    losses = []
    for step in range(n_steps):
        factor = cosine_factor(step, n_steps, warmup_steps=n_steps // 20)
        optimiser.param_groups[0]["lr"] = learning_rate * factor
        rows = torch.from_numpy(batch_indices(seed, step, "base", len(data.images), batch_size))
        images, labels = data.images.index_select(0, rows), data.labels[rows]
        images = random_resized_crop(images, step_generator(seed, step, "augment_base"),
                                     crop_area_min)
        if perturb:
            images = perturb(model, images, labels, step)
        loss = cross_entropy(model.train()(images), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        if (step + 1) % 100 == 0:
            logging.info("step %d loss %.3f", step + 1, sum(losses[-100:]) / 100)
    return losses


@torch.no_grad()
def accuracy(model: nn.Module, data: ImageSet, batch_size: int = 256) -> float:
    """Fraction correct in [0, 1], in eval mode."""
    model.eval()
    hits = [
        (model(to_unit(images)).argmax(1) == labels).sum()
        for images, labels in zip(data.images.split(batch_size), data.labels.split(batch_size),
                                  strict=True)
    ]
    return float(sum(hits)) / len(data.labels)
