"""The paper's own numbers, drawn beside ours: read, chosen by figure, and one style for all."""

from italign.job import listed

from collections.abc import Sequence

import pandas as pd
from matplotlib import patheffects
from matplotlib.axes import Axes

from italign.evaluation.published import COLUMNS, TEXT, read_published, rows_of
from italign.figures.palette import PUBLISHED

# Grey and hollow: nobody takes them for models of ours.
PUBLISHED_STYLE = {"facecolors": "white", "edgecolors": PUBLISHED, "linewidths": 0.9}
PUBLISHED_LINE = {"color": PUBLISHED, "linewidth": 1, "linestyle": (0, (5, 1.5))}
# Dashes would be lost among thousands of points.
HALO = [patheffects.withStroke(linewidth=1.8, foreground="white")]
PUBLISHED_SHAPES = {"condition": "D", "base": "P"}
SIZE = 20


def published_marks(published: Sequence[str], figure: str) -> pd.DataFrame:
    """Rows of one figure from the table of published values.

    Parameters
    ----------
    published : sequence of str
        Path of the table (`italign.evaluation.published.read_published`), or none.
    figure : str
        As in the table, e.g. ``"1b"``.

    Returns
    -------
    pandas.DataFrame
        The rows, in file order; none where no table or no number is given.
    """
    paths = listed(published)
    if not paths:
        return pd.DataFrame({name: pd.Series(dtype=str if name in TEXT else float)
                             for name in COLUMNS})
    (path,) = paths
    return rows_of(read_published(path), figure=figure).reset_index(drop=True)


def draw_published(axes: Axes, rows: pd.DataFrame) -> pd.DataFrame:
    """Draw published means (hollow) and lines (dashed) against similarity.

    Parameters
    ----------
    axes : Axes
        x: validated similarity.
    rows : pandas.DataFrame
        As from `published_marks`, of one panel; rows of other marks than ``condition``, ``base``
        and ``line``, and those without a value, are not drawn.

    Returns
    -------
    pandas.DataFrame
        What is drawn: ``mark`` (published, published_base, published_line), similarity, value, p.
    """
    rows = rows.dropna(subset=["x", "value"]).rename(columns={"x": "similarity"})
    line = rows[rows["mark"] == "line"].sort_values("similarity")
    if len(line):
        axes.plot(line["similarity"], line["value"], gid="published_line", zorder=3,
                  path_effects=HALO, **PUBLISHED_LINE)
    drawn = [line.assign(mark="published_line")]
    for mark, name in (("condition", "published"), ("base", "published_base")):
        group = rows[rows["mark"] == mark]
        if len(group):
            axes.scatter(group["similarity"], group["value"], s=SIZE, marker=PUBLISHED_SHAPES[mark],
                         zorder=4, gid=name, **PUBLISHED_STYLE)
        drawn.append(group.assign(mark=name))
    return pd.concat(drawn)[["mark", "similarity", "value", "p"]]


def of_column(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Rows of one column of the points, e.g. ``probe_objectome_overlapping``, of several.

    Parameters
    ----------
    rows : pandas.DataFrame
        As from `published_marks`; ``categories`` empty means all.
    column : str
        ``<quantity>_<set>``, and ``_<categories>`` where these are not all.

    Returns
    -------
    pandas.DataFrame
        Some of the rows.
    """
    subset = ("_" + rows["categories"]).where(~rows["categories"].isin(["", "all"]), "")
    return rows[rows["quantity"] + "_" + rows["stimulus_set"] + subset == column]
