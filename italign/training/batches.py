"""Batches of the two tasks: augmented as a whole, then cut to a replica's part.

The draws are those of the global batch, whatever the number of replicas.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from italign.training.augmentation import random_affine, random_resized_crop
from italign.training.images import ImageSet
from italign.training.parallel import Replicas
from italign.training.schedule import batch_indices, step_generator

if TYPE_CHECKING:
    from italign.training.folder import FolderImages
    from italign.training.step import StepOptions


def base_batches(
    base: "ImageSet | FolderImages", options: "StepOptions", steps: range, replicas: Replicas
) -> Iterator[tuple[Tensor, Tensor]]:
    """Augmented base batches, one per step, of a resident set or a folder.

    Parameters
    ----------
    base : ImageSet or FolderImages
        Training images of the base task.
    options : StepOptions
        ``seed``, ``batch_size`` and ``crop_area_min`` are used.
    steps : range
        Gradient steps.
    replicas : Replicas
        Only this replica's part of each batch is given.

    Yields
    ------
    images : torch.Tensor
        (n, channel, y, x) in [0, 1] on the device.
    labels : torch.Tensor
        (n,) on the device.

    Raises
    ------
    ValueError
        If there are fewer images than a batch holds, or replicas cannot share it equally.
    """
    part = replicas.part(options.batch_size)
    if not isinstance(base, ImageSet):
        yield from base.batches(options, steps, part)
        return
    for step in steps:
        rows = _rows(base, options, step, "base")
        images = random_resized_crop(
            base.images.index_select(0, rows), step_generator(options.seed, step, "augment_base"),
            options.crop_area_min,
        )
        yield images[part], base.labels[rows][part]


def stimulus_batch(
    stimuli: ImageSet, options: "StepOptions", step: int, rows: np.ndarray | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Augmented images, labels and rows of the global stimulus batch of a step.

    Parameters
    ----------
    stimuli : ImageSet
        Training images of the stimulus set.
    options : StepOptions
        Seed, batch size and augmentation.
    step : int
        Gradient step, from 0.
    rows : numpy.ndarray, optional
        From `drawn_rows`; default: those of a set that is one block.
    """
    if rows is None:
        places = _rows(stimuli, options, step, "stimulus")
    else:
        places = torch.from_numpy(rows).to(stimuli.images.device)
    generator = step_generator(options.seed, step, "augment_stimulus")
    images = stimuli.images.index_select(0, places)  # copies whole images, indexing single bytes
    return jittered(images, generator, options), stimuli.labels[places], places


def jittered(images: Tensor, generator: torch.Generator, options: "StepOptions") -> Tensor:
    """Stimulus images, uint8 (n, y, x, channel), through the random affine of training.

    Returns
    -------
    torch.Tensor
        (n, channel, y, x) in [0, 1].
    """
    return random_affine(
        images, generator, options.translate_fraction, options.rotate_deg, options.scale,
        shear_deg=options.shear_deg, nearest_pixel=options.nearest_pixel,
    )


def _rows(data: ImageSet, options: "StepOptions", step: int, stream: str) -> Tensor:
    rows = batch_indices(options.seed, step, stream, len(data.images), options.batch_size)
    return torch.from_numpy(rows).to(data.images.device)
