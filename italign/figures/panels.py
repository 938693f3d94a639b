"""What panels of several figures share: a claim looked up, words on seeds, and a legend's place."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from italign.evaluation.claim_rows import FEW_SEEDS
from italign.figures.style import (
    LEGEND_BELOW,
    PANELS_PER_ROW,
    POINTS_PER_INCH,
    SOURCE_STRIP_INCHES,
)

LARGEST_RANGE = max(FEW_SEEDS)  # seeds: the bootstrap interval of so few is their range


def rows_of_panels(n_panels: int) -> int:
    """Rows that so many panels take."""
    return -(-n_panels // PANELS_PER_ROW)


def panel_grid(figure: Figure, n_panels: int, **options) -> np.ndarray:
    """Empty panels from left to right, then down.

    Parameters
    ----------
    figure : Figure
        Empty.
    n_panels : int
        At least 1.
    **options
        Of ``Figure.subplots``, e.g. ``sharey``.

    Returns
    -------
    array (n_panels,) of Axes
    """
    n_columns = min(n_panels, PANELS_PER_ROW)
    panels = figure.subplots(rows_of_panels(n_panels), n_columns, squeeze=False, **options).ravel()
    for axes in panels[n_panels:]:
        axes.remove()
    return panels[:n_panels]


def claim(statistics: pd.DataFrame, name: str, **where: str) -> pd.Series:
    """Look one claim up.

    Parameters
    ----------
    statistics : pandas.DataFrame
        As written by `summarise_cohort`.
    name : str
        Claim.
    **where : str
        Further columns that single it out, e.g. ``animal`` and ``stimulus_set``.

    Returns
    -------
    pandas.Series
        The one row.

    Raises
    ------
    ValueError
        If no row or several match.
    """
    rows = statistics[statistics["name"] == name]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    if len(rows) != 1:
        known = sorted(statistics["name"].unique())
        raise ValueError(f"{len(rows)} claims {name!r} {where or ''}, expected one (claims: "
                         f"{known}); run summarise_cohort again")
    return rows.iloc[0]


def spread_over_seeds(n_seeds: pd.Series, mark: str) -> str:
    """Say what a mean and its interval are: few seeds have a range, one has neither.

    Parameters
    ----------
    n_seeds : pandas.Series
        Of every mean that is drawn.
    mark : str
        What shows the interval, e.g. ``band`` or ``bar``.
    """
    low, high = int(n_seeds.min()), int(n_seeds.max())
    if high == 1:
        return "one seed"
    interval = "range" if high <= LARGEST_RANGE else "95 % interval"
    return f"mean of {_span(low, high)} seeds, {mark}: {interval}"


def bars_over_seeds(n_seeds: pd.Series) -> str:
    """Say in a legend what bars are, e.g. ``bars: range of 2 seeds``.

    Parameters
    ----------
    n_seeds : pandas.Series
        Of every mean that has a bar, and so at least 2.
    """
    low, high = int(n_seeds.min()), int(n_seeds.max())
    interval = "range of" if high <= LARGEST_RANGE else "95 % over"
    return f"bars: {interval} {_span(low, high)} seeds"


def _span(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def legend_entries(panels: Sequence[Axes]) -> tuple[list[Artist], list[str]]:
    """Handles and labels of all panels, each label once: not every panel shows everything."""
    entries: dict[str, Artist] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    return list(entries.values()), list(entries)


def legend_below(figure: Figure, handles: Sequence[Artist], labels: Sequence[str],
                 **options) -> None:
    """Put a legend between the panels and the strip that names the source.

    Parameters
    ----------
    figure : Figure
        With constrained layout, which leaves room for it.
    handles, labels : sequence
        Entries.
    **options
        Of ``Figure.legend``, e.g. ``ncols`` and ``title``.
    """
    # Outside legends lie at the foot of the figure, where the strip is; the pad is in font sizes.
    strip = SOURCE_STRIP_INCHES * POINTS_PER_INCH / plt.rcParams["legend.fontsize"]
    legend = figure.legend(handles, labels, loc="outside lower center", borderaxespad=strip,
                           **options)
    legend.set_gid(LEGEND_BELOW)
