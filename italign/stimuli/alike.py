"""Which images look alike: correlation of small grey versions.

Sessions of different animals show some of the same photographs, compressed anew or cut from other
files: names and bytes do not tell, pixels do.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from PIL import Image

# Small enough to forgive compression and a shift by a pixel, large enough to tell objects apart.
SMALL_PX = 32
ROWS_AT_ONCE = 1024
SHARED_COLUMNS = ("stimulus_id", "alike", "correlation")


def most_alike(
    images_a: Iterable[np.ndarray], images_b: Iterable[np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Find, for every image, the most alike image of another set.

    Parameters
    ----------
    images_a, images_b : iterable of numpy.ndarray, uint8 (y, x, 3)
        RGB, 0-255; an array (n, y, x, 3), or images of any sizes.

    Returns
    -------
    index : numpy.ndarray, int (n_a,)
        Position in `images_b`.
    correlation : numpy.ndarray, float32 (n_a,)
        Pearson correlation with it over the pixels of small grey versions, -1 to 1; 0 for an image
        without contrast.

    Raises
    ------
    ValueError
        If `images_b` is empty.
    """
    left, right = _standardised(images_a), _standardised(images_b)
    if len(right) == 0:
        raise ValueError("no image to compare with: found an empty second set, expected at least "
                         "one image")
    index = np.zeros(len(left), dtype=int)
    correlation = np.zeros(len(left), dtype=np.float32)
    for start in range(0, len(left), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        products = left[rows] @ right.T
        index[rows] = products.argmax(axis=1)
        correlation[rows] = products.max(axis=1)
    return index, correlation.clip(-1, 1)


def shared_images(ds: xr.Dataset, other: xr.Dataset, correlation_min: float) -> pd.DataFrame:
    """List the test images of one set that look like a training image of another.

    Parameters
    ----------
    ds, other : xarray.Dataset
        Contract ``stimuli``.
    correlation_min : float
        Images that correlate as much or more are the same image.

    Returns
    -------
    pandas.DataFrame
        `SHARED_COLUMNS`: the test image, the training image that it looks like most, and the
        correlation; one row per shared image, in the order of `ds`.

    Raises
    ------
    ValueError
        If `other` holds no training image.
    """
    test, train = (part.isel(stimulus=np.flatnonzero(part["split"].values == split))
                   for part, split in ((ds, "test"), (other, "train")))
    if train.sizes["stimulus"] == 0:
        raise ValueError(f"stimuli.sets.{other.attrs['identifier']} holds no training image, and "
                         "apart_from of another set names it: expected a set that models train on")
    index, correlation = most_alike(test["image"].values, train["image"].values)
    is_shared = correlation >= correlation_min
    values = (test["stimulus_id"].values, train["stimulus_id"].values[index], correlation)
    return pd.DataFrame({name: column[is_shared]
                         for name, column in zip(SHARED_COLUMNS, values, strict=True)})


def _standardised(images: Sequence[np.ndarray] | Iterable[np.ndarray]) -> np.ndarray:
    """Small grey versions, less their mean and of length one: float32 (n, pixels)."""
    small = [_small_grey(image) for image in images]
    values = np.array(small, dtype=np.float32).reshape(len(small), SMALL_PX**2)
    values -= values.mean(axis=1, keepdims=True)
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.divide(values, length, out=np.zeros_like(values), where=length > 0)


def _small_grey(image: np.ndarray) -> np.ndarray:
    grey = Image.fromarray(image).convert("L")
    return np.asarray(grey.resize((SMALL_PX, SMALL_PX), Image.Resampling.BOX)).ravel()
