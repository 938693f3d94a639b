"""What a source of images gives, and what sources share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from italign.messages import first_names


@dataclass(frozen=True)
class ImageFiles:
    """Images in files, labelled but not read.

    Attributes
    ----------
    labels : pandas.DataFrame
        One row per image: stimulus_id, category (`NO_CATEGORY` where no noun is shown), object,
        background (str) and variation (float, NaN where the files do not tell). Only where the
        files tell it: split, train or test.
    read : callable
        Rows of `labels`, int (n,) ascending -> iterator over uint8 (y, x, 3), one per row.
    source : str
        Files, for messages.
    """

    labels: pd.DataFrame
    read: Callable[[np.ndarray], Iterator[np.ndarray]]
    source: str


def join_files(parts: Sequence[ImageFiles]) -> ImageFiles:
    """Put several files one after the other."""
    ends = np.cumsum([len(part.labels) for part in parts])

    def read(rows: np.ndarray) -> Iterator[np.ndarray]:
        for part, end in zip(parts, ends, strict=True):
            start = end - len(part.labels)
            yield from part.read(rows[(rows >= start) & (rows < end)] - start)

    labels = pd.concat([part.labels for part in parts], ignore_index=True)
    return ImageFiles(labels, read, ", ".join(part.source for part in parts))


def pick_categories(
    columns: Mapping[str, np.ndarray], categories: Sequence[str], source: str
) -> np.ndarray:
    """The first column whose values are the wanted categories, or some or more than these.

    Parameters
    ----------
    columns : mapping of str to numpy.ndarray, str (n_images,)
        Candidates.
    categories : sequence of str
        Nouns of the set; a file may lack some of them, or hold others as well.
    source : str
        Named in the message.

    Returns
    -------
    numpy.ndarray, str (n_images,)
        Category of each image.

    Raises
    ------
    ValueError
        With the values found, if no column fits.
    """
    wanted = set(categories)
    for values in columns.values():
        found = set(values.tolist())
        if found <= wanted or wanted <= found:
            return values
    held = "; ".join(f"{name}: {first_names(sorted(set(values.tolist())))}"
                     for name, values in columns.items())
    raise ValueError(f"{source}: no column holds the categories {first_names(categories)} (found "
                     f"{held}): correct the categories of the set in stimuli.sets")
