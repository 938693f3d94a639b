"""Stimulus files as tensors that stay on the device."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr

from italign.contracts import NO_CATEGORY
from italign.messages import first_names
from italign.training.blocks import Block, blocks_of
from italign.training.gpu import own_gpu

if TYPE_CHECKING:
    from italign.training.folder import FolderImages

NO_LABEL = -100  # of an image of no category: what torch's cross-entropy leaves out


@dataclass(frozen=True)
class ImageSet:
    """Images resident on the device: uint8 (n, y, x, channel), labels (n,), perhaps `NO_LABEL`."""

    images: torch.Tensor
    labels: torch.Tensor

    @property
    def n_train(self) -> int:
        """Images that there are to train on, as `FolderImages` calls them."""
        return len(self.labels)


@dataclass(frozen=True)
class TrainingData:
    """Images and targets of the two tasks, each as (train, test).

    Parameters
    ----------
    base : (ImageSet or FolderImages, ImageSet)
        The base task.
    stimuli : (ImageSet, ImageSet)
        The stimulus set, split by the target's partition.
    targets : (torch.Tensor, torch.Tensor)
        (n, sites), rows as in `stimuli`; NaN where a site's session did not show the image.
    stimulus_ids : numpy.ndarray
        (n training stimuli,), for messages.
    n_base, n_labels : int
        Logits of the base task and of the stimulus labels.
    """

    base: "tuple[ImageSet | FolderImages, ImageSet]"
    stimuli: tuple[ImageSet, ImageSet]
    targets: tuple[torch.Tensor, torch.Tensor]
    stimulus_ids: np.ndarray
    n_base: int
    n_labels: int

    @cached_property
    def blocks(self) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
        """Stimuli with responses of the same sites, of each of the two partitions."""
        train, test = (blocks_of(rates) for rates in self.targets)
        return train, test

    @cached_property
    def has_label(self) -> np.ndarray:
        """Whether training stimuli have a label, (n,), on the host: a step need not ask a GPU."""
        return (self.stimuli[0].labels != NO_LABEL).cpu().numpy()


def device() -> torch.device:
    """Choose the device: a GPU if there is one, see `own_gpu`. The only place that chooses."""
    return torch.device("cuda", own_gpu()) if torch.cuda.is_available() else torch.device("cpu")


def category_index(stimuli: xr.Dataset, categories: list[str]) -> torch.Tensor:
    """Index of each stimulus' category in a list, `NO_LABEL` where it has none.

    Raises
    ------
    ValueError
        If a stimulus has a category that is not in the list.
    """
    position = {name: index for index, name in enumerate(categories)} | {NO_CATEGORY: NO_LABEL}
    found = stimuli.category.values.tolist()
    if unknown := sorted(set(found) - set(position)):
        raise ValueError(f"stimulus set {stimuli.attrs.get('identifier')!r} has categories "
                         f"{unknown} that were not trained; expected only "
                         f"{first_names(categories)}")
    return torch.tensor([position[name] for name in found], device=device())


def image_set(stimuli: xr.Dataset, split: str, categories: list[str] | None = None) -> ImageSet:
    """Take one split of a stimulus set to the device.

    Parameters
    ----------
    stimuli : xarray.Dataset
        Contract ``stimuli``.
    split : str
        ``train`` or ``test``.
    categories : list of str, optional
        Order of the labels; default: `category_names`, alphabetical as in braintree.

    Returns
    -------
    ImageSet
        uint8 images and integer labels, `NO_LABEL` for images of no category.

    Raises
    ------
    ValueError
        If the split is empty.
    """
    part = stimuli.isel(stimulus=stimuli.split.values == split)
    if not part.sizes["stimulus"]:
        raise ValueError(f"stimulus set {stimuli.attrs.get('identifier')!r} has no image of split "
                         f"{split!r}; add a block to stimuli.sets in the config")
    names = categories or category_names(stimuli)
    return ImageSet(torch.from_numpy(part.image.values).to(device()), category_index(part, names))


def category_names(stimuli: xr.Dataset) -> list[str]:
    """Outputs that stand for the categories of a set, in the order of the logits.

    Parameters
    ----------
    stimuli : xarray.Dataset
        Contract ``stimuli``; its images are not read.

    Returns
    -------
    list of str
        Its attribute ``outputs``, lines, if its categories are some of the outputs of published
        weights; else its categories in alphabetical order. Having none is no category.
    """
    if "outputs" in stimuli.attrs:
        return stimuli.attrs["outputs"].split("\n")
    return sorted(set(stimuli["category"].values.tolist()) - {NO_CATEGORY})
