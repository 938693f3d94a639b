"""Image sets from files: the images of each block, resized once (contract `stimuli`)."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from PIL import Image

from italign.stimuli.sources._records import ImageFiles

# Of photographs and of other people's renderings nobody tells them.
UNKNOWN_POSE = ("rotation_x_deg", "rotation_y_deg", "rotation_z_deg", "position_x_deg",
                "position_y_deg", "size")


def prepare_block(
    images: Mapping[str, ImageFiles], block: Mapping, categories: Sequence[str], image_px: int,
    set_name: str,
) -> xr.Dataset:
    """Choose and read the images of one block.

    Parameters
    ----------
    images : mapping of str to ImageFiles
        By split.
    block : mapping
        variation, split and n_images. Images whose files tell no variation have the block's.
    categories : sequence of str
        Nouns of the set; images of others are left out.
    image_px : int
        Side of the images, pixels.
    set_name : str
        Named in the message.

    Returns
    -------
    xarray.Dataset
        One row per image, in the order of the files; contract ``stimuli`` without its attributes.

    Raises
    ------
    ValueError
        If there are more or fewer images than ``n_images``.
    """
    split, variation = block["split"], block["variation"]
    files = images[split]
    levels = files.labels["variation"].fillna(variation)
    is_wanted = files.labels["category"].isin(categories).to_numpy()
    rows = np.flatnonzero(is_wanted & (levels == variation).to_numpy())
    if len(rows) != block["n_images"]:
        counts = levels[is_wanted].value_counts().sort_index()
        held = ", ".join(f"{n} of variation {level:g}" for level, n in counts.items()) or "none"
        raise ValueError(f"stimuli.sets.{set_name}: {len(rows)} images of variation {variation} in "
                         f"{files.source}, expected n_images {block['n_images']} (it holds {held} "
                         "of these categories): correct the block, or get the whole file")
    labels = files.labels.iloc[rows].assign(variation=variation, split=split)
    coords = {name: ("stimulus", labels[name].to_numpy()) for name in labels}
    coords |= {name: ("stimulus", np.full(len(rows), np.nan)) for name in UNKNOWN_POSE}
    pixels = np.stack([resize(image, image_px) for image in files.read(rows)])
    return xr.Dataset({"image": (("stimulus", "y", "x", "channel"), pixels)}, coords)


def resize(image: np.ndarray, image_px: int) -> np.ndarray:
    """Resize to a square, bilinearly with antialiasing.

    The original code resizes its 256 px files to 224 px in every epoch, with the same filter and
    before any random draw: once is the same. Photographs are not cropped (paper 2.1).

    Parameters
    ----------
    image : numpy.ndarray, uint8 (y, x, 3)
        RGB, 0-255.
    image_px : int
        Side of the result.

    Returns
    -------
    numpy.ndarray, uint8 (image_px, image_px, 3)
        The image itself if it has that size.
    """
    if image.shape[:2] == (image_px, image_px):
        return image
    small = Image.fromarray(image).resize((image_px, image_px), Image.Resampling.BILINEAR)
    return np.asarray(small)


def join_blocks(blocks: Sequence[xr.Dataset]) -> xr.Dataset:
    """Put blocks one after the other.

    Raises
    ------
    ValueError
        If an image is in two of them.
    """
    joined = xr.concat(blocks, "stimulus")
    ids, counts = np.unique(joined["stimulus_id"].values, return_counts=True)
    if (counts > 1).any():
        raise ValueError(f"{(counts > 1).sum()} of {len(ids)} images are in two blocks, the first "
                         f"is {ids[counts > 1][0]}: expected each in one; files without levels of "
                         "variation serve one block, and a file one split")
    return joined
