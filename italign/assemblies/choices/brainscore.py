"""Two-alternative choices as Brain-Score packs them: trial tables, netCDF-4."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from italign.io import open_dataset
from italign.messages import first_names
from italign.resources.brainscore_names import DISTRACTORS, OBSERVERS, STIMULUS_IDS, TRUTHS
from italign.resources.native import as_text, first_present


def brainscore(files: Sequence[str]) -> pd.DataFrame:
    """Read tables one after the other.

    Parameters
    ----------
    files : sequence of str
        netCDF-4: one variable over ``presentation``, the choices, with coordinates.

    Returns
    -------
    pandas.DataFrame
        One row per trial: stimulus_id, truth, distractor, choice, observer, source (all str).

    Raises
    ------
    ValueError
        If a file has another layout.
    """
    # One person may be in two tables, and then has one name.
    return pd.concat([_read_table(file) for file in files], ignore_index=True)


def _read_table(path: str) -> pd.DataFrame:
    with open_dataset(path) as ds:
        present = [name for name in ds.variables if ds[name].dims == ("presentation",)]
        names = {"stimulus_id": STIMULUS_IDS, "truth": TRUTHS, "distractor": DISTRACTORS,
                 "choice": ("choice", *ds.data_vars)}
        table = {column: as_text(ds[first_present(known, present, column, path)].values)
                 for column, known in names.items()}
        observer = next((name for name in OBSERVERS if name in present), None)
        people = np.full(len(table["truth"]), "all") if observer is None else as_text(ds[observer])
    if observer is None:
        logging.warning("%s does not tell who chose (%s): all trials count as one observer's",
                        path, first_names(present))
    return pd.DataFrame({**table, "observer": people}).assign(source=path)
