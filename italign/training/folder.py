"""Base task from a folder (ImageNet): images decoded by worker processes while the device computes.

What `training.images.ImageSet` is for sets that fit on the device. Every random draw is a pure
function of (seed, step, place in the batch), so a resumed run sees the same images, whatever the
number of workers.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, default_collate

from italign.models._torchvision import torchvision_models
from italign.stimuli.folder import refuse_missing
from italign.training.augmentation import to_unit
from italign.training.images import ImageSet, device
from italign.training.schedule import batch_indices, step_seed

MAX_WORKERS = 16  # more than a GPU can be fed with
N_PREFETCHED = 4  # batches ahead, of each worker
TEST_BATCH = 64

Item = tuple[Tensor, int]


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
    """

    folder: Path
    train_files: np.ndarray
    train_labels: np.ndarray
    test_files: np.ndarray
    test_labels: np.ndarray
    categories: list[str]
    image_px: int

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
        items = _Items(self.folder, self.test_files, self.test_labels,
                       evaluation_transform(self.image_px))
        keys = torch.arange(len(self.test_files)).split(TEST_BATCH)
        loader = _loader(items, ([(row, 0) for row in rows.tolist()] for rows in keys),
                         default_workers())
        images, labels = zip(*_read(loader), strict=True)
        return ImageSet(torch.cat(images).to(device()), torch.cat(labels).to(device()))

    def batches(
        self, options, steps: range, part: slice = slice(None), n_workers: int | None = None
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
        n_workers : int, optional
            Processes that decode; 0: this one. Default: see `default_workers`. Changes no image.

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
        items = _Items(self.folder, self.train_files, self.train_labels,
                       training_transform(self.image_px, options.crop_area_min))
        keys = (_step_keys(options, step, self.n_train)[part] for step in steps)
        if n_workers is None:
            n_workers = default_workers(_n_replicas(part, options.batch_size))
        # One loader for all steps: workers stay and read ahead over the ends of epochs.
        for images, labels in _read(_loader(items, keys, n_workers)):
            images = images.to(device(), non_blocking=True)
            yield to_unit(images), labels.to(device(), non_blocking=True)


def read_folder_images(index_csv: str | Path, folder: str | Path, image_px: int) -> FolderImages:
    """Read the list that `index_folder` made and check that the folder is still there.

    Parameters
    ----------
    index_csv : str or Path
        ``file``, ``category``, ``split``.
    folder : str or Path
        That the files are relative to.
    image_px : int
        Side of the images that the network sees, pixels.

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
    return FolderImages(Path(folder), **columns, categories=categories, image_px=image_px)


def default_workers(n_replicas: int = 1) -> int:
    """Processes that decode: the cores that this job may use, less one, shared by replicas."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(MAX_WORKERS, max(0, cores // n_replicas - 1))


def training_transform(image_px: int, area_min: float) -> Callable[[Image.Image], Image.Image]:
    """Random crop, resized to a square, mirrored with probability 1/2."""
    transforms = _transforms()
    return transforms.Compose([
        transforms.RandomResizedCrop(image_px, scale=(area_min, 1.0), ratio=(3 / 4, 4 / 3)),
        transforms.RandomHorizontalFlip(),
    ])


def evaluation_transform(image_px: int) -> Callable[[Image.Image], Image.Image]:
    """Short side to 256/224 of the square that is then cut from the middle."""
    transforms = _transforms()
    return transforms.Compose([
        transforms.Resize(round(image_px * 256 / 224)), transforms.CenterCrop(image_px),
    ])


def _transforms() -> ModuleType:
    torchvision_models()  # guards the import; inside a function: it takes 1.5 s, others pay none
    from torchvision.transforms import v2

    return v2


def decode(path: Path) -> Image.Image:
    """Read an image file as RGB, whatever it holds (grey, CMYK, palette).

    Raises
    ------
    ValueError
        Naming the file, if it is missing or broken.
    """
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path}: cannot be read as an image ({error}); "
                         "put an intact copy there and run again") from error


@dataclass(frozen=True, eq=False)
class _Items(Dataset):
    """Images by key (row, seed); a data set for torch's loader."""

    folder: Path
    files: np.ndarray
    labels: np.ndarray
    transform: Callable[[Image.Image], Image.Image]

    def __getitem__(self, key: tuple[int, int]) -> Item | str:
        row, seed = key
        try:
            image = decode(self.folder / self.files[row].decode())
        except ValueError as error:
            return str(error)  # see `_collate`
        # Transforms draw from torch's global generator, which is the caller's without workers.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            image = self.transform(image)
        return torch.from_numpy(np.array(image)), int(self.labels[row])


def _step_keys(options, step: int, n_items: int) -> list[tuple[int, int]]:
    """Row and seed of each place in the global batch."""
    rows = batch_indices(options.seed, step, "base", n_items, options.batch_size)
    draw = np.random.default_rng(step_seed(options.seed, step, "augment_base"))
    seeds = draw.integers(2**62, size=options.batch_size)
    return list(zip(rows.tolist(), seeds.tolist(), strict=True))


def _loader(items: _Items, keys: Iterator[list[tuple[int, int]]], n_workers: int) -> DataLoader:
    return DataLoader(
        items, batch_sampler=keys, num_workers=n_workers, collate_fn=_collate,
        prefetch_factor=N_PREFETCHED if n_workers else None,
        pin_memory=device().type == "cuda",
        generator=torch.Generator(),  # its own: the loader draws a number from it
    )


def _collate(items: list[Item | str]) -> list[Tensor] | str:
    """Stack a batch; a broken image's message stands for the whole batch.

    An exception in a worker would come back inside the worker's traceback, and hold the workers in
    a cycle of references that workers forked later inherit and try to close.
    """
    problem = next((item for item in items if isinstance(item, str)), None)
    return problem or default_collate(items)


def _read(loader: DataLoader) -> Iterator[tuple[Tensor, Tensor]]:
    for batch in loader:
        if isinstance(batch, str):
            raise ValueError(batch)
        yield batch


def _n_replicas(part: slice, batch_size: int) -> int:
    """How many processes on this machine share a batch, told by the size of one's part."""
    return batch_size // len(range(batch_size)[part])
