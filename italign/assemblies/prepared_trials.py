"""Recorded two-alternative choices, from Brain-Score's trial tables (contract `behavior`)."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from italign.io import open_dataset
from italign.messages import first_names
from italign.resources.brainscore_names import DISTRACTORS, OBSERVERS, STIMULUS_IDS, TRUTHS
from italign.resources.native import as_text, first_present


def read_trials(path: str) -> pd.DataFrame:
    """Read one table.

    Parameters
    ----------
    path : str
        netCDF-4: one variable over ``presentation``, the choices, with coordinates.

    Returns
    -------
    pandas.DataFrame
        One row per trial: stimulus_id, truth, distractor, choice, observer (all str).

    Raises
    ------
    ValueError
        If the file has another layout.
    """
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
    # One person may be in two tables, and then has one name.
    return pd.DataFrame({**table, "observer": people}).assign(source=path)


def trials_of(
    tables: Sequence[pd.DataFrame], images: xr.Dataset, stimulus_set: str
) -> xr.Dataset:
    """Join trials to the images of a set.

    Parameters
    ----------
    tables : sequence of pandas.DataFrame
        As from `read_trials`.
    images : xarray.Dataset
        Test images of the set, contract ``stimuli``.
    stimulus_set : str
        Identifier of the set.

    Returns
    -------
    xarray.Dataset
        Contract ``behavior``, without its source; trials of other images are left out.

    Raises
    ------
    ValueError
        If no trial is of these images, or objects and categories do not agree.
    """
    trials = pd.concat(tables, ignore_index=True)
    source = ", ".join(dict.fromkeys(trials["source"]))
    nouns = pd.Series(images["category"].values, index=images["stimulus_id"].values)
    is_shown = trials["stimulus_id"].isin(nouns.index)
    if not is_shown.any():
        raise ValueError(f"{source}: trials are on {first_names(trials['stimulus_id'][:3])} ..., "
                         f"the test images of {stimulus_set} are {first_names(nouns.index[:3])} "
                         "...; expected some in common: prepare both from files of the same "
                         "experiment")
    trials = trials[is_shown]
    _check_objects(trials, nouns, source, stimulus_set)
    trials = _offered(trials, source)
    n_without = len(set(nouns.index) - set(trials["stimulus_id"]))
    logging.info("%s: %d of %d trials are on the %d test images, %d of which have none", source,
                 len(trials), len(is_shown), len(nouns), n_without)
    columns = {name: ("trial", trials[name].to_numpy(str))
               for name in ("stimulus_id", "truth", "distractor")}
    observer = pd.factorize(trials["observer"], sort=True)[0]
    return xr.Dataset({"choice": ("trial", trials["choice"].to_numpy(str))},
                      columns | {"observer": ("trial", observer)},
                      {"stimulus_set": stimulus_set})


def _check_objects(
    trials: pd.DataFrame, nouns: pd.Series, source: str, stimulus_set: str
) -> None:
    """Compare what trials call things with the categories of the images."""
    named = {*trials["truth"], *trials["distractor"]}
    if unknown := sorted(named - set(nouns)):
        raise ValueError(f"{source}: objects {first_names(unknown)} are no category of "
                         f"{stimulus_set}, which has {first_names(sorted(set(nouns)))}: expected "
                         "the same names; correct the categories of the set in stimuli.sets")
    shown = nouns[trials["stimulus_id"]].to_numpy()
    if (differs := shown != trials["truth"].to_numpy()).any():
        first = trials[differs].iloc[0]
        raise ValueError(f"{source}: {differs.sum()} trials show another object than the image of "
                         f"{stimulus_set} does, first {first['stimulus_id']}: found "
                         f"{first['truth']}, expected {nouns[first['stimulus_id']]}: prepare both "
                         "from files of the same experiment")


def _offered(trials: pd.DataFrame, source: str) -> pd.DataFrame:
    """Leave out trials whose choice was not offered, or with one object offered twice."""
    is_one = (trials["choice"] == trials["truth"]) | (trials["choice"] == trials["distractor"])
    is_two = trials["truth"] != trials["distractor"]
    if not (is_good := is_one & is_two).any():
        first = trials.iloc[0]
        raise ValueError(f"{source}: no trial has a choice that was offered (first: "
                         f"{first['choice']!r} of {first['truth']!r} and {first['distractor']!r}), "
                         "expected the chosen object's name: take the original file")
    if not is_good.all():
        logging.warning("%s: %d of %d trials are left out: the choice was not offered", source,
                        (~is_good).sum(), len(trials))
    return trials[is_good]
