"""Assemblies from responses of others: joined to images, and session beside session."""

import numpy as np
import pandas as pd
import xarray as xr

from italign.assemblies.layout import SITE_COORDS, join_labels
from italign.assemblies.prepared_quality import judge_sites
from italign.assemblies.sessions import BIN_EDGES
from italign.assemblies.site_lists import SiteList
from italign.assemblies.sources._records import Responses
from italign.messages import first_names


def join_stimuli(responses: Responses, stimulus_ids: np.ndarray, source: str) -> Responses:
    """Keep the responses to the images of a set.

    Parameters
    ----------
    responses : Responses
        To all images of a file.
    stimulus_ids : numpy.ndarray, str (n_images,)
        Images of the set; those that the file lacks are no matter, as a file holds one split or one
        session.
    source : str
        The file, for the message.

    Returns
    -------
    Responses
        Sorted by stimulus_id.

    Raises
    ------
    ValueError
        If the two have no image in common.
    """
    known, row = np.unique(responses.stimulus_ids, return_index=True)
    row = row[np.isin(known, stimulus_ids)]
    if not row.size:
        raise ValueError(f"{source}: responses are to {first_names(known[:3])} ..., the images are "
                         f"{first_names(np.sort(stimulus_ids)[:3])} ...; expected some in common: "
                         "prepare both from files of the same experiment")
    return Responses(responses.rate[row], responses.stimulus_ids[row], responses.sites,
                     responses.units)


def join_sessions(sessions: dict[str, Responses]) -> Responses:
    """Put the sites of several sessions side by side.

    Parameters
    ----------
    sessions : dict of str to Responses
        By name of the session, for messages; each with sites of its own.

    Returns
    -------
    Responses
        To all images that some session showed, sorted by stimulus_id. NaN where the session of a
        site did not show an image, or has fewer repetitions than another.

    Raises
    ------
    ValueError
        If sessions have other units, or a site in common.
    """
    _check_alike(sessions)
    stimulus_ids, rows = join_labels([one.stimulus_ids for one in sessions.values()])
    n_repetitions = max(one.rate.shape[1] for one in sessions.values())
    rates = []
    for row, one in zip(rows, sessions.values(), strict=True):
        shape = (stimulus_ids.size, n_repetitions, one.rate.shape[2])
        rates.append(np.full(shape, np.nan, np.float32))
        rates[-1][row, :one.rate.shape[1]] = one.rate
    sites = pd.concat([one.sites for one in sessions.values()], ignore_index=True)
    units = next(iter(sessions.values())).units
    return Responses(np.concatenate(rates, axis=2), stimulus_ids, sites, units)


def assembly_of(
    sessions: dict[str, Responses], selection: dict, n_splits: int, seed: int,
    listed: SiteList | None = None,
) -> xr.Dataset:
    """Give responses the form of contract ``assembly``, without animal, set and source.

    Parameters
    ----------
    sessions : dict of str to Responses
        To the images of one set, by name of the session for messages; as `join_sessions`.
    selection : dict
        As `italign.assemblies.selection.select_sites`.
    n_splits, seed : int
        Of the split-half reliability.
    listed : SiteList, optional
        Sites that may be selected; all by default.

    Returns
    -------
    xarray.Dataset
        Sites are judged by the images of their own session: without a response to some of these, or
        with none but zeros, they have selected = 0, as have those that are not listed. There are
        no time bins.

    Raises
    ------
    ValueError
        If a measure is asked that a file cannot give, or no site of a session is selected.
    """
    joined, limit = join_sessions(sessions), selection["reliability_min"]
    judged = [judge_sites(one, name, selection, n_splits, seed, listed)
              for name, one in sessions.items()]
    per_site = {name: np.concatenate([one[name] for one in judged]) for name in judged[0]}
    no_time_bin = {name: ("time_bin", np.zeros(0)) for name in BIN_EDGES}
    return xr.Dataset(
        {"rate": (("stimulus", "repetition", "neuroid"), joined.rate),
         "psth_hz": (("neuroid", "time_bin"), np.zeros((joined.rate.shape[2], 0), np.float32)),
         **{name: ("neuroid", values) for name, values in per_site.items()}},
        coords={"stimulus_id": ("stimulus", joined.stimulus_ids), **no_time_bin,
                **{name: ("neuroid", joined.sites[name].to_numpy()) for name in SITE_COORDS}},
        attrs={"reliability_min": np.nan if limit is None else limit, "drive_reference": "none",
               "session_normalisation": "as in the file"},
    )


def _check_alike(sessions: dict[str, Responses]) -> None:
    """Refuse sessions in other units, or two that name a site alike."""
    units = {one.units: name for name, one in sessions.items()}
    if len(units) > 1:
        found = "; ".join(f"{name} in {unit}" for unit, name in units.items())
        raise ValueError(f"rates are in different units ({found}), expected one: prepare files of "
                         "one kind together")
    owner: dict[str, str] = {}
    for name, one in sessions.items():
        for site in one.sites["neuroid_id"]:
            if site in owner:
                raise ValueError(f"site {site} is in {owner[site]} and in {name}, expected sites "
                                 "of its own in every session: list each file once, and files of "
                                 "the same sites as entries of assemblies.prepared of their own")
            owner[site] = name
