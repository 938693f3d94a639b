"""Rasters: every crossing of a site around the onsets of its strongest and weakest stimuli."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from italign.figures.palette import EXTREMES, WINDOW

N_STIMULI = 3  # strongest, and as many weakest
RANKS = ("best", "median", "worst")


def raster_sites(sites: pd.DataFrame) -> pd.DataFrame:
    """Choose the kept sites of highest, median and lowest reliability.

    Parameters
    ----------
    sites : pandas.DataFrame
        As from `italign.figures.sites.session_sites`.

    Returns
    -------
    pandas.DataFrame
        At most three rows of `sites` with ``rank`` best, median or worst; none if none is kept.
    """
    kept = sites[sites["selected"]].sort_values("reliability", ascending=False, kind="stable")
    chosen = {}
    for rank, place in zip(RANKS, (0, len(kept) // 2, len(kept) - 1), strict=True):
        if len(kept):
            chosen.setdefault(place, rank)
    return kept.iloc[list(chosen)].assign(rank=list(chosen.values()))


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


def draw_raster(axes: Axes, site: pd.Series, rates: xr.Dataset, crossings: xr.Dataset,
                range_ms: tuple[float, float]) -> pd.DataFrame:
    """Draw one site's raster with the response window shaded.

    Parameters
    ----------
    axes : Axes
        Empty.
    site : pandas.Series
        A row of `raster_sites`.
    rates, crossings : xarray.Dataset
        Contracts of the same names; of `rates`, only the presentations to choose from.
    range_ms : tuple of float
        Shown.

    Returns
    -------
    pandas.DataFrame
        One row per tick: panel, neuroid_id, channel, item (rank and group), stimulus_id, line,
        time_ms.
    """
    at_site = rates["neuroid_id"].values == site["neuroid_id"]
    shown = extreme_presentations(rates["rate_hz"].values[:, at_site][:, 0],
                                  rates["stimulus_id"].values.astype(str))
    of_channel = crossings["crossing_channel"].values == site["channel"]
    index, time_ms = align_crossings(np.sort(crossings["time_s"].values[of_channel]),
                                     rates["onset_s"].values[shown["presentation"]], range_ms)
    ticks = shown.iloc[index].assign(time_ms=time_ms)
    for group, rows in ticks.groupby("group"):
        axes.vlines(rows["time_ms"], rows["line"] - 0.5, rows["line"] + 0.5, linewidth=0.6,
                    color=EXTREMES[group], gid=group)
    _separate_stimuli(axes, shown)
    mark_window(axes, rates)
    axes.set(xlim=range_ms, ylim=(-0.5, len(shown) - 0.5), xlabel="time after onset (ms)",
             title=f"{site['rank']} kept: channel {site['channel']}, "
                   f"r = {site['reliability']:.2f}")
    return ticks.drop(columns="presentation").assign(
        panel="raster", neuroid_id=site["neuroid_id"], channel=site["channel"],
        item=site["rank"] + ", " + ticks["group"])


def mark_window(axes: Axes, rates: xr.Dataset) -> None:
    """Shade the response window and draw a line at the onset."""
    axes.axvspan(rates.attrs["window_start_ms"], rates.attrs["window_end_ms"], color=WINDOW,
                 linewidth=0, zorder=0)
    axes.axvline(0, color="0.3", linewidth=0.6, linestyle=":", zorder=1)


def _separate_stimuli(axes: Axes, shown: pd.DataFrame) -> None:
    """A thin line between stimuli, a thick one between the groups, and the groups' names."""
    lines = shown["line"].to_numpy()[1:] - 0.5
    of_stimuli = shown["stimulus_id"].to_numpy()
    of_groups = shown["group"].to_numpy()
    axes.hlines(lines[of_stimuli[1:] != of_stimuli[:-1]], 0, 1, color="0.75", linewidth=0.4,
                transform=axes.get_yaxis_transform())
    axes.hlines(lines[of_groups[1:] != of_groups[:-1]], 0, 1, color="0.2", linewidth=0.8,
                transform=axes.get_yaxis_transform())
    centres = shown.groupby("group", sort=False)["line"].mean()
    axes.set_yticks(centres, [f"{name}\nstimuli" for name in centres.index], rotation=90,
                    va="center", ma="center")
    axes.tick_params(axis="y", length=0)
