"""What jobs that attack have in common: labelled images, outputs, rows, one table per member."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from torch import nn

from italign.evaluation.checkpoints import take_files, walk_checkpoints
from italign.evaluation.columns import COHORT_COLUMNS
from italign.evaluation.rows import share_row
from italign.evaluation.table import table_to_dataset
from italign.io import read_dataset, write_dataset
from italign.models._outputs import OutputSlice
from italign.training.base_task import base_categories, open_base
from italign.training.images import ImageSet, category_names, image_set


@dataclass(frozen=True)
class Labelled:
    """Held-out images, and the outputs that name them.

    Parameters
    ----------
    sets : dict of str to ImageSet
        Test images by stimulus set; labels count the label outputs.
    model : dict
        The model's config entry.
    n_base, n_labels : int
        Outputs of the base task, and those of the stimulus labels after them.
    """

    sets: dict[str, ImageSet]
    model: dict
    n_base: int
    n_labels: int


def labelled_sets(stimuli: Sequence[str], trained: str, base: str, base_folder: str | None,
                  model: dict) -> Labelled:
    """Read the images that are attacked.

    Parameters
    ----------
    stimuli : sequence of str
        Files of the sets, contract ``stimuli``.
    trained : str
        File of the set whose categories the label outputs stand for, in their order.
    base, base_folder : str
        As `open_base`.
    model : dict
        The model's config entry.

    Returns
    -------
    Labelled

    Raises
    ------
    ValueError
        If a set shows what was not trained, or has no test images.
    """
    names = category_names(read_dataset(trained, "stimuli"))
    shown = [read_dataset(path, "stimuli") for path in stimuli]
    sets = {ds.attrs["identifier"]: image_set(ds, "test", names) for ds in shown}
    n_base = len(base_categories(open_base(base, base_folder, shown[0].sizes["x"])))
    return Labelled(sets, model, n_base, len(names))


def walk_outputs(
    files: Sequence[str | Path], labelled: Labelled, first_step: int
) -> Iterator[tuple[int, nn.Module, bool]]:
    """As `walk_checkpoints`, but of the label outputs alone."""
    n_outputs = labelled.n_base + labelled.n_labels
    for step, network, is_last in walk_checkpoints(files, labelled.model, n_outputs, first_step):
        yield step, OutputSlice(network, labelled.n_base).eval(), is_last


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
