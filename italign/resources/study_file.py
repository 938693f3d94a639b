"""The HDF5 files of the original study: which one it is, and what its rows are called.

Their layout is known from the study's code alone: the files were never published.
"""

from dataclasses import dataclass

import h5py
import numpy as np


@dataclass(frozen=True)
class Layout:
    """One of the study's files.

    Attributes
    ----------
    name : str
        First part of every stimulus_id.
    keys : tuple of str
        Data sets at the top that tell it from the others, beside ``stimuli``.
    is_channel_first : bool
        Images are (channel, y, x) instead of (y, x, channel).
    white : float
        Value of white, 255 or 1.
    """

    name: str
    keys: tuple[str, ...]
    is_channel_first: bool
    white: float


# The first whose keys a file has.
LAYOUTS = (
    Layout("majajhong", ("var", "category_name", "object_name"), True, 255.0),
    Layout("hvm640", ("var", "category_name_HVM_aligned"), False, 1.0),
    Layout("coco", ("category_name_HVM_aligned",), False, 1.0),
)


def open_study_file(path: str) -> h5py.File:
    """Open a file for reading; the caller closes it.

    Raises
    ------
    ValueError
        If it is no HDF5 file, or cut short.
    """
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path}: cannot be read as HDF5 ({error}), expected a file of the "
                         "original study: it is cut short or another format, get it again"
                         ) from error


def study_layout(file: h5py.File) -> Layout:
    """Tell which of the study's files this is.

    Raises
    ------
    ValueError
        With what the file holds, if it is none of them.
    """
    for layout in LAYOUTS:
        if all(key in file for key in ("stimuli", *layout.keys)):
            return layout
    wanted = "; ".join(f"stimuli, {', '.join(layout.keys)} ({layout.name})" for layout in LAYOUTS)
    raise ValueError(f"{file.filename}: holds {', '.join(file) or 'nothing'}, expected one of: "
                     f"{wanted}")


def study_stimulus_ids(file: h5py.File) -> np.ndarray:
    """Names of the rows, (n_stimuli,), by which responses and images join: ``coco-00007``.

    ASSUME: a file's responses are in the order of its images, as the study's code takes them.
    """
    name, n_stimuli = study_layout(file).name, len(file["stimuli"])
    return np.array([f"{name}-{row:05d}" for row in range(n_stimuli)])
