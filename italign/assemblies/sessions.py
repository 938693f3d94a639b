"""Sessions of one animal and stimulus set, joined by label into stimulus x repetition x site.

A session is a dataset of contract rates, with the coordinates of its time bins and the moments of
their counts over presentations with an image: total and square, (neuroid, time_bin), as from
`italign.assemblies.latency.count_moments`.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from italign.assemblies.drift import session_drift
from italign.assemblies.latency import half_height_latency, mean_psth
from italign.assemblies.layout import SITE_COORDS, Placement, join_labels, stack_repetitions
from italign.assemblies.quality import fano_factor, visual_drive_dprime

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
        In the order of time.
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


def quality_in_hz(
    shown: list[xr.Dataset], blanks: list[xr.Dataset], placement: Placement
) -> tuple[np.ndarray, str, dict[str, np.ndarray]]:
    """Mean response over time, and the measures that need rates in Hz.

    Parameters
    ----------
    shown, blanks : list of xarray.Dataset
        As from `split_blanks`.
    placement : Placement
        As from `place_sessions`.

    Returns
    -------
    psth_hz : numpy.ndarray, (n_neuroids, n_bins)
        Over presentations with an image; 0 or more.
    reference : {"blank", "baseline"}
        What visual drive is against.
    quality : dict of str to numpy.ndarray, (n_neuroids,)
        visual_drive_dprime, latency_ms (after image onset), fano_factor, rate_hz; as defined in
        `italign.assemblies.quality` and `italign.assemblies.latency`.

    Raises
    ------
    ValueError
        If no time bin starts at or after image onset.
    """
    driven_hz, baseline_hz = (stack_repetitions([s[name].values for s in shown], placement)
                              for name in ("rate_hz", "baseline_hz"))
    reference, undriven_hz = _undriven(blanks, baseline_hz, placement)
    before_hz = np.nanmean(baseline_hz, axis=(0, 1), dtype=np.float64)
    psth_hz, latency_ms = _over_time(shown, before_hz, placement)
    start_ms, end_ms = (shown[0].attrs[name] for name in WINDOW)
    return psth_hz, reference, {
        "visual_drive_dprime": visual_drive_dprime(driven_hz, undriven_hz),
        "latency_ms": latency_ms,
        "fano_factor": fano_factor(driven_hz, end_ms - start_ms),
        "rate_hz": np.nanmean(driven_hz, axis=(0, 1), dtype=np.float64),
    }


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


def _undriven(
    blanks: list[xr.Dataset], baseline_hz: np.ndarray, placement: Placement
) -> tuple[str, np.ndarray]:
    """Rates of blanks, (1, n_repetitions, n_neuroids), or else those of the baseline window."""
    of_blanks = replace(placement, n_stimuli=1,
                        rows=[np.zeros(blank.sizes["presentation"], int) for blank in blanks],
                        orders=[blank["repetition"].values for blank in blanks])
    blank_hz = stack_repetitions([blank["rate_hz"].values for blank in blanks], of_blanks)
    # One reference for all sites: d' against different ones cannot be compared.
    has_blanks = np.isfinite(blank_hz).sum(axis=(0, 1)).min() >= 2
    return ("blank", blank_hz) if has_blanks else ("baseline", baseline_hz)


def _over_time(
    shown: list[xr.Dataset], before_hz: np.ndarray, placement: Placement
) -> tuple[np.ndarray, np.ndarray]:
    """Mean response, (n_neuroids, n_bins), and its latency in ms, (n_neuroids,)."""
    start_ms, end_ms = (shown[0][name].values for name in BIN_EDGES)
    moments = [(s["total"].values, s["square"].values, s.sizes["presentation"]) for s in shown]
    psth_hz, se_hz = mean_psth(moments, placement.columns, placement.n_neuroids, end_ms - start_ms)
    return psth_hz, half_height_latency(psth_hz, se_hz, before_hz, start_ms, end_ms)
