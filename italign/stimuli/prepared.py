"""Image sets from files: the images of each block, resized once (contract `stimuli`)."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from PIL import Image

from italign.messages import first_names
from italign.stimuli.blocks import choose_rows, files_of_block
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
        By key of the set's ``files``.
    block : mapping
        As for `italign.stimuli.blocks.choose_rows`, and ``files``, the key of its files (default:
        its split). Images whose files tell no variation have the block's.
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
        If the set has no such files, or they hold more or fewer images than ``n_images``.
    """
    files = files_of_block(images, block, set_name)
    rows = choose_rows(files, block, categories, set_name)
    labels = files.labels.iloc[rows].assign(variation=block["variation"], split=block["split"])
    coords = {name: ("stimulus", labels[name].to_numpy()) for name in labels}
    coords |= {name: ("stimulus", np.full(len(rows), np.nan)) for name in UNKNOWN_POSE}
    pixels = np.stack([resize(image, image_px) for image in files.read(rows)])
    return xr.Dataset({"image": (("stimulus", "y", "x", "channel"), pixels)}, coords)


def resize(image: np.ndarray, image_px: int) -> np.ndarray:
    """Resize to a square, bilinearly with antialiasing.

    The original code resizes its 256 px files to 224 px in every epoch, with the same filter and
    before any random draw: once is the same. COCO's photographs are not cropped (paper 2.1).

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


def name_outputs(outputs: Mapping, categories: Sequence[str], set_name: str) -> str:
    """Name all outputs of published weights that know more categories than a set shows.

    Parameters
    ----------
    outputs : mapping
        ``count`` of the outputs, and ``places``: category -> index among them.
    categories : sequence of str
        Nouns of the set.
    set_name : str
        Named in the message.

    Returns
    -------
    str
        One name a line, in the order of the outputs: the category, or ``output 0123``.

    Raises
    ------
    ValueError
        If the places are not those of the categories, each its own and below ``count``.
    """
    count, places = outputs["count"], outputs["places"]
    where = f"stimuli.sets.{set_name}.outputs.places"
    if odd := sorted(set(places) ^ set(categories)):
        raise ValueError(f"{where}: {first_names(odd)} are in only one of places and categories, "
                         "expected the same names: correct either")
    index = list(places.values())
    if len(set(index)) < len(index) or not all(0 <= place < count for place in index):
        raise ValueError(f"{where}: found {first_names(index)}, expected numbers from 0 to "
                         f"{count - 1}, each once: take those of the weights' own list of classes")
    names = {place: name for name, place in places.items()}
    return "\n".join(names.get(place, f"output {place:04d}") for place in range(count))
