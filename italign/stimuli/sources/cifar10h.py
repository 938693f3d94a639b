"""Photographs of CIFAR-10's test set as JPEGs by class, which CIFAR-10H has human choices for."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from italign.stimuli.sources._archives import matching_members, read_images
from italign.stimuli.sources._records import ImageFiles, join_files, pick_categories

MEMBER = r"(?:.*/)?test/(\w+)/(\d{4})\.jpg"
EXPECTED = "test/<class>/0000.jpg to 0999.jpg"


def cifar10h(files: Sequence[str], categories: Sequence[str]) -> ImageFiles:
    """Label the photographs of an archive.

    Parameters
    ----------
    files : sequence of str
        Archives of the tree ``test/<class>/<number>.jpg``.
    categories : sequence of str
        Classes.

    Returns
    -------
    ImageFiles
        stimulus_id is ``cifar10-<class>-<number>``, by which the human choices join; sorted by it.

    Raises
    ------
    ValueError
        If there is no such image, or the classes are not the categories.
    """
    return join_files([_label(path, categories) for path in files])


def _label(path: str, categories: Sequence[str]) -> ImageFiles:
    members = matching_members(path, MEMBER, EXPECTED)
    category = pick_categories({"class": np.array([m[1] for m in members])}, categories, path)
    labels = pd.DataFrame({
        "stimulus_id": [f"cifar10-{member[1]}-{member[2]}" for member in members],
        "category": category,
        "object": category,
        "background": "unknown",
        # ASSUME: photographs have no level of variation; the block of the config names one.
        "variation": np.nan,
    })
    return ImageFiles(labels, partial(read_images, path, [m[0] for m in members]), path)
