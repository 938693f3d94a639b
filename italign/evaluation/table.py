"""The one long table of the cohort: from data frame to netCDF and back, and its joints.

Columns are `italign.contracts.COHORT_COLUMNS`; every number of every member is one row.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

COHORT_COLUMNS = {
    "model": "name in the cohort table, e.g. cka-true-labels-p1_4",
    "method": "alignment loss",
    "target": "true, shuffled or random",
    "labels": "on or off: cross-entropy on the stimulus labels",
    "p": "probability that a step keeps the neural gradient",
    "adversarial": "off, or norm and epsilon in 1/255, e.g. linf-4",
    "seed": "seed of the run",
    "step": "gradient steps since the pretrained model",
    "steps_since_onset": "gradient steps since the neural loss was switched on",
    "measure": "what was measured; one file of italign/evaluation/measures, or robustness",
    "metric": "formula, e.g. cka, rsa_spearman, pls, i2n, accuracy, participation_ratio",
    "stimulus_set": "stimulus set of the measure",
    "categories": "all, overlapping (with the trained set) or novel",
    "animal": "held-out animal (similarity, predictivity), else none",
    "estimator": "biased or unbiased (cka), else none",
    "readout": "decoder or logits (behavior, probe, accuracy), else none",
    "ceiling_rule": "how raw, ceiling and ceiled belong together, else none",
    "attack": "name in evaluation.robustness, none without an attack",
    "norm": "linf or l2 of the attack, else none",
    "epsilon_255": "attack radius, or SD of noise, in 1/255 of the pixel range, else NaN",
    "raw": "CKA, correlation, accuracy or dimension",
    "chance": "value expected without any relation, else NaN",
    "ceiling": "what a perfect model would reach by the ceiling rule, else NaN",
    "ceiled": "raw and ceiling combined as the ceiling rule says, else NaN",
    "low_stimuli": "2.5 % bound of raw over stimuli, else NaN",
    "high_stimuli": "97.5 % bound of raw over stimuli, else NaN",
    "low_sites": "2.5 % bound of raw over recording sites, else NaN",
    "high_sites": "97.5 % bound of raw over recording sites, else NaN",
    "sd_splits": "SD of raw over random splits (cross-validation, human halves), else NaN",
    "n": "images behind the value",
}

# How raw and ceiling make ceiled, by ceiling_rule; written beside the numbers.
CEILED = {
    "split_half": "raw / similarity of the averages over random trial halves",
    "spearman_brown": "raw / (2 c / (1 + c)), c of split_half",
    "square_root": "raw / sqrt(c), c of split_half",
    "attainable": "raw / CKA of the noiseless population with the measured average, estimated",
    "r2_over_ceiling": "raw^2 / internal consistency",
    "squared_r_over_ceiling": "(raw / internal consistency)^2",
    "human_halves": "mean over random trial halves of raw / sqrt(r of the halves)",
}

INTEGERS = ("seed", "step", "steps_since_onset", "n")
INTERVALS = ("low_stimuli", "high_stimuli", "low_sites", "high_sites", "sd_splits")
FLOATS = ("p", "epsilon_255", "raw", "chance", "ceiling", "ceiled", *INTERVALS)
STRINGS = tuple(name for name in COHORT_COLUMNS if name not in INTEGERS + FLOATS)
VALUES = ("raw", "chance", "ceiling", "ceiled", *INTERVALS, "n")
KEY = tuple(name for name in COHORT_COLUMNS if name not in VALUES)
CONDITION = ("method", "target", "labels", "p", "adversarial")


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
                   seeds: Sequence[int]) -> None:
    """Refuse a cohort in which something of a member is absent, or a member unasked for.

    Parameters
    ----------
    frame : pandas.DataFrame
        The cohort's table.
    expected : mapping of str to sequence of str
        Model to what is scored of it: names of measures, and ``robustness <attack>``.
    seeds : sequence of int
        Of every model.

    Raises
    ------
    ValueError
        Naming everything that is missing and every unexpected member.
    """
    want = {(model, seed, name) for model, names in expected.items() for seed in seeds
            for name in names}
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
                         "(italign/evaluation/table.py)")


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
