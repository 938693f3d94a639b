"""Panels on what changes between sessions of the same sites: mean rate and tuning."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from italign.figures.palette import THRESHOLD, set_colour

SITE = ["animal", "stimulus_set", "neuroid_id"]
SESSION = ["animal", "stimulus_set", "session"]
PER_SESSION = {"change_percent": "rate against first session (%)",
               "tuning_correlation": "tuning against other sessions (r)"}


def repeated_sites(drift: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of sites that were recorded in more than one session of a stimulus set.

    Parameters
    ----------
    drift : pandas.DataFrame
        Rows of the assemblies' drift tables, each site's sessions in order.

    Returns
    -------
    pandas.DataFrame
        Those rows, with ``change_percent`` NaN in each site's first session, against which it is
        measured.
    """
    by_site = drift.groupby(SITE)["session"]
    first = by_site.cumcount() == 0
    marked = drift.assign(change_percent=drift["change_percent"].mask(first))
    return marked[by_site.transform("size") > 1]


def draw_drift(axes: Axes, drift: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Draw one dot per site in one column per session, and the median as a bar.

    Parameters
    ----------
    axes : Axes
        Empty.
    drift : pandas.DataFrame
        As from `repeated_sites`.
    quantity : str
        A key of `PER_SESSION`; sessions without a value are left out.

    Returns
    -------
    pandas.DataFrame
        What is drawn: panel, animal, stimulus_set, session, item (site, or median), value.
    """
    rows = drift.dropna(subset=[quantity])
    medians = rows.groupby(SESSION, sort=False)[quantity].median()
    columns = {key: place for place, key in enumerate(medians.index)}
    for key, group in rows.groupby(SESSION, sort=False):
        spread_dots(axes, columns[key], group[quantity], key[1], f"{quantity}-{columns[key]}")
    axes.axhline(0, color="0.75", linewidth=0.6, zorder=0)
    # Upright, for sessions may be many and their names long.
    axes.set_xticks(range(len(columns)), [session for *_, session in columns], rotation=90)
    axes.tick_params(axis="x", length=0)
    axes.set(xlim=(-0.6, len(columns) - 0.4), ylabel=PER_SESSION[quantity])
    drawn = rows.rename(columns={"neuroid_id": "item", quantity: "value"})
    marks = medians.rename("value").reset_index().assign(item="median")
    return pd.concat([drawn, marks])[[*SESSION, "item", "value"]].assign(panel=quantity)


def spread_dots(axes: Axes, column: int, values: pd.Series, stimulus_set: str, gid: str) -> None:
    """Draw values as dots around a column, and their median as a bar."""
    values = values.dropna().to_numpy()
    # Evenly spread, in file order: no random jitter, so the same data give the same file.
    x = column + np.linspace(-0.28, 0.28, len(values))
    axes.scatter(x, values, s=5, alpha=0.6, linewidths=0, color=set_colour(stimulus_set), gid=gid)
    if len(values):
        axes.hlines(np.median(values), column - 0.36, column + 0.36, color=THRESHOLD,
                    linewidth=1.2)
