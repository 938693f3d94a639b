"""Reliability by electrode position."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle

from italign.figures.palette import ARRAY_MAP, NO_VALUE
from italign.recordings.array_map import default_map, place_channels

CELL = 0.92  # of the distance between electrodes


def draw_array_map(axes: Axes, sites: pd.DataFrame, positions: pd.DataFrame | None,
                   session: str) -> tuple[PatchCollection, pd.DataFrame]:
    """Draw one cell per electrode, coloured by reliability, dropped sites crossed.

    Parameters
    ----------
    axes : Axes
        Empty.
    sites : pandas.DataFrame
        As from `italign.assemblies.session_sites.tabulate_sites`.
    positions : pandas.DataFrame or None
        As from `italign.recordings.array_map.read_array_map`; None lays the channels out in their
        order, and the title says so.
    session : str
        Named in the message if a channel has no position.

    Returns
    -------
    cells : PatchCollection
        For the colour bar.
    drawn : pandas.DataFrame
        One row per site: panel, neuroid_id, channel, item (kept or dropped), row, column, value;
        and one without neuroid_id for each position whose channel has no site here.
    """
    given = positions is not None
    positions = positions if given else default_map(sites["channel"])
    placed = place_channels(sites["channel"], positions, f"session {session}")
    _draw_cells(axes, positions, facecolor="none", edgecolor="0.75", linewidth=0.4)
    cells = _draw_cells(axes, placed, cmap=mpl.colormaps[ARRAY_MAP].with_extremes(bad=NO_VALUE))
    cells.set_array(np.ma.masked_invalid(sites["reliability"]))
    cells.set_clim(0, 1)
    dropped = placed[~sites["selected"].to_numpy()]
    axes.scatter(dropped["column"], dropped["row"], s=16, marker="X", facecolor="white",
                 edgecolor="black", linewidths=0.5, zorder=3, gid="dropped")
    axes.set(aspect="equal", xlim=_limits(positions["column"]), ylim=_limits(positions["row"]),
             xticks=[], yticks=[], title="array map (x: dropped)" if given
             else "channel order (no array map\ngiven; x: dropped)")
    axes.spines[:].set_visible(False)
    drawn = pd.DataFrame({
        "panel": "array_map", "neuroid_id": sites["neuroid_id"].to_numpy(),
        "item": np.where(sites["selected"], "kept", "dropped"), **placed,
        "value": sites["reliability"].to_numpy(),
    })
    empty = positions[~positions["channel"].isin(placed["channel"])]
    return cells, pd.concat([drawn, empty.assign(panel="array_map", item="no site")])


def _draw_cells(axes: Axes, positions: pd.DataFrame, **style) -> PatchCollection:
    corners = positions[["column", "row"]].to_numpy() - CELL / 2
    cells = [Rectangle(corner, CELL, CELL) for corner in corners]
    return axes.add_collection(PatchCollection(cells, **style))


def _limits(places: pd.Series) -> tuple[float, float]:
    return places.min() - 0.6, places.max() + 0.6
