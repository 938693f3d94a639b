"""The contact sheet's content: which images stand for each set, variation and noun."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

GAP_PX = 2


def pick_examples(sets: Sequence[xr.Dataset]) -> pd.DataFrame:
    """Choose one image per set, variation level and noun.

    Parameters
    ----------
    sets : sequence of xarray.Dataset
        Contract ``stimuli``.

    Returns
    -------
    pandas.DataFrame
        One row per image: row, column, set, stimulus_id, category, object, variation, split.
        Columns are the nouns in order of first appearance; exemplars change from row to row.
    """
    columns = ["stimulus_id", "category", "object", "variation", "split"]
    frames = [
        pd.DataFrame({name: ds[name].values for name in columns}).assign(
            set=ds.attrs["identifier"])
        for ds in sets
    ]
    everything = pd.concat(frames, ignore_index=True)
    everything["column"] = pd.factorize(everything["category"])[0]
    everything["row"] = everything.groupby(["set", "variation"], sort=False).ngroup()
    cells = everything.groupby(["row", "column"], sort=False)
    turn = everything["row"] % cells["row"].transform("size")
    return everything[cells.cumcount() == turn].reset_index(drop=True)


def mosaic(sets: Sequence[xr.Dataset], examples: pd.DataFrame) -> np.ndarray:
    """Lay the chosen images out on white.

    Parameters
    ----------
    sets : sequence of xarray.Dataset
        As for `pick_examples`; all of one image size.
    examples : pandas.DataFrame
        From `pick_examples`.

    Returns
    -------
    ndarray
        (y, x, 3) uint8; cells are the image size plus `GAP_PX`.
    """
    images = {ds.attrs["identifier"]: ds["image"].set_index(stimulus="stimulus_id") for ds in sets}
    side = sets[0].sizes["x"]
    cell = side + GAP_PX
    n_rows, n_columns = examples["row"].max() + 1, examples["column"].max() + 1
    sheet = np.full((n_rows * cell, n_columns * cell, 3), 255, np.uint8)
    for example in examples.itertuples():
        y, x = example.row * cell, example.column * cell
        image = images[example.set].sel(stimulus=example.stimulus_id)
        sheet[y:y + side, x:x + side] = image.values
    return sheet
