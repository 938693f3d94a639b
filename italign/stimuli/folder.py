"""Images in a folder tree, as ImageNet is unpacked: train/<class>/*.JPEG and val/<class>/*.JPEG."""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from italign.messages import first_names

EXTENSIONS = (".jpeg", ".jpg", ".png")
SPLITS = {"train": "train", "val": "test"}  # folder -> split
HOW_TO_GET = """\
  register at image-net.org, download ImageNet (ILSVRC 2012) and unpack it so that
  {folder}/train/n01440764/*.JPEG and {folder}/val/n01440764/*.JPEG exist,
  or link it there: ln -s /your/imagenet {folder}
  (any folder of that form will do: one folder per class, the same classes in train and val)"""


def index_folder(folder: str | Path, n_test: int | None, first_images: bool) -> pd.DataFrame:
    """List the images of a folder: all of train, some of val.

    Parameters
    ----------
    folder : str or Path
        Holds ``train/<class>/<image>`` and ``val/<class>/<image>``; JPEG or PNG by their names.
        Hidden folders, other files and folders inside a class are passed over.
    n_test : int or None
        Validation images kept; None: all.
    first_images : bool
        False: the kept ones are spread evenly over the list sorted by class and name. True: the
        first ones, as the original code, which sees about a tenth of the classes.

    Returns
    -------
    pandas.DataFrame
        ``file`` (relative to the folder, with slashes), ``category``, ``split`` (train, test);
        train first, categories in alphabetical order, which is the order of the logits of
        networks with published weights.

    Raises
    ------
    ValueError
        If the folder is missing or not of that form, a class is empty or in one of the two only,
        a name cannot be written into a table, or val has fewer than `n_test` images.

    DEVIATION: the original code validates on the first 10 % of batches of an unshuffled list,
    about classes 0 to 99 of 1,000; here all classes are seen.
    """
    refuse_missing(folder)
    classes = {part: _classes(Path(folder) / part) for part in SPLITS}
    _refuse_other_classes(folder, classes)
    tables = [_table(part, _images(Path(folder) / part, classes[part])) for part in SPLITS]
    tables[1] = _kept(tables[1], n_test, first_images, folder)
    return pd.concat(tables, ignore_index=True)


def refuse_missing(folder: str | Path) -> None:
    """Refuse a folder that is not there or has no train and val, and say how to get it.

    Raises
    ------
    ValueError
        Naming what was found instead.
    """
    folder = Path(folder)
    if all((folder / part).is_dir() for part in SPLITS):
        return
    if folder.is_dir():
        names = sorted(entry.name for entry in os.scandir(folder))
        found = f"holds {first_names(names)}" if names else "is empty"
    else:
        found = "is not a folder" if folder.exists() else "not found"
    raise ValueError(f"{folder}: {found}; expected a folder with train/ and val/:\n"
                     + HOW_TO_GET.format(folder=folder))


def _classes(folder: Path) -> list[str]:
    """Names of the class folders in alphabetical order (by code point, as torchvision)."""
    with os.scandir(folder) as entries:
        entries = [entry for entry in entries if not entry.name.startswith(".")]
    names = sorted(entry.name for entry in entries if entry.is_dir())
    if not names:
        n_images = sum(_is_image(entry.name) for entry in entries)
        raise ValueError(f"{folder}: no class folder found, but {n_images} images; expected "
                         f"{folder}/<class>/<image>; move each image into the folder of its class")
    _refuse_unreadable(folder, names)
    return names


def _refuse_other_classes(folder: str | Path, classes: dict[str, list[str]]) -> None:
    train, val = (set(classes[part]) for part in SPLITS)
    if train != val:
        only = {"train": sorted(train - val), "val": sorted(val - train)}
        found = "; ".join(f"{len(names)} only in {part}: {first_names(names)}"
                          for part, names in only.items() if names)
        raise ValueError(f"{folder}: train has {len(train)} classes, val {len(val)}; {found}; "
                         "expected the same class folders in both")


def _images(folder: Path, classes: list[str]) -> dict[str, list[str]]:
    """Image names of each class, sorted."""
    images = {name: _image_names(folder / name) for name in classes}
    if empty := [name for name in classes if not images[name]]:
        raise ValueError(f"{folder}: {len(empty)} of {len(classes)} class folders hold no image "
                         f"({', '.join(EXTENSIONS)}): {first_names(empty)}; fill or remove them")
    return images


def _image_names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if _is_image(entry.name))
    except OSError as error:
        raise ValueError(f"{folder}: cannot be read ({error.strerror}); "
                         "allow it to be read and run again") from error
    _refuse_unreadable(folder, names)
    return names


def _is_image(name: str) -> bool:
    return name.lower().endswith(EXTENSIONS) and not name.startswith(".")


def _refuse_unreadable(folder: Path, names: list[str]) -> None:
    """Names that are no text (bytes of another encoding, line breaks) cannot be listed."""
    if bad := [ascii(name) for name in names if not name.isprintable()]:
        raise ValueError(f"{folder}: {len(bad)} names are not readable text: {first_names(bad)}; "
                         "rename them")


def _table(part: str, images: dict[str, list[str]]) -> pd.DataFrame:
    category = [name for name, files in images.items() for _ in files]
    file = [f"{part}/{name}/{file}" for name, files in images.items() for file in files]
    return pd.DataFrame({"file": file, "category": category, "split": SPLITS[part]})


def _kept(
    table: pd.DataFrame, n_test: int | None, first_images: bool, folder: str | Path
) -> pd.DataFrame:
    if n_test is None:
        return table
    if not 0 < n_test <= len(table):
        raise ValueError(f"{folder}/val: holds {len(table)} images, n_test asks for {n_test}; "
                         f"expected 1 to {len(table)}, or null for all")
    rows = np.arange(n_test) if first_images else np.arange(n_test) * len(table) // n_test
    return table.iloc[rows]
