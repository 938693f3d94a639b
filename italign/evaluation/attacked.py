"""What jobs that attack have in common: labelled images, outputs, rows, one table per member.

Images of the stimulus sets are attacked on the outputs of the stimulus labels, those of the base
task on its own, as that task is trained: with its batch-norm statistics where it has its own.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
import xarray as xr
from torch import nn

from italign.evaluation.checkpoints import take_files, walk_checkpoints
from italign.evaluation.columns import COHORT_COLUMNS
from italign.evaluation.rows import share_row
from italign.evaluation.table import table_to_dataset
from italign.io import read_dataset, write_dataset
from italign.models._outputs import OutputSlice
from italign.models._statistics import base_statistics
from italign.training.base_task import base_categories, base_test_images, open_base
from italign.training.images import NO_LABEL, ImageSet, category_names, image_set


@dataclass(frozen=True)
class Labelled:
    """Held-out images, and the outputs that name them.

    Parameters
    ----------
    sets : dict of str to ImageSet
        Test images by stimulus set; labels count the label outputs, of `base_set` the base
        task's.
    model : dict
        The model's config entry.
    n_base, n_labels : int
        Outputs of the base task, and those of the stimulus labels after them.
    base_set : str or None
        Which of the sets is the base task's, if it is attacked.
    """

    sets: dict[str, ImageSet]
    model: dict
    n_base: int
    n_labels: int
    base_set: str | None


def labelled_sets(stimuli: Sequence[str], trained: str, base: str, base_folder: str | None,
                  model: dict, base_set: str | None = None) -> Labelled:
    """Read the images that are attacked.

    Parameters
    ----------
    stimuli : sequence of str
        Files of the sets, contract ``stimuli``; images without a label are left out.
    trained : str
        File of the set whose categories the label outputs stand for, in their order.
    base, base_folder : str
        As `open_base`.
    model : dict
        The model's config entry.
    base_set : str, optional
        Name of the base task's images, if they are attacked too.

    Returns
    -------
    Labelled

    Raises
    ------
    ValueError
        If a set shows what was not trained, or has no test images with a label.
    """
    trained_images = read_dataset(trained, "stimuli")
    names = category_names(trained_images)
    shown = [read_dataset(path, "stimuli") for path in stimuli]
    sets = {ds.attrs["identifier"]: _with_labels(ds, names) for ds in shown}
    images = open_base(base, base_folder, trained_images.sizes["x"])
    if base_set is not None:
        sets[base_set] = base_test_images(images)
    return Labelled(sets, model, len(base_categories(images)), len(names), base_set)


def _with_labels(stimuli: xr.Dataset, names: list[str]) -> ImageSet:
    """Test images of a set that have a label."""
    found = image_set(stimuli, "test", names)
    has_label = found.labels != NO_LABEL
    if not bool(has_label.any()):
        raise ValueError(f"stimulus set {stimuli.attrs['identifier']!r} has no test image with a "
                         "label, expected some to attack: take it out of "
                         "evaluation.robustness.sets")
    return ImageSet(found.images[has_label], found.labels[has_label])


class BaseOutputs(nn.Module):
    """A model's outputs of the base task, with the statistics of its batch norms.

    Parameters
    ----------
    model : torch.nn.Module
        Shared, not copied.
    n_base : int
        Logits kept: the first.
    """

    def __init__(self, model: nn.Module, n_base: int):
        super().__init__()
        self.model, self.n_base = model, n_base

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits of the base task."""
        with base_statistics(self.model):
            return self.model(images)[:, : self.n_base]


def walk_outputs(
    files: Sequence[str | Path], labelled: Labelled, first_step: int
) -> Iterator[tuple[int, dict[str, nn.Module], bool]]:
    """As `walk_checkpoints`, but of the outputs alone that name each set's images, by set."""
    n_outputs = labelled.n_base + labelled.n_labels
    for step, network, is_last in walk_checkpoints(files, labelled.model, n_outputs, first_step):
        of_labels = OutputSlice(network, labelled.n_base).eval()
        of_base = BaseOutputs(network, labelled.n_base).eval()
        yield step, {name: of_base if name == labelled.base_set else of_labels
                     for name in labelled.sets}, is_last


def write_tables(members: Sequence[dict], checkpoints: Sequence[str], paths: Sequence[str],
                 facts: dict[str, str], rows_of: Callable[[dict, list[str]], list[dict]]) -> None:
    """Attack the members one after the other, and write each one's table as soon as it is done.

    Parameters
    ----------
    members : sequence of dict
        Each with its ``run`` and ``n_files``; all have label outputs.
    checkpoints : sequence of str
        Files of all members, one after another.
    paths : sequence of str
        Tables to write, one per member.
    facts : dict of str to str
        Attributes of every table.
    rows_of : callable
        From a member and its own files to rows of the cohort table.

    Raises
    ------
    ValueError
        If the numbers of files do not add up, or as `rows_of`.
    """
    for (member, files), path in zip(take_files(members, checkpoints), paths, strict=True):
        table = table_to_dataset(pd.DataFrame(rows_of(member, files), columns=list(COHORT_COLUMNS)))
        write_dataset(table.assign_attrs(facts), path)


def accuracy_rows(stimulus_set: str, correct: torch.Tensor, radii_255: Sequence[float],
                  attack: str, norm: str) -> list[dict]:
    """Rows of accuracy at each radius, with intervals over images; they are logged too.

    Parameters
    ----------
    stimulus_set, attack, norm : str
        Columns of the rows.
    correct : torch.Tensor of bool, (n_radii, n_images)
        Whether images are still classified correctly.
    radii_255 : sequence of float
        Radii, or SDs of noise, in 1/255; 0 is clean accuracy.

    Returns
    -------
    list of dict
        From `share_row`. Without chance: a strong attack leaves less than a guess would.
    """
    rows = [share_row("robustness", stimulus_set, left, attack=attack, norm=norm,
                      epsilon_255=radius)
            for radius, left in zip(radii_255, correct.cpu().numpy(), strict=True)]
    logging.info("%s, %s, %d images: %s", stimulus_set, attack, correct.shape[1], ", ".join(
        f"{row['epsilon_255']:g}/255 {row['raw']:.3f}" for row in rows))
    return rows


@contextmanager
def blamed(run: dict, step: int, stimulus_set: str) -> Iterator[None]:
    """Say in a ValueError whose checkpoint and which images it is about."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{run['model']}, seed {run['seed']}, step {step}, set {stimulus_set}: "
                         f"{error}") from error


def settings_text(attack: dict) -> str:
    """One line on the settings of an attack, less those that are null."""
    return ", ".join(f"{key} {value}" for key, value in attack.items() if value is not None)
