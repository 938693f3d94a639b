"""Image sets as Brain-Score packs them: a table (csv) and an archive of images (zip) each.

The specification asks the table for ``image_id`` (now ``stimulus_id``) and ``filename``, a path in
the archive; what is shown has columns that differ from set to set.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from italign.messages import first_names
from italign.resources.archives import archive_members
from italign.resources.brainscore_names import (
    BACKGROUNDS,
    FILES,
    OBJECTS,
    STIMULUS_IDS,
    VARIATIONS,
)
from italign.resources.native import first_present
from italign.stimuli.sources._archives import read_images
from italign.stimuli.sources._records import ImageFiles, join_files, pick_categories


def brainscore(files: Sequence[str], categories: Sequence[str]) -> ImageFiles:
    """Label the images of Brain-Score's image sets.

    Parameters
    ----------
    files : sequence of str
        Tables and archives, as many of each; the first table is of the first archive.
    categories : sequence of str
        Values of one column of the tables.

    Returns
    -------
    ImageFiles
        stimulus_id is Brain-Score's, by which its responses and choices join.

    Raises
    ------
    ValueError
        If tables and archives do not pair, a table lacks a column or repeats an image, or an
        archive lacks an image or is unsafe to unpack.
    """
    tables = [file for file in files if file.endswith(".csv")]
    archives = [file for file in files if file.endswith(".zip")]
    if not tables or len(tables) != len(archives) or len(tables) * 2 != len(files):
        raise ValueError(f"{', '.join(files)}: {len(tables)} tables (csv) and {len(archives)} "
                         f"archives (zip) in {len(files)} files, expected one archive to each "
                         "table: correct the files of the set in stimuli.sets")
    return join_files([_label(*pair, categories)
                       for pair in zip(tables, archives, strict=True)])


def _label(table: str, archive: str, categories: Sequence[str]) -> ImageFiles:
    frame = pd.read_csv(table, dtype=str, keep_default_na=False)
    ids = frame[first_present(STIMULUS_IDS, frame, "stimulus ids", table)].to_numpy(str)
    names = frame[first_present(FILES, frame, "names of images", table)].to_numpy(str)
    if len(set(ids)) < len(ids):
        raise ValueError(f"{table}: {len(ids) - len(set(ids))} of {len(ids)} stimulus ids repeat, "
                         "expected each once: take the original file")
    _check_members(archive, names)
    columns = {name: frame[name].to_numpy(str) for name in frame}
    category = pick_categories(columns, categories, table)
    labels = pd.DataFrame({
        "stimulus_id": ids,
        "category": category,
        "object": _optional(columns, OBJECTS, category),
        "background": _optional(columns, BACKGROUNDS, np.full(len(ids), "unknown")),
        "variation": _variation(columns, table, len(ids)),
    })
    return ImageFiles(labels, partial(read_images, archive, names), f"{table}, {archive}")


def _check_members(archive: str, names: np.ndarray) -> None:
    held = archive_members(archive)
    if missing := sorted(set(names.tolist()) - set(held)):
        raise ValueError(f"{archive}: lacks {len(missing)} of {len(names)} images that the table "
                         f"names ({first_names(missing)}), holds {first_names(held)}: expected the "
                         "archive of the same set")


def _optional(columns: dict, names: Sequence[str], otherwise: np.ndarray) -> np.ndarray:
    return next((columns[name] for name in names if name in columns), otherwise)


def _variation(columns: dict, table: str, n_images: int) -> np.ndarray:
    """Levels, also written V0, V3, V6; NaN where the table does not tell."""
    written = _optional(columns, VARIATIONS, np.full(n_images, ""))
    levels = pd.to_numeric(pd.Series(written).str.removeprefix("V"), errors="coerce").to_numpy()
    if (bad := np.isnan(levels) & (written != "")).any():
        raise ValueError(f"{table}: variation {first_names(sorted(set(written[bad])))}, expected "
                         "numbers, or V and a number")
    return levels.astype(float)
