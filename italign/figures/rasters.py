"""Rasters: every crossing of a site around the onsets of its strongest and weakest stimuli."""

import pandas as pd
from matplotlib.axes import Axes

from italign.figures.palette import EXTREMES, WINDOW


def draw_raster(axes: Axes, site: pd.Series, shown: pd.DataFrame, ticks: pd.DataFrame,
                range_ms: tuple[float, float], window_ms: tuple[float, float]) -> pd.DataFrame:
    """Draw one site's raster with the response window shaded.

    Parameters
    ----------
    axes : Axes
        Empty.
    site : pandas.Series
        A row of `italign.assemblies.session_sites.tabulate_sites`, and its rank.
    shown : pandas.DataFrame
        stimulus_id, group and line of each presentation, one by one.
    ticks : pandas.DataFrame
        The same and time_ms of each crossing.
    range_ms, window_ms : tuple of float
        Shown, and shaded: start and end after onset.

    Returns
    -------
    pandas.DataFrame
        One row per tick: panel, neuroid_id, channel, item (rank and group), stimulus_id, line,
        time_ms.
    """
    for group, rows in ticks.groupby("group"):
        axes.vlines(rows["time_ms"], rows["line"] - 0.5, rows["line"] + 0.5, linewidth=0.6,
                    color=EXTREMES[group], gid=group)
    _separate_stimuli(axes, shown)
    mark_window(axes, window_ms)
    axes.set(xlim=range_ms, ylim=(-0.5, len(shown) - 0.5), xlabel="time after onset (ms)",
             title=f"{site['rank']} kept: channel {site['channel']}, "
                   f"r = {site['reliability']:.2f}")
    return ticks.assign(
        panel="raster", neuroid_id=site["neuroid_id"], channel=site["channel"],
        item=site["rank"] + ", " + ticks["group"])


def mark_window(axes: Axes, window_ms: tuple[float, float]) -> None:
    """Shade the response window and draw a line at the onset."""
    axes.axvspan(*window_ms, color=WINDOW, linewidth=0, zorder=0)
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
    ends = shown.groupby("group", sort=False)["line"].agg(["min", "max"])
    centres = (ends["min"] + ends["max"]) / 2  # a group's lines are consecutive
    axes.set_yticks(centres, [f"{name}\nstimuli" for name in centres.index], rotation=90,
                    va="center", ma="center")
    axes.tick_params(axis="y", length=0)
