"""The one long table of the cohort: from data frame to netCDF and back, and its joints.

Columns are `COHORT_COLUMNS`; every number of every member is one row.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from italign.evaluation.columns import (
    CEILED,
    COHORT_COLUMNS,
    FLOATS,
    KEY,
    STRINGS,
)


def table_to_dataset(frame: pd.DataFrame) -> xr.Dataset:
    """Turn a table of scores into what is written to netCDF.

    Parameters
    ----------
    frame : pandas.DataFrame
        The columns of `COHORT_COLUMNS`, in any order; text columns hold text only (``"none"``
        where nothing applies), NaN is allowed in the float columns.

    Returns
    -------
    xarray.Dataset
        One dim ``row``, one variable per column, each with its meaning as ``long_name``; for every
        ceiling rule that occurs an attribute ``ceiled_<rule>`` with its formula.

    Raises
    ------
    ValueError
        If columns are missing or unknown, or a column holds values of another kind.
    """
    _check_columns(list(frame.columns))
    variables = {
        name: ("row", _typed(frame[name]), {"long_name": meaning, "units": "1"})
        for name, meaning in COHORT_COLUMNS.items()
    }
    rules = set(frame["ceiling_rule"]) - {"none"}
    formulas = {f"ceiled_{rule}": CEILED[rule] for rule in sorted(rules & set(CEILED))}
    return xr.Dataset(variables, attrs=formulas)


def dataset_to_table(ds: xr.Dataset) -> pd.DataFrame:
    """Turn a dataset read from netCDF into the table it was made from.

    Parameters
    ----------
    ds : xarray.Dataset
        As made by `table_to_dataset`.

    Returns
    -------
    pandas.DataFrame
        Columns in the order of `COHORT_COLUMNS`: text as str, counts int64, numbers float64.

    Raises
    ------
    ValueError
        If columns are missing or unknown, or a column holds values of another kind.
    """
    _check_columns([str(name) for name in ds.variables])
    frame = pd.DataFrame({name: ds[name].values for name in COHORT_COLUMNS})
    return frame.assign(**{name: _typed(frame[name]) for name in COHORT_COLUMNS})


def read_csv(path: str | Path) -> pd.DataFrame:
    """Read a table of the evaluation stage from CSV with text kept as text.

    Without this, pandas turns a column that only holds the word ``true`` into booleans.

    Parameters
    ----------
    path : str or Path
        A table with any of the columns of `COHORT_COLUMNS` beside its own.

    Returns
    -------
    pandas.DataFrame
        Empty cells and ``nan`` are NaN; every other word is text.
    """
    text = dict.fromkeys((*STRINGS, "role", "name", "note", "unit_of_resampling"), str)
    frame = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=["nan", ""])
    # An empty note is an empty text, not a missing number.
    return frame.fillna({name: "" for name in text if name in frame})


def concatenate(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join the tables of all members into one, sorted by key.

    Parameters
    ----------
    tables : sequence of pandas.DataFrame
        Each with the columns of `COHORT_COLUMNS`.

    Returns
    -------
    pandas.DataFrame
        The same rows in whatever order the tables came.

    Raises
    ------
    ValueError
        If two rows share their key (everything but `VALUES`), naming the first such key.
    """
    frame = pd.concat(tables, ignore_index=True)
    repeated = frame.duplicated(list(KEY), keep=False)
    if repeated.any():
        key = frame.loc[repeated, list(KEY)].iloc[0].to_dict()
        raise ValueError(f"{int(repeated.sum())} rows share their key with another, expected one "
                         f"row per key; the first: {key}; delete the score files of this member "
                         "and run again")
    return frame.sort_values(list(KEY), ignore_index=True)


def check_complete(frame: pd.DataFrame, expected: Mapping[str, Sequence[str]],
                   seeds: Mapping[str, Sequence[int]]) -> None:
    """Refuse a cohort in which something of a member is absent, or a member unasked for.

    Parameters
    ----------
    frame : pandas.DataFrame
        The cohort's table.
    expected : mapping of str to sequence of str
        Model to what is scored of it: names of measures, and ``robustness <attack>``.
    seeds : mapping of str to sequence of int
        Of every model.

    Raises
    ------
    ValueError
        Naming everything that is missing and every unexpected member.
    """
    want = {(model, seed, name) for model, names in expected.items()
            for seed in seeds[model] for name in names}
    attack = frame["attack"].where(frame["attack"] != "none", "")
    named = frame[["model", "seed"]].assign(name=(frame["measure"] + " " + attack).str.strip())
    have = set(named.itertuples(index=False, name=None))
    members = {(model, seed) for model, seed, _ in want}
    found = {(model, seed) for model, seed, _ in have}
    problems = [f"missing {name} of {model} seed {seed}" for model, seed, name
                in sorted(want - have)]
    problems += [f"unexpected {model} seed {seed}" for model, seed in sorted(found - members)]
    if problems:
        raise ValueError(f"the cohort has {len(found & members)} of {len(members)} expected "
                         f"members whole or in part: {'; '.join(problems)}; "
                         "run the missing members, or take them out of the config")


def _check_columns(names: Sequence[str]) -> None:
    missing = [name for name in COHORT_COLUMNS if name not in names]
    unknown = [name for name in names if name not in COHORT_COLUMNS]
    if missing or unknown:
        raise ValueError(f"a score table lacks columns {missing} and has unknown columns "
                         f"{unknown}; expected exactly those of COHORT_COLUMNS "
                         "(italign/evaluation/columns.py)")


def _typed(column: pd.Series) -> np.ndarray:
    """Values in the column's dtype; whatever would be changed by the cast is refused."""
    name = str(column.name)
    if name in STRINGS:
        wrong = [value for value in column if not isinstance(value, str)]
        expected, dtype = "text ('none' where nothing applies)", object
    else:
        kinds = "iuf" if name in FLOATS else "iu"
        wrong = [] if column.dtype.kind in kinds else [value for value in column]
        expected, dtype = ("numbers", "float64") if name in FLOATS else ("integers", "int64")
    if wrong:
        raise ValueError(f"column {name!r} holds {wrong[0]!r} ({type(wrong[0]).__name__}), "
                         f"expected {expected}; correct the script that wrote the scores")
    return column.to_numpy(dtype=dtype)
