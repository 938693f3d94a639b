"""Base task from a folder (ImageNet): images decoded by worker processes while the device computes.

What `training.images.ImageSet` is for sets that fit on the device. Every random draw is a pure
function of (seed, step, place in the batch), so a resumed run sees the same images, whatever the
number of workers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from italign.stimuli.folder import refuse_missing
from italign.training.augmentation import to_unit
from italign.training.decoding import (
    Items,
    Key,
    evaluation_transform,
    read_items,
    training_transform,
)
from italign.training.images import ImageSet, device
from italign.training.schedule import batch_indices, step_seed

TEST_BATCH = 64


@dataclass(frozen=True, eq=False)
class FolderImages:
    """The images of a folder, read when they are needed.

    Parameters
    ----------
    folder : pathlib.Path
        Of train/ and val/.
    train_files, test_files : numpy.ndarray
        (n,) paths relative to the folder, as bytes: a million Python strings would be copied into
        every worker.
    train_labels, test_labels : numpy.ndarray
        (n,) integers, places in `categories`.
    categories : list of str
        Alphabetical, the order of the logits.
    image_px : int
        Side of the images that the network sees, pixels.
    n_workers : int
        Processes that decode; 0: this one. Changes no image.
    """

    folder: Path
    train_files: np.ndarray
    train_labels: np.ndarray
    test_files: np.ndarray
    test_labels: np.ndarray
    categories: list[str]
    image_px: int
    n_workers: int

    @property
    def n_classes(self) -> int:
        """Logits of the base task."""
        return len(self.categories)

    @property
    def n_train(self) -> int:
        """Training images."""
        return len(self.train_files)

    @cached_property
    def test(self) -> ImageSet:
        """Test images on the device: short side 256/224 of `image_px`, centre crop, uint8."""
        items = Items(self.folder, self.test_files, self.test_labels,
                      evaluation_transform(self.image_px))
        rows = torch.arange(len(self.test_files)).split(TEST_BATCH)
        keys = ([(row, 0) for row in batch.tolist()] for batch in rows)
        images, labels = zip(*read_items(items, keys, self.n_workers, False), strict=True)
        return ImageSet(torch.cat(images).to(device()), torch.cat(labels).to(device()))

    def batches(
        self, options, steps: range, part: slice = slice(None)
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Give the augmented training batch of each step.

        Random resized crop (area from ``crop_area_min`` to 1, sides 3:4 to 4:3) and mirroring, as
        ImageNet networks are trained.

        Parameters
        ----------
        options : StepOptions
            ``seed``, ``batch_size`` and ``crop_area_min`` are used.
        steps : range
            Gradient steps.
        part : slice
            Rows of the global batch that this process trains; only these are decoded.

        Yields
        ------
        images : torch.Tensor
            (n, 3, y, x) in [0, 1] on the device, channels last in memory.
        labels : torch.Tensor
            (n,) on the device.

        Raises
        ------
        ValueError
            If an image cannot be read, with its name; if there are fewer than a batch.
        """
        items = Items(self.folder, self.train_files, self.train_labels,
                      training_transform(self.image_px, options.crop_area_min))
        keys = (_step_keys(options, step, self.n_train)[part] for step in steps)
        on_gpu = device().type == "cuda"
        for images, labels in read_items(items, keys, self.n_workers, on_gpu):
            images = images.to(device(), non_blocking=True)
            yield to_unit(images), labels.to(device(), non_blocking=True)


def read_folder_images(
    index_csv: str | Path, folder: str | Path, image_px: int, n_workers: int
) -> FolderImages:
    """Read the list that `index_folder` made and check that the folder is still there.

    Parameters
    ----------
    index_csv : str or Path
        ``file``, ``category``, ``split``.
    folder : str or Path
        That the files are relative to.
    image_px : int
        Side of the images that the network sees, pixels.
    n_workers : int
        See `FolderImages`.

    Raises
    ------
    ValueError
        If the folder is missing.
    """
    refuse_missing(folder)
    # A class may be called "null": no word stands for a missing value.
    table = pd.read_csv(index_csv, dtype=str, keep_default_na=False)
    categories = sorted(set(table.category))
    label = table.category.map({name: place for place, name in enumerate(categories)})
    columns = {}
    for split in ("train", "test"):
        rows = (table.split == split).to_numpy()
        columns[f"{split}_files"] = np.array([name.encode() for name in table.file[rows]])
        columns[f"{split}_labels"] = label[rows].to_numpy()
    return FolderImages(Path(folder), **columns, categories=categories, image_px=image_px,
                        n_workers=n_workers)


def _step_keys(options, step: int, n_items: int) -> list[Key]:
    """Row and seed of each place in the global batch."""
    rows = batch_indices(options.seed, step, "base", n_items, options.batch_size)
    draw = np.random.default_rng(step_seed(options.seed, step, "augment_base"))
    seeds = draw.integers(2**62, size=options.batch_size)
    return list(zip(rows.tolist(), seeds.tolist(), strict=True))
