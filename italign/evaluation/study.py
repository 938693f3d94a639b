"""What measures are given: the data of the study, and what one checkpoint shows of itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from italign.contracts import NO_CATEGORY

NO_NOUN = -1  # index of the noun of an image without one


@dataclass(frozen=True)
class Study:
    """Brains, people and labels that every checkpoint is compared with, read once per job.

    Parameters
    ----------
    stimuli : dict of str to xarray.Dataset
        Contract ``stimuli``, by set.
    assemblies, ceilings : list of xarray.Dataset
        Contracts ``assembly`` and ``ceiling`` of the held-out animals and sets, in the same order.
    behavior : list of xarray.Dataset
        Contract ``behavior``, people's choices.
    label_categories, base_categories : tuple of str
        Nouns of the outputs: those of the stimulus labels, after those of the base task.
    base_set : str
        Name of the base task's images.
    base_labels : numpy.ndarray, (n_base_images,)
        Of its test images.
    region : str
        Of the network, compared with the brain.
    seed : int
        Of resamples.
    overlapping : dict of str to sequence of str
        Nouns of a set that stand for stimulus labels under other names; by default those of the
        same name.
    """

    stimuli: dict[str, xr.Dataset]
    assemblies: list[xr.Dataset]
    ceilings: list[xr.Dataset]
    behavior: list[xr.Dataset]
    label_categories: tuple[str, ...]
    base_categories: tuple[str, ...]
    base_set: str
    base_labels: np.ndarray
    region: str
    seed: int
    overlapping: dict[str, Sequence[str]] = field(default_factory=dict)

    @property
    def n_outputs(self) -> int:
        """Logits of a trained network: base task, then stimulus labels."""
        return len(self.base_categories) + len(self.label_categories)

    def categories(self, stimulus_set: str) -> list[str]:
        """Nouns of a set in alphabetical order, the order of every probability matrix."""
        return sorted(set(self.stimuli[stimulus_set].category.values.tolist()) - {NO_CATEGORY})

    def trained_categories(self, stimulus_set: str) -> list[str]:
        """Nouns of a set that the stimulus labels show too, in alphabetical order."""
        trained = self.overlapping.get(stimulus_set, self.label_categories)
        return [name for name in self.categories(stimulus_set) if name in trained]

    def truth(self, stimulus_set: str, split: str) -> np.ndarray:
        """Index of each image's noun in `categories`, int (n_images,); `NO_NOUN` without one."""
        shown = self.stimuli[stimulus_set]
        nouns = shown.category.values[shown.split.values == split]
        if not (categories := self.categories(stimulus_set)):
            return np.full(len(nouns), NO_NOUN)
        return np.where(nouns == NO_CATEGORY, NO_NOUN, np.searchsorted(categories, nouns))

    def stimulus_ids(self, stimulus_set: str, split: str) -> np.ndarray:
        """Names of the images of a split, in the order of `Look.seen`."""
        shown = self.stimuli[stimulus_set]
        return shown.stimulus_id.values[shown.split.values == split]


@dataclass(frozen=True)
class Look:
    """Activations of one checkpoint, computed once and shared by all measures.

    Parameters
    ----------
    has_labels : bool
        Whether the outputs of the stimulus labels were trained.
    seen : dict of (str, str) to dict of str to numpy.ndarray
        (set, split) to ``logits`` (n_images, base + label outputs), ``penultimate`` and the
        region (n_images, n_features), of the images as they are.
    moved : dict
        The same of test images moved as in training where the original code does so; else `seen`.
        For what the original code computed at validation: similarity and accuracy.
    base_logits : numpy.ndarray, (n_base_images, n_base)
        Outputs of the base task for its test images.
    cache : dict
        For what several measures need of this checkpoint, by name of who made it.
    """

    has_labels: bool
    seen: dict[tuple[str, str], dict[str, np.ndarray]]
    moved: dict[tuple[str, str], dict[str, np.ndarray]]
    base_logits: np.ndarray
    cache: dict = field(default_factory=dict)
