"""Figures 3, 4 and A.1: every checkpoint since the onset against similarity, and their means."""

from collections.abc import Sequence

import pandas as pd
from matplotlib import patheffects
from matplotlib.axes import Axes

from italign.figures.published import draw_published
from italign.figures.scatter import (
    MEAN_STYLES,
    SLIDING_STYLE,
    draw_mean,
    draw_models,
    point_rows,
)

MISSING = {  # mark, or condition of the points -> words for the foot of the figure
    "off": "models without labels",
    "shuffled": "shuffled IT",
    "random": "random IT",
    "base": "models at p = 0",
    "adversarial": "adversarially trained models",
    "sliding": "enough checkpoints for a sliding mean",
}
HALO = [patheffects.withStroke(linewidth=2.9, foreground="white")]


def checkpoint_rows(points: pd.DataFrame, column: str, key: str,
                    labels: tuple[str, ...]) -> pd.DataFrame:
    """Checkpoints of the method under study, from the onset on, without adversarial training.

    Parameters
    ----------
    points : pandas.DataFrame
        As written by `summarise_cohort`.
    column : str
        Drawn on the y axis.
    key : str
        Of the config, named if the column is not there.
    labels : tuple of str
        Which models are meant: those with labels (``on``), without (``off``).

    Returns
    -------
    pandas.DataFrame
        As from `point_rows`.

    Raises
    ------
    ValueError
        If the column is absent, or no checkpoint has a value.
    """
    if column not in points:
        kind = column.partition("_")[0]
        found = [name for name in points if name.startswith(f"{kind}_")]
        raise ValueError(f"points have no column {column!r}, found {found}; correct {key} in the "
                         "config, or score that set")
    rows = points[points["method"].isin(_studied(points)) & (points["adversarial"] == "off")
                  & (points["steps_since_onset"] >= 0) & points["labels"].isin(labels)]
    drawn = point_rows(rows, column)
    if drawn.empty:
        raise ValueError(f"none of {len(rows)} checkpoints has a value of {column!r}; score that "
                         f"set, or set {key} in the config to null")
    return drawn


def _studied(points: pd.DataFrame) -> Sequence[str]:
    """The method under study: only its models play a role; all, if no model has labels."""
    methods = points[points["role"] != "other"]["method"].unique()
    return methods if len(methods) else points["method"].unique()


def draw_checkpoints(axes: Axes, rows: pd.DataFrame, averages: pd.DataFrame,
                     published: pd.DataFrame, marks: tuple[str, ...]) -> pd.DataFrame:
    """Draw the checkpoints of one panel, their sliding mean, and the means of single models.

    Parameters
    ----------
    axes : Axes
        Empty.
    rows : pandas.DataFrame
        As from `checkpoint_rows`.
    averages : pandas.DataFrame
        As written by `summarise_cohort`, all columns and marks.
    published : pandas.DataFrame
        The paper's numbers for the panel, as from `published_marks`; may have no rows.
    marks : tuple of str
        Means of single models to draw: ``base``, ``adversarial``.

    Returns
    -------
    pandas.DataFrame
        What is drawn: ``mark`` point, sliding, those of marks, and published ones; ``measure`` is
        the column.
    """
    column = rows["measure"].iloc[0]
    ours = averages[averages["column"] == column].rename(columns={"column": "measure"})
    ours = ours.astype(dict.fromkeys(("window", "n_points", "n_seeds"), "Int64"))
    draw_models(axes, rows)
    line = ours[ours["mark"] == "sliding"].sort_values("window")
    if len(line):
        axes.plot(line["similarity"], line["value"], zorder=5, gid="sliding", path_effects=HALO,
                  **SLIDING_STYLE)
    theirs = draw_published(axes, published).assign(measure=column)
    means = ours[ours["mark"].isin(marks)]
    for _, row in means.iterrows():
        draw_mean(axes, row, row["mark"], **MEAN_STYLES[row["mark"]])
    return pd.concat([rows, line, means, theirs], ignore_index=True)


def name_absent(table: pd.DataFrame, wanted: tuple[str, ...]) -> list[str]:
    """Words for what a table of drawn marks lacks.

    Parameters
    ----------
    table : pandas.DataFrame
        As from `draw_checkpoints`.
    wanted : tuple of str
        Keys of `MISSING`.

    Returns
    -------
    list of str
        In the order of `wanted`, for `name_missing`.
    """
    points = table[table["mark"] == "point"]
    found = {*table["mark"], *points["labels"], *points["target"]}
    return [MISSING[name] for name in wanted if name not in found]
