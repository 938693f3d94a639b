"""Figures 3, 4 and A.1: every checkpoint since the onset against similarity, and their means."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from italign.figures.published import draw_published
from italign.figures.scatter import (
    MEAN_STYLES,
    SLIDING_STYLE,
    TALL_INCHES,
    draw_mean,
    draw_models,
    point_rows,
)
from italign.figures.scatter_legend import draw_legends
from italign.figures.words import SIMILARITY_LABEL, image_words

LEAST_WINDOWS = 2  # one is no line
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
        What is drawn: ``mark`` point, sliding (none with a single window), those of marks, and
        published ones; ``measure`` is the column.
    """
    column = rows["measure"].iloc[0]
    ours = averages[averages["column"] == column].rename(columns={"column": "measure"})
    ours = ours.astype(dict.fromkeys(("window", "n_points", "n_seeds"), "Int64"))
    draw_models(axes, rows)
    line = ours[ours["mark"] == "sliding"].sort_values("window")
    line = line if len(line) >= LEAST_WINDOWS else line.head(0)
    if len(line):
        axes.plot(line["similarity"], line["value"], zorder=5, gid="sliding", path_effects=HALO,
                  **SLIDING_STYLE)
    theirs = draw_published(axes, published).assign(measure=column)
    means = ours[ours["mark"].isin(marks)]
    for _, row in means.iterrows():
        draw_mean(axes, row, row["mark"], **MEAN_STYLES[row["mark"]])
    return pd.concat([rows, line, means, theirs], ignore_index=True)


def sliding_notes(drawn: pd.DataFrame) -> list[str]:
    """Say at the foot of a figure that it has no sliding mean, by its table."""
    return [] if (drawn["mark"] == "sliding").any() else ["too few points for a sliding mean"]


def checkpoint_figure(rows: pd.DataFrame, averages: pd.DataFrame, published: pd.DataFrame,
                      marks: tuple[str, ...], y_label: str, similarity: str = SIMILARITY_LABEL,
                      ) -> tuple[Figure, pd.DataFrame]:
    """Draw a figure of one panel, with its legends (Figures 3 and 4).

    Parameters
    ----------
    rows, averages, published, marks
        As for `draw_checkpoints`.
    y_label, similarity : str
        Words on the y axis and on the x axis.

    Returns
    -------
    tuple of Figure and pandas.DataFrame
        The figure without a source, and what is drawn.
    """
    figure, axes = plt.subplots(figsize=TALL_INCHES)
    table = draw_checkpoints(axes, rows, averages, published, marks)
    axes.set(title=image_words(rows["measure"].iloc[0]), xlabel=similarity, ylabel=y_label)
    draw_legends(figure, table)
    return figure, table
