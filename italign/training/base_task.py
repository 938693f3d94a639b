"""Images of the base task: resident (netCDF), or in a folder that is read while training."""

from pathlib import Path

import xarray as xr

from italign.io import read_dataset
from italign.training.folder import FolderImages, read_folder_images
from italign.training.images import ImageSet, category_names, image_set

BaseImages = xr.Dataset | FolderImages


def open_base(path: str | Path, folder: str | Path | None, image_px: int) -> BaseImages:
    """Open the images of the base task.

    Parameters
    ----------
    path : path
        Contract ``stimuli``; or, with a folder, its index.
    folder : path or None
        Of train/ and val/.
    image_px : int
        Side of the images that the network sees; of resident ones it is theirs.

    Returns
    -------
    xarray.Dataset or FolderImages
        Dataset of contract ``stimuli``, or the folder's images.
    """
    if folder is None:
        return read_dataset(path, "stimuli")
    return read_folder_images(path, folder, image_px)


def base_name(base: BaseImages) -> str:
    """Name of the image set."""
    return Path(base.folder).name if isinstance(base, FolderImages) else base.attrs["identifier"]


def base_categories(base: BaseImages) -> list[str]:
    """Classes in the order of the logits."""
    return base.categories if isinstance(base, FolderImages) else category_names(base)


def base_test_images(base: BaseImages) -> ImageSet:
    """Held-out images on the device."""
    return base.test if isinstance(base, FolderImages) else image_set(base, "test")
