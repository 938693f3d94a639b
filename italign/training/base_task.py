"""Images of the base task: resident (netCDF), or in a folder that is read while training."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr

from italign.io import read_dataset
from italign.training.images import ImageSet, category_names, image_set

if TYPE_CHECKING:
    from italign.training.folder import FolderImages

# By name: an edit of it re-runs only worlds that read a folder, see `italign.code`.
READER = "italign.training.folder"


def open_base(
    path: str | Path, folder: str | Path | None, image_px: int, n_threads: int = 1
) -> "xr.Dataset | FolderImages":
    """Open the images of the base task.

    Parameters
    ----------
    path : path
        Contract ``stimuli``; or, with a folder, its index.
    folder : path or None
        Of train/ and val/.
    image_px : int
        Side of the images that the network sees; of resident ones it is theirs.
    n_threads : int
        Cores of this process; all but one decode the images of a folder. Changes no image.

    Returns
    -------
    xarray.Dataset or FolderImages
        Dataset of contract ``stimuli``, or the folder's images.
    """
    if folder is None:
        return read_dataset(path, "stimuli")
    reader = import_module(READER)
    return reader.read_folder_images(path, folder, image_px, n_workers=max(0, n_threads - 1))


def configured_folder(config: dict) -> str | None:
    """Folder of a world's base images, None if they are resident.

    Parameters
    ----------
    config : dict
        The whole config. Not a param of a rule: a folder that moved holds the same images.
    """
    return config["stimuli"]["sets"][config["training"]["base_set"]].get("folder")


def base_categories(base: "xr.Dataset | FolderImages") -> list[str]:
    """Outputs of the base task in the order of the logits; see `category_names`."""
    return category_names(base) if isinstance(base, xr.Dataset) else base.categories


def base_test_images(base: "xr.Dataset | FolderImages") -> ImageSet:
    """Held-out images on the device."""
    return image_set(base, "test") if isinstance(base, xr.Dataset) else base.test
