"""Imagenette: photographs of ten ImageNet classes, an archive of train/ and val/ by class."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from italign.messages import first_names
from italign.stimuli.sources._archives import matching_members, read_images
from italign.stimuli.sources._records import ImageFiles, join_files, pick_categories

MEMBER = r"(?:.*/)?(train|val)/(n\d{8})/[^/]+\.JPEG"
EXPECTED = "train/<WordNet id>/*.JPEG and val/<WordNet id>/*.JPEG"
SPLITS = {"train": "train", "val": "test"}
# The class names of the authors' table.
CLASSES = {
    "n01440764": "tench", "n02102040": "English springer", "n02979186": "cassette player",
    "n03000684": "chain saw", "n03028079": "church", "n03394916": "French horn",
    "n03417042": "garbage truck", "n03425413": "gas pump", "n03445777": "golf ball",
    "n03888257": "parachute",
}


def imagenette(files: Sequence[str], categories: Sequence[str]) -> ImageFiles:
    """Label the photographs of an archive; ``val`` is the split ``test``.

    Parameters
    ----------
    files : sequence of str
        Archives of Imagenette, of any size.
    categories : sequence of str
        Names of its classes, as "golf ball".

    Returns
    -------
    ImageFiles
        object is the WordNet id; stimulus_id ``imagenette-<name of the file>``; sorted by name.

    Raises
    ------
    ValueError
        If there is no such image, a class is not of Imagenette or not among the categories.
    """
    return join_files([_label(path, categories) for path in files])


def _label(path: str, categories: Sequence[str]) -> ImageFiles:
    members = matching_members(path, MEMBER, EXPECTED)
    classes = [member[2] for member in members]
    if unknown := sorted(set(classes) - set(CLASSES)):
        raise ValueError(f"{path}: holds classes {first_names(unknown)}, expected those of "
                         f"Imagenette ({first_names(CLASSES)}): take its original file")
    names = [member[0] for member in members]
    named = {"class": np.array([CLASSES[wordnet_id] for wordnet_id in classes])}
    labels = pd.DataFrame({
        "stimulus_id": [f"imagenette-{PurePosixPath(name).stem}" for name in names],
        "category": pick_categories(named, categories, path),
        "object": classes,
        "background": "unknown",
        # ASSUME: photographs have no level of variation; the block of the config names one.
        "variation": np.nan,
        "split": [SPLITS[member[1]] for member in members],
    })
    return ImageFiles(labels, partial(_read_squares, path, names), path)


def _read_squares(path: str, names: Sequence[str], rows: np.ndarray) -> Iterator[np.ndarray]:
    """Central squares, as networks trained on ImageNet are evaluated.

    DEVIATION: whole short sides, of which the usual evaluation cuts off an eighth: images are
    small here.
    """
    for image in read_images(path, names, rows):
        side = min(image.shape[:2])
        top, left = ((length - side) // 2 for length in image.shape[:2])
        yield image[top:top + side, left:left + side]
