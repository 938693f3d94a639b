"""Sessions of one animal and stimulus set, joined by label into stimulus x repetition x site.

A session is a dataset of contract rates, with the coordinates of its time bins.
"""

import numpy as np
import pandas as pd
import xarray as xr

from italign.assemblies.drift import session_drift
from italign.assemblies.layout import (
    SITE_COORDS,
    Placement,
    count_repetitions,
    join_labels,
)
from italign.messages import first_names

WINDOW = ("window_start_ms", "window_end_ms")
BIN_EDGES = ("time_bin_start_ms", "time_bin_end_ms")


def check_alike(sessions: list[xr.Dataset]) -> None:
    """Refuse sessions whose counts come from other windows or bins than those of the first.

    Parameters
    ----------
    sessions : list of xarray.Dataset
        One or more.

    Raises
    ------
    ValueError
        With the first session and window or bin edges that differ.
    """
    first = sessions[0]
    for session in sessions[1:]:
        for name in (*WINDOW, *BIN_EDGES):
            found, expected = (s[name].values if name in BIN_EDGES else s.attrs[name]
                               for s in (session, first))
            if not np.array_equal(found, expected):
                raise ValueError(f"session {session.attrs['session']}: {name} is {_words(found)}, "
                                 f"expected {_words(expected)} as in session "
                                 f"{first.attrs['session']}: compute the rates of both with the "
                                 "same config")


def split_blanks(
    sessions: list[xr.Dataset], blank_stimulus_id: str
) -> tuple[list[xr.Dataset], list[xr.Dataset]]:
    """Part presentations with an image from those without.

    Parameters
    ----------
    sessions : list of xarray.Dataset
        In the order of the session sheet.
    blank_stimulus_id : str
        Stimulus id of presentations without an image.

    Returns
    -------
    shown, blanks : list of xarray.Dataset
        One each per session; blanks may have no presentation.
    """
    is_blank = [session["stimulus_id"].values == blank_stimulus_id for session in sessions]
    shown, blanks = ([session.isel(presentation=blank == wanted)
                      for session, blank in zip(sessions, is_blank, strict=True)]
                     for wanted in (False, True))
    return shown, blanks


def leave_out_rare(
    sessions: list[xr.Dataset], blank_stimulus_id: str, source: str
) -> tuple[list[xr.Dataset], list[str], list[str]]:
    """Leave out stimuli that some site has fewer than two repetitions of.

    An assembly has every stimulus at every site. So a stimulus that one array's sessions lack is
    lost to all of the animal's arrays.

    Parameters
    ----------
    sessions : list of xarray.Dataset
        All sessions of one animal and set; at least one presentation with an image in each.
    blank_stimulus_id : str
        Stimulus id of presentations without an image; these stay.
    source : str
        Animal and set, for the message.

    Returns
    -------
    sessions : list of xarray.Dataset
        Those that show any of the other stimuli, without presentations of rare ones.
    left_out : list of str
        Stimulus ids, ascending.
    arrays : list of str
        Names of the arrays with too few repetitions of them.

    Raises
    ------
    ValueError
        If fewer than two stimuli, or less than half of them, would remain.
    """
    shown, _ = split_blanks(sessions, blank_stimulus_id)
    joined, placement = place_sessions(shown)
    is_short = count_repetitions(placement) < 2
    is_rare = is_short.any(axis=1)
    n_rare, n_stimuli = int(is_rare.sum()), len(is_rare)
    rare = joined["stimulus_id"].values[is_rare]
    arrays = sorted(set(joined["array"].values[is_short.any(axis=0)].tolist()))
    if n_stimuli - n_rare < max(2, n_stimuli / 2):
        named = f" of array {', '.join(arrays)} ({first_names(rare)})" if n_rare else ""
        raise ValueError(f"{source}: {n_rare} of {n_stimuli} stimuli have fewer than 2 repetitions "
                         f"at some site{named}, expected at least half of the stimuli, and two, "
                         "with more: record more, or take sessions of other stimuli out of the "
                         "sheet")
    kept = [session.isel(presentation=~np.isin(session["stimulus_id"].values, rare))
            for session in sessions]
    kept = [session for session in kept
            if (session["stimulus_id"].values != blank_stimulus_id).any()]
    return kept, rare.tolist(), arrays


def place_sessions(shown: list[xr.Dataset]) -> tuple[xr.Dataset, Placement]:
    """Give the stimuli and sites of all sessions one order.

    Parameters
    ----------
    shown : list of xarray.Dataset
        As from `split_blanks`.

    Returns
    -------
    joined : xarray.Dataset
        No variables; the coordinates of contract assembly: stimulus_id (stimulus,), neuroid_id and
        other names of sites (neuroid,), edges of the bins (time_bin,).
    placement : Placement
        Where each session's presentations and sites go.
    """
    stimulus_ids, rows = join_labels([s["stimulus_id"].values for s in shown])
    neuroid_ids, columns = join_labels([s["neuroid_id"].values for s in shown])
    _, first = np.unique(np.concatenate(columns), return_index=True)
    sites = {name: np.concatenate([s[name].values for s in shown])[first] for name in SITE_COORDS}
    joined = xr.Dataset(coords={
        "stimulus_id": ("stimulus", stimulus_ids),
        **{name: ("time_bin", shown[0][name].values) for name in BIN_EDGES},
        **{name: ("neuroid", values) for name, values in sites.items()},
    })
    orders = [s["repetition"].values for s in shown]
    return joined, Placement(rows, columns, orders, len(stimulus_ids), len(neuroid_ids))


def drift_table(
    shown: list[xr.Dataset], placement: Placement, neuroid_ids: np.ndarray
) -> pd.DataFrame:
    """How the rate and the tuning of each site change within and between sessions.

    Parameters
    ----------
    shown : list of xarray.Dataset
        As from `split_blanks`.
    placement : Placement
        As from `place_sessions`.
    neuroid_ids : numpy.ndarray, str (n_neuroids,)
        Names of the sites.

    Returns
    -------
    pandas.DataFrame
        One row per session and site: session, neuroid_id, and the numbers of `session_drift`.
    """
    rates_hz, baselines_hz, onset_s = ([s[name].values for s in shown]
                                       for name in ("rate_hz", "baseline_hz", "onset_s"))
    table = session_drift(rates_hz, baselines_hz, placement.rows, onset_s, placement.columns,
                          placement.n_stimuli, placement.n_neuroids)
    sessions = np.array([s.attrs["session"] for s in shown])
    names = pd.DataFrame({"session": sessions[table.pop("session_index")],
                          "neuroid_id": neuroid_ids[table.pop("site")]})
    return pd.concat([names, table], axis=1)


def _words(setting: float | np.ndarray) -> str:
    if np.ndim(setting) == 0:
        return f"{setting:g}"
    return f"{setting[0]:g} to {setting[-1]:g} in {len(setting)} bins"
