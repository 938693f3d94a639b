"""Images of the original study: SachiMajajHong2015.h5, many_monkeys2.h5, bento_nano_COCO.h5."""

from collections.abc import Iterator, Sequence
from functools import partial

import h5py
import numpy as np
import pandas as pd

from italign.resources.native import as_text
from italign.resources.study_file import (
    Layout,
    open_study_file,
    study_layout,
    study_stimulus_ids,
)
from italign.stimuli.sources._nouns import NOUNS
from italign.stimuli.sources._records import ImageFiles, join_files, pick_categories

# Categories of HVM in the order of their index in ``category_name_HVM_aligned``.
HVM = np.array(["Animals", "Boats", "Cars", "Chairs", "Faces", "Fruits", "Planes", "Tables"])
ROWS_AT_ONCE = 64


def study(files: Sequence[str], categories: Sequence[str]) -> ImageFiles:
    """Label the images of the study's files.

    Parameters
    ----------
    files : sequence of str
        HDF5 files of the study.
    categories : sequence of str
        The eight HVM categories, or (many_monkeys2.h5) the eight nouns, or (SachiMajajHong2015.h5)
        names of objects.

    Returns
    -------
    ImageFiles
        stimulus_id is the file's name and the row, by which the file's responses join.

    Raises
    ------
    ValueError
        If a file is not of the study, or has not these categories.
    """
    return join_files([_label(path, categories) for path in files])


def _label(path: str, categories: Sequence[str]) -> ImageFiles:
    with open_study_file(path) as file:
        layout = study_layout(file)
        columns = _named(file) if "object_name" in file else _aligned(file, layout)
        category = pick_categories(columns, categories, path)
        labels = pd.DataFrame({
            "stimulus_id": study_stimulus_ids(file),
            "category": category,
            "object": columns.get("object", category),
            "background": "unknown",
            # ASSUME: the photographs have no level of variation; the block of the config names one.
            "variation": file["var"][:].astype(float) if "var" in file else np.nan,
        })
    return ImageFiles(labels, partial(_read, path, layout), path)


def _named(file: h5py.File) -> dict[str, np.ndarray]:
    names = {"category": "category_name", "object": "object_name"}
    return {column: as_text(file[name][:]) for column, name in names.items()}


def _aligned(file: h5py.File, layout: Layout) -> dict[str, np.ndarray]:
    """Category by index and, of the 640 images, noun by position."""
    index = file["category_name_HVM_aligned"][:].astype(int).ravel()
    if not ((index >= 0) & (index < len(HVM))).all():
        raise ValueError(f"{file.filename}: category_name_HVM_aligned goes from {index.min()} to "
                         f"{index.max()}, expected 0 to {len(HVM) - 1}")
    columns = {"category": HVM[index]}
    if layout.name == "hvm640":
        columns["object"] = _nouns(columns["category"], file.filename)
    return columns


def _nouns(category: np.ndarray, source: str) -> np.ndarray:
    noun = np.repeat(list(NOUNS), len(category) // len(NOUNS))
    expected = np.array([NOUNS[name] for name in noun])
    if len(noun) != len(category) or (expected != category).any():
        raise ValueError(f"{source}: categories by row are not those of {', '.join(NOUNS)}, equally"
                         " many each in this order: use the eight HVM categories only")
    return noun


def _read(path: str, layout: Layout, rows: np.ndarray) -> Iterator[np.ndarray]:
    with open_study_file(path) as file:
        stored = file["stimuli"]
        for start in range(0, len(rows), ROWS_AT_ONCE):
            values = stored[rows[start:start + ROWS_AT_ONCE]]
            images = values.transpose(0, 2, 3, 1) if layout.is_channel_first else values
            yield from _as_uint8(images, layout.white, path)


def _as_uint8(images: np.ndarray, white: float, source: str) -> np.ndarray:
    low, high = float(images.min()), float(images.max())
    # A file in the other convention would come out black or all white.
    if not 0 <= low <= high <= white or (white == 255 and 0 < high <= 1):
        raise ValueError(f"{source}: image values from {low:g} to {high:g}, expected 0 to "
                         f"{white:g}: take the original file")
    if images.shape[-1] != 3:
        raise ValueError(f"{source}: images are {images.shape[1:]}, expected three channels")
    return np.rint(images * (255 / white)).astype(np.uint8)
