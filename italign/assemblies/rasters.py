"""Rasters of a session: the crossings around the strongest and weakest stimuli of three sites.

With them go the quality and PSTHs of its sites: all that the session's page shows, so that the page
is redrawn without crossings, rates and assembly.
"""

import numpy as np
import pandas as pd
import xarray as xr

from italign.assemblies.session_psths import session_psths
from italign.assemblies.session_sites import PER_SITE, raster_sites, session_sites

N_STIMULI = 3  # strongest, and as many weakest
DIMS = {
    # Every site of the session.
    **dict.fromkeys(("neuroid_id", "channel", *PER_SITE, "selected", "drop_reason"), ("neuroid",)),
    # One row for each presentation shown of a site; a presentation may serve several sites.
    **dict.fromkeys(("site", "rank", "group", "stimulus_id", "line"), ("shown",)),
    **dict.fromkeys(("row", "time_ms"), ("tick",)),  # row: of the dimension shown
    **dict.fromkeys(("time_bin_start_ms", "time_bin_end_ms"), ("time_bin",)),
    "psth_scaled": ("neuroid", "time_bin"),
    **dict.fromkeys(("state", "n_sites"), ("state",)),  # kept and dropped sites
    **dict.fromkeys(("psth_mean_hz", "psth_sem_hz"), ("state", "time_bin")),
}
MEANINGS = {
    "neuroid_id": "site of the session", "channel": "electrode",
    "reliability": "split-half reliability", "reliability_low": "lower end of its 95 % interval",
    "reliability_high": "upper end of its 95 % interval", "latency_ms": "half-height latency",
    "selected": "1: kept", "drop_reason": "criteria that the site fails",
    "time_bin_start_ms": "start of the bin after the onset",
    "time_bin_end_ms": "end of the bin after the onset",
    "psth_scaled": "mean rate, from the site's lowest bin (0) to its highest (1)",
    "state": "whether sites are kept", "n_sites": "sites of that state",
    "psth_mean_hz": "mean rate over these sites",
    "psth_sem_hz": "standard error of that mean over sites",
    "site": "neuroid_id of the raster",
    "rank": "best, median or worst reliability", "group": "weakest or strongest stimuli",
    "stimulus_id": "stimulus shown", "line": "line in the raster, from 0",
    "row": "presentation of the tick, from 0", "time_ms": "crossing after the onset",
}
DETECTION = ("edge", "sign", "threshold_sd", "sd_estimator", "sd_segment", "band_pass_hz",
             "dead_time_ms")
PLACE = ("session", "animal", "hemisphere", "array", "region", "stimulus_set")
WINDOW = ("window_start_ms", "window_end_ms", "n_lost_in_gaps", "source")
ATTRS = (*PLACE, *DETECTION, *WINDOW, "n_presentations", "n_aborted", "reliability_min")


def session_rasters(crossings: xr.Dataset, presentations: pd.DataFrame, rates: xr.Dataset,
                    assembly: xr.Dataset) -> xr.Dataset:
    """Gather what the page of a session shows.

    Parameters
    ----------
    crossings, rates, assembly : xarray.Dataset
        Contracts of the same names; the assembly holds the session's sites, and its time bins are
        the range shown.
    presentations : pandas.DataFrame
        As from `read_presentations`; only counted, `rates` tells which ones entered.

    Returns
    -------
    xarray.Dataset
        Variables `DIMS`, times in ms after onset; attrs `ATTRS`, ``reliability_min`` being the
        least reliability asked of a site (NaN: none).

    Raises
    ------
    ValueError
        If the assembly has none of the session's sites.
    """
    # A blank is shown, but is no stimulus of the assembly.
    known = rates.isel(presentation=np.isin(rates["stimulus_id"].values,
                                            assembly["stimulus_id"].values))
    range_ms = (assembly["time_bin_start_ms"].values[0], assembly["time_bin_end_ms"].values[-1])
    sites = session_sites(rates, assembly)
    shown, ticks, n_shown = [], [], 0
    for site in raster_sites(sites).itertuples():
        lines = _lines(site, known)
        row, time_ms = _ticks(site, lines, known, crossings, range_ms)
        shown.append(lines)
        ticks.append(pd.DataFrame({"row": row + n_shown, "time_ms": time_ms}))
        n_shown += len(lines)
    columns = {**_site_columns(sites), **session_psths(sites, assembly),
               **_columns(shown, "shown"), **_columns(ticks, "tick")}
    variables = {name: (DIMS[name], columns[name], {"units": _unit(name),
                                                    "long_name": MEANINGS[name]})
                 for name in DIMS}
    attrs = {**{name: crossings.attrs[name] for name in (*PLACE, *DETECTION)},
             **{name: rates.attrs[name] for name in WINDOW},
             "n_presentations": len(presentations),
             "n_aborted": int(presentations["aborted"].sum()),
             "reliability_min": float(assembly.attrs["reliability_min"])}
    return xr.Dataset(variables, attrs=attrs)


