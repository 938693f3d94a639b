"""Images of macaque V4 sessions (Cowley et al. 2023): an archive of JPEGs per session.

The files name no noun. The 640 images of one session are HvM-like, in blocks by noun; another
session shows 600 of them, between photographs that have no label.
"""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from italign.contracts import NO_CATEGORY
from italign.messages import first_names
from italign.stimuli.alike import most_alike
from italign.stimuli.sources._archives import matching_members, read_images
from italign.stimuli.sources._nouns import N_OF_EACH_NOUN, NOUNS
from italign.stimuli.sources._records import ImageFiles, join_files

# One session lays its images in a folder.
MEMBER = r"(?:.*/)?image(\d{4})\.jpg"
EXPECTED = "image0001.jpg, image0002.jpg, ..."
# ASSUME: the same image if it correlates more. Images that are the same correlate above 0.9999,
# others of the public sessions below 0.99.
TWIN_CORRELATION = 0.99


def cowley(files: Sequence[str], categories: Sequence[str],
           reference: Sequence[str] = ()) -> ImageFiles:
    """Label the images of some sessions.

    Parameters
    ----------
    files : sequence of str
        ``images_<session>.zip``.
    categories : sequence of str
        Some of the eight nouns of the reference, or none.
    reference : sequence of str
        The archive of the 640 HvM-like images, sorted by noun. Images that it holds have its
        nouns, all others no category; without it, no image has one.

    Returns
    -------
    ImageFiles
        stimulus_id is ``<session>-<number of the image>``, 0001 for image0001.jpg.

    Raises
    ------
    ValueError
        If a file's name tells no session, an archive lacks an image of the count, the reference is
        not one archive of 640 images, or a category is none of its nouns.
    """
    if unknown := [name for name in categories if name not in NOUNS]:
        raise ValueError(f"{', '.join(files)}: no image shows {first_names(unknown)}, expected "
                         f"categories among {', '.join(NOUNS)}: correct the set in stimuli.sets")
    known = _read_reference(reference) if reference else None
    return join_files([_label(path, known) for path in files])


def _label(path: str, known: list[np.ndarray] | None) -> ImageFiles:
    session = re.fullmatch(r"images_(\w+)\.zip", Path(path).name)
    if not session:
        raise ValueError(f"{path}: the name tells no session, expected images_<session>.zip, as "
                         "images_210325.zip: keep the registered name")
    names = _members(path)
    category = np.full(len(names), NO_CATEGORY, dtype=object)
    if known is not None:
        twin, correlation = most_alike(_read_all(path, names), known)
        nouns = np.repeat(list(NOUNS), N_OF_EACH_NOUN)[twin]
        category = np.where(correlation > TWIN_CORRELATION, nouns, category)
    labels = pd.DataFrame({
        "stimulus_id": [f"{session[1]}-{number + 1:04d}" for number in range(len(names))],
        "category": category.astype(str),
        "object": np.where(category == NO_CATEGORY, "natural", category).astype(str),
        "background": "unknown",
        "variation": np.nan,
    })
    return ImageFiles(labels, partial(read_images, path, names), path)


def _members(path: str) -> list[str]:
    """Names of a session's images by number; responses have a column for every number."""
    found = [(int(match[1]), match[0]) for match in matching_members(path, MEMBER, EXPECTED)]
    numbers = sorted(number for number, _ in found)
    if wrong := sorted(set(numbers) ^ set(range(1, len(numbers) + 1))):
        raise ValueError(f"{path}: {len(numbers)} images are numbered {numbers[0]} to {numbers[-1]}"
                         f", missing or too many: {first_names(wrong)}; expected 1 to "
                         f"{len(numbers)}, each once, as the columns of the responses: get the "
                         "archive again")
    return [name for _, name in sorted(found)]


def _read_all(path: str, names: list[str]) -> list[np.ndarray]:
    return list(read_images(path, names, np.arange(len(names))))


def _read_reference(reference: Sequence[str]) -> list[np.ndarray]:
    """The 640 images, sorted by noun (`_nouns`), which only their number can confirm."""
    names = [name for path in reference for name in _members(path)]
    expected = N_OF_EACH_NOUN * len(NOUNS)
    if len(reference) != 1 or len(names) != expected:
        raise ValueError(f"{', '.join(reference)}: holds {len(names)} images in {len(reference)} "
                         f"files, expected one file of {expected}, {N_OF_EACH_NOUN} each of "
                         f"{', '.join(NOUNS)}: correct files.reference of the set in stimuli.sets")
    return _read_all(reference[0], names)
