"""Image files decoded and cut by worker processes, for `training.folder`.

Transforms draw from torch's global generator, which is seeded for each image: the same images
whatever the number of workers.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, default_collate

from italign.models._torchvision import torchvision_transforms

N_PREFETCHED = 4  # batches ahead, of each worker

Item = tuple[Tensor, int]
Key = tuple[int, int]  # row, seed
Transform = Callable[[Image.Image], Image.Image]


@dataclass(frozen=True, eq=False)
class Items(Dataset):
    """Images by key (row, seed); a data set for torch's loader.

    Parameters
    ----------
    folder : pathlib.Path
        That the files are relative to.
    files, labels : numpy.ndarray
        (n,) paths as bytes, (n,) integers.
    transform : callable
        Of an RGB image; may draw from torch's global generator.
    """

    folder: Path
    files: np.ndarray
    labels: np.ndarray
    transform: Transform

    def __getitem__(self, key: Key) -> Item | str:
        """Image, uint8 (y, x, channel), and label; of a broken image what is to be said."""
        row, seed = key
        try:
            image = decode(self.folder / self.files[row].decode())
        except ValueError as error:
            return str(error)  # see `_collate`
        # The global generator is the caller's without workers.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            image = self.transform(image)
        return torch.from_numpy(np.array(image)), int(self.labels[row])


def read_items(
    items: Items, keys: Iterable[list[Key]], n_workers: int, pin_memory: bool
) -> Iterator[tuple[Tensor, Tensor]]:
    """Give images and labels of batch after batch; workers stay and read ahead over all of them.

    Parameters
    ----------
    items : Items
        What there is.
    keys : iterable of list of (row, seed)
        One list per batch.
    n_workers : int
        Processes that decode; 0: this one. Changes no image.
    pin_memory : bool
        Whether a GPU fetches the batches.

    Yields
    ------
    images : torch.Tensor
        uint8 (n, y, x, channel).
    labels : torch.Tensor
        (n,).

    Raises
    ------
    ValueError
        If an image cannot be read, with its name.
    """
    loader = DataLoader(
        items, batch_sampler=keys, num_workers=n_workers, collate_fn=_collate,
        prefetch_factor=N_PREFETCHED if n_workers else None, pin_memory=pin_memory,
        generator=torch.Generator(),  # its own: the loader draws a number from it
    )
    for batch in loader:
        if isinstance(batch, str):
            raise ValueError(batch)
        yield batch


def _collate(items: list[Item | str]) -> list[Tensor] | str:
    """Stack a batch; a broken image's message stands for the whole batch.

    An exception in a worker would come back inside the worker's traceback, and hold the workers in
    a cycle of references that workers forked later inherit and try to close.
    """
    problem = next((item for item in items if isinstance(item, str)), None)
    return problem or default_collate(items)


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


def training_transform(image_px: int, area_min: float) -> Transform:
    """Random crop, resized to a square, mirrored with probability 1/2."""
    transforms = torchvision_transforms()
    return transforms.Compose([
        transforms.RandomResizedCrop(image_px, scale=(area_min, 1.0), ratio=(3 / 4, 4 / 3)),
        transforms.RandomHorizontalFlip(),
    ])


def evaluation_transform(image_px: int) -> Transform:
    """Short side to 256/224 of the square that is then cut from the middle."""
    transforms = torchvision_transforms()
    return transforms.Compose([
        transforms.Resize(round(image_px * 256 / 224)), transforms.CenterCrop(image_px),
    ])