def check_rasters(rasters: xr.Dataset, path: str) -> None:
    """Refuse a file that does not hold the rasters of a session.

    Parameters
    ----------
    rasters : xarray.Dataset
        As read from `path`.
    path : str
        Named in the message.

    Raises
    ------
    ValueError
        With what is missing.
    """
    missing = [f"variable {name!r} over {' and '.join(dims)}" for name, dims in DIMS.items()
               if name not in rasters or rasters[name].dims != dims]
    missing += [f"attribute {name!r}" for name in ATTRS if name not in rasters.attrs]
    if missing:
        raise ValueError(f"{path}: {', '.join(missing)} missing, expected the rasters of a "
                         "session; delete the file and run again")


def extreme_presentations(rate_hz: np.ndarray, stimulus_id: np.ndarray) -> pd.DataFrame:
    """List the presentations of a site's strongest and weakest stimuli, weakest first.

    Parameters
    ----------
    rate_hz : numpy.ndarray
        (n_presentations,), Hz in the response window.
    stimulus_id : numpy.ndarray
        (n_presentations,)

    Returns
    -------
    pandas.DataFrame
        presentation (index), stimulus_id, group (weakest or strongest), line (from 0), by stimulus
        and in time order; `N_STIMULI` stimuli in a group, or half of all.
    """
    means = pd.Series(rate_hz).groupby(stimulus_id).mean().sort_values(kind="stable")
    n_stimuli = max(1, min(N_STIMULI, len(means) // 2))
    groups = {"weakest": means.index[:n_stimuli], "strongest": means.index[-n_stimuli:]}
    tables = [
        pd.DataFrame({"presentation": np.flatnonzero(stimulus_id == name), "stimulus_id": name,
                      "group": group})
        for group, names in groups.items() for name in names
    ]
    table = pd.concat(tables, ignore_index=True)
    return table.assign(line=np.arange(len(table)))


def align_crossings(crossing_s: np.ndarray, onset_s: np.ndarray,
                    range_ms: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Times of crossings after each onset.

    Parameters
    ----------
    crossing_s : numpy.ndarray
        (n_crossings,) seconds of one channel, ascending.
    onset_s : numpy.ndarray
        (n_onsets,) seconds, in any order.
    range_ms : tuple of float
        Start and end after onset, half-open.

    Returns
    -------
    index, time_ms : numpy.ndarray
        Onset of each crossing found, and its time after that onset; a crossing within range of
        several onsets is found once for each.
    """
    edges = np.searchsorted(crossing_s, onset_s[:, None] + np.asarray(range_ms) / 1e3)
    counts = edges[:, 1] - edges[:, 0]
    index = np.repeat(np.arange(len(onset_s)), counts)
    place = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    crossing = np.repeat(edges[:, 0], counts) + place
    return index, (crossing_s[crossing] - onset_s[index]) * 1e3


def _lines(site: tuple, rates: xr.Dataset) -> pd.DataFrame:
    """Presentations shown of one site, a row each."""
    at_site = rates["neuroid_id"].values == site.neuroid_id
    lines = extreme_presentations(rates["rate_hz"].values[:, at_site][:, 0],
                                  rates["stimulus_id"].values.astype(str))
    return lines.assign(site=site.neuroid_id, rank=site.rank)


def _ticks(site: tuple, lines: pd.DataFrame, rates: xr.Dataset, crossings: xr.Dataset,
           range_ms: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Line and time of each crossing of the site's channel around the presentations shown."""
    of_channel = crossings["crossing_channel"].values == site.channel
    return align_crossings(np.sort(crossings["time_s"].values[of_channel]),
                           rates["onset_s"].values[lines["presentation"]], range_ms)


def _columns(tables: list[pd.DataFrame], dim: str) -> dict[str, np.ndarray]:
    """The variables of one dimension; empty ones of a session of which nothing is kept."""
    kinds = {"line": "int32", "row": "int32", "time_ms": "float64"}
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return {name: table[name].to_numpy(kinds.get(name, str)) if tables
            else np.array([], kinds.get(name, "U1")) for name in DIMS if DIMS[name] == (dim,)}


def _site_columns(sites: pd.DataFrame) -> dict[str, np.ndarray]:
    kinds = {"neuroid_id": str, "drop_reason": str, "selected": "int8"}
    return {name: sites[name].to_numpy(kinds.get(name)) for name in sites}


def _unit(name: str) -> str:
    return next((unit for unit in ("ms", "Hz") if name.endswith(f"_{unit.lower()}")), "1")
