"""The contact sheet's content: which images stand for each set, variation and noun."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from italign.contracts import NO_CATEGORY

GAP_PX = 2
N_UNLABELLED = 4
LABELS = ("stimulus_id", "category", "object", "variation", "split")  # of a set's images
COLUMNS = (*LABELS, "set", "column", "row")  # of the examples
DIMS = ("example", "y", "x", "channel")


def pick_examples(sets: Sequence[xr.Dataset]) -> pd.DataFrame:
    """Choose one image per set, variation level and noun; some of those that show no noun.

    Parameters
    ----------
    sets : sequence of xarray.Dataset
        Contract ``stimuli``.

    Returns
    -------
    pandas.DataFrame
        One row per image, columns `COLUMNS`. Columns of the sheet are the nouns in order of first
        appearance; exemplars change from row to row. Images of `NO_CATEGORY` stand behind, up to
        `N_UNLABELLED` per set and variation level.
    """
    frames = [
        pd.DataFrame({name: ds[name].values for name in LABELS}).assign(
            set=ds.attrs["identifier"])
        for ds in sets
    ]
    everything = pd.concat(frames, ignore_index=True)
    everything["row"] = everything.groupby(["set", "variation"], sort=False).ngroup()
    everything["column"] = _columns(everything)
    cells = everything.groupby(["row", "column"], sort=False)
    turn = everything["row"] % cells["row"].transform("size")
    return everything.loc[cells.cumcount() == turn, list(COLUMNS)].reset_index(drop=True)


def _columns(everything: pd.DataFrame) -> np.ndarray:
    """Column of every image: its noun's, or, evenly over the set, one behind those of the nouns."""
    is_labelled = everything["category"] != NO_CATEGORY
    column, nouns = pd.factorize(everything["category"].where(is_labelled))
    alike = everything[~is_labelled].groupby("row", sort=False)["row"]
    n = alike.transform("size")
    column[~is_labelled] = len(nouns) + alike.cumcount() * n.clip(upper=N_UNLABELLED) // n
    return column


def gather_examples(sets: Sequence[xr.Dataset]) -> xr.Dataset:
    """Take the chosen images out of their sets, with what their labels and files say.

    Parameters
    ----------
    sets : sequence of xarray.Dataset
        Contract ``stimuli``, all of one image size.

    Returns
    -------
    xarray.Dataset
        image (example, y, x, channel) uint8, 0 to 255; `COLUMNS` as coordinates over example; attrs
        source and licence, by set where sets differ.

    Raises
    ------
    ValueError
        If the sets' images differ in size.
    """
    sizes = {ds.attrs["identifier"]: ds["image"].shape[1:] for ds in sets}
    if len(set(sizes.values())) > 1:
        raise ValueError("image sets differ in size: " + ", ".join(
            f"{name} {y} x {x} px" for name, (y, x, _) in sizes.items())
            + "; expected one size: make them all with the same stimuli.image_px")
    table = pick_examples(sets)
    images = {ds.attrs["identifier"]: ds["image"].set_index(stimulus="stimulus_id") for ds in sets}
    chosen = [images[row.set].sel(stimulus=row.stimulus_id).values for row in table.itertuples()]
    return xr.Dataset(
        {"image": (DIMS, np.stack(chosen), {"units": "1", "long_name": "RGB image, 0-255"})},
        coords={name: ("example", table[name].to_numpy()) for name in COLUMNS},
        attrs={name: _of_all(sets, name) for name in ("source", "licence")},
    )


def examples_table(examples: xr.Dataset, path: str) -> pd.DataFrame:
    """Check a file of examples and list its images.

    Parameters
    ----------
    examples : xarray.Dataset
        As from `gather_examples`.
    path : str
        Its file, named in the message.

    Returns
    -------
    pandas.DataFrame
        As from `pick_examples`.

    Raises
    ------
    ValueError
        If the file holds other than images with these labels.
    """
    missing = [name for name in ("image", *COLUMNS) if name not in examples.variables]
    if missing or examples["image"].dims != DIMS or examples["image"].dtype != np.uint8:
        raise ValueError(f"{path}: found variables {', '.join(map(str, examples.variables))}, "
                         f"expected image {DIMS} uint8 and {', '.join(COLUMNS)}; delete the file "
                         "and run again")
    return pd.DataFrame({name: examples[name].values for name in COLUMNS})


def mosaic(examples: xr.Dataset) -> np.ndarray:
    """Lay the chosen images out on white.

    Parameters
    ----------
    examples : xarray.Dataset
        As from `gather_examples`.

    Returns
    -------
    ndarray
        (y, x, 3) uint8; cells are the image size plus `GAP_PX`.
    """
    side = examples.sizes["x"]
    cell = side + GAP_PX
    rows, columns = examples["row"].values, examples["column"].values
    sheet = np.full(((rows.max() + 1) * cell, (columns.max() + 1) * cell, 3), 255, np.uint8)
    for row, column, image in zip(rows, columns, examples["image"].values, strict=True):
        y, x = row * cell, column * cell
        sheet[y:y + side, x:x + side] = image
    return sheet


def _of_all(sets: Sequence[xr.Dataset], name: str) -> str:
    """One text if all sets say the same, else each text after the sets that say it."""
    said: dict[str, list[str]] = {}
    for ds in sets:
        said.setdefault(str(ds.attrs[name]), []).append(ds.attrs["identifier"])
    if len(said) == 1:
        return next(iter(said))
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in said.items())
