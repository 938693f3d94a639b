"""Choices among all ten classes of CIFAR-10 (Peterson et al. 2019): counts, one row per photograph.

Counts do not tell who chose: a trial is one judgement, of an unknown observer.
"""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from italign.contracts import ALL_OTHERS
from italign.resources.native import read_npy

CLASSES = np.array(["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse",
                    "ship", "truck"])
UNKNOWN = "unknown"


def cifar10h(files: Sequence[str]) -> pd.DataFrame:
    """Read every judgement.

    Parameters
    ----------
    files : sequence of str
        ``cifar10h-counts.npy``, (n_images, 10) judgements by class, and the labels of the test
        images, (n_images,); in any order.

    Returns
    -------
    pandas.DataFrame
        One row per judgement, image by image: stimulus_id, truth, distractor, choice, observer,
        source (all str). The photograph of a row of the counts is ``cifar10-<class>-<k>``, where k
        rows before it have the same label: as the files of the test images are numbered.

    Raises
    ------
    ValueError
        If the files are not these two, or do not fit each other.
    """
    counts, labels, source = _counts_and_labels(files)
    rows = pd.Series(labels)
    names = np.array([f"cifar10-{CLASSES[label]}-{k:04d}"
                      for label, k in zip(labels, rows.groupby(rows).cumcount(), strict=True)])
    image, choice = (np.repeat(place, counts.ravel())
                     for place in np.divmod(np.arange(counts.size), len(CLASSES)))
    logging.info("%s: %d judgements on %d images; counts do not tell the observers, which are 0",
                 source, len(image), len(labels))
    return pd.DataFrame({"stimulus_id": names[image], "truth": CLASSES[labels][image],
                         "distractor": ALL_OTHERS, "choice": CLASSES[choice],
                         "observer": UNKNOWN, "source": source})


def _counts_and_labels(files: Sequence[str]) -> tuple[np.ndarray, np.ndarray, str]:
    """Counts, labels and the file of the counts, told apart by their shapes."""
    found = {file: read_npy(file) for file in files}
    by_ndim = {array.ndim: file for file, array in found.items()}
    if len(found) != 2 or set(by_ndim) != {1, 2}:
        shapes = ", ".join(f"{file} {array.shape}" for file, array in found.items())
        raise ValueError(f"found {shapes}, expected counts (images, {len(CLASSES)}) and labels "
                         "(images,): correct assemblies.people.trials")
    counts, labels = found[by_ndim[2]], found[by_ndim[1]]
    _check_counts(counts, by_ndim[2])
    if len(labels) != len(counts) or labels.dtype.kind not in "iu" or not np.isin(
            labels, np.arange(len(CLASSES))).all():
        raise ValueError(f"{by_ndim[1]}: holds {labels.dtype} of shape {labels.shape}, expected "
                         f"the {len(counts)} labels from 0 to {len(CLASSES) - 1} of the images in "
                         f"{by_ndim[2]}: take the original file")
    return counts, labels.astype(np.int64), by_ndim[2]


def _check_counts(counts: np.ndarray, source: str) -> None:
    is_counts = counts.dtype.kind in "iu" and counts.shape[1] == len(CLASSES)
    if not is_counts or (counts < 0).any():
        raise ValueError(f"{source}: holds {counts.dtype} of shape {counts.shape}, expected whole "
                         f"numbers, 0 or more, (images, {len(CLASSES)}): take cifar10h-counts.npy, "
                         "not the probabilities")
