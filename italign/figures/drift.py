"""Panels on what changes between sessions of the same sites: mean rate and tuning."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from italign.figures.palette import THRESHOLD, set_colour

SESSION = ["animal", "stimulus_set", "session"]
PER_SESSION = {"change_percent": "rate against first session (%)",
               "tuning_correlation": "tuning against other sessions (r)"}
MEDIAN = "median"  # item of a row of the quality table that is no site


def draw_drift(axes: Axes, quality: pd.DataFrame, quantity: str) -> None:
    """Draw one dot per site in one column per session, and the median as a bar.

    Parameters
    ----------
    axes : Axes
        Empty.
    quality : pandas.DataFrame
        As from `italign.assemblies.quality_marks.quality_marks`.
    quantity : str
        Panel of that table, a key of `PER_SESSION`.
    """
    rows = quality[quality["panel"] == quantity]
    names = []
    for column, (key, group) in enumerate(rows.groupby(SESSION, sort=False)):
        spread_dots(axes, column, group, key[1], f"{quantity}-{column}")
        names.append(key[-1])
    axes.axhline(0, color="0.75", linewidth=0.6, zorder=0)
    # Upright, for sessions may be many and their names long.
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.tick_params(axis="x", length=0)
    axes.set(xlim=(-0.6, len(names) - 0.4), ylabel=PER_SESSION[quantity])


def spread_dots(axes: Axes, column: int, rows: pd.DataFrame, stimulus_set: str, gid: str) -> None:
    """Draw values of sites as dots around a column, and the value of their median as a bar."""
    values = rows.loc[rows["item"] != MEDIAN, "value"].dropna().to_numpy()
    # Evenly spread, in file order: no random jitter, so the same data give the same file.
    x = column + np.linspace(-0.28, 0.28, len(values))
    axes.scatter(x, values, s=5, alpha=0.6, linewidths=0, color=set_colour(stimulus_set), gid=gid)
    bars = rows.loc[rows["item"] == MEDIAN, "value"].dropna()
    axes.hlines(bars, column - 0.36, column + 0.36, color=THRESHOLD, linewidth=1.2)
