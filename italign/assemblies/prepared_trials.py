"""Recorded choices joined to the images of a set (contract `behavior`)."""

import logging

import pandas as pd
import xarray as xr

from italign.contracts import ALL_OTHERS
from italign.messages import first_names


def trials_of(trials: pd.DataFrame, images: xr.Dataset, stimulus_set: str) -> xr.Dataset:
    """Join trials to the images of a set.

    Parameters
    ----------
    trials : pandas.DataFrame
        As from a function of `italign.assemblies.choices`.
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
    trials = _offered(trials, set(nouns), source)
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
    named = {*trials["truth"], *trials["distractor"]} - {ALL_OTHERS}
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


def _offered(trials: pd.DataFrame, nouns: set[str], source: str) -> pd.DataFrame:
    """Leave out trials whose choice was not offered, or with one object offered twice."""
    choice, truth, distractor = (trials[name] for name in ("choice", "truth", "distractor"))
    # ASSUME: among all, the set's nouns are chosen in the same proportions as if others had not
    # been offered (Luce's choice axiom), so that choices of others can be left out.
    is_any = (distractor == ALL_OTHERS) & choice.isin(nouns)
    is_one = (choice == truth) | (choice == distractor) & (distractor != ALL_OTHERS)
    is_good = is_any | is_one & (truth != distractor)
    if not is_good.any():
        first = trials.iloc[0]
        offered = f"{first['truth']!r} and {first['distractor'] or 'all others'!r}"
        raise ValueError(f"{source}: no trial has a choice that was offered (first: "
                         f"{first['choice']!r} of {offered}), expected the chosen object's name: "
                         "take the original file")
    if not is_good.all():
        logging.warning("%s: %d of %d trials are left out: the choice was not offered, or is no "
                        "noun of the set", source, (~is_good).sum(), len(trials))
    return trials[is_good]
