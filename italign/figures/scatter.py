"""Models as points against similarity to held-out animals: what Figures 1, 3, 4 and A.1 share."""

import pandas as pd
from matplotlib.axes import Axes

from italign.figures.palette import (
    ADVERSARIAL,
    ADVERSARIAL_MARKER,
    BASE,
    BASE_MEAN,
    LEAST_SQUARES,
    SLIDING,
    condition_colour,
    condition_fill,
    condition_label,
    condition_marker,
)
from italign.figures.style import COLUMN_INCHES

CONDITION = ["labels", "target", "p", "adversarial"]
POINT = ["model", "target", "labels", "p", "adversarial", "seed", "step", "similarity", "value"]
# Above so many points a vector file grows to megabytes and opens slowly; the points, and only
# they, become an image inside it.
RASTERIZED_ABOVE = 2000
SMALL_ABOVE = 500
POINT_AREA, SMALL_AREA = 11, 4  # square points of print
ALPHA = 0.6
SQUARE_INCHES = (COLUMN_INCHES, 3.2)
TALL_INCHES = (COLUMN_INCHES, 3.6)  # with more kinds of marks to explain
LINE_STYLE = {"color": LEAST_SQUARES, "linewidth": 1}
RING_STYLE = {"facecolors": "none", "edgecolors": BASE, "linewidths": 1}
SLIDING_STYLE = {"color": SLIDING, "linewidth": 1.9}
MEAN_BAR = 0.9  # width of its intervals
MEAN_STYLES = {
    "base": {"color": BASE_MEAN, "marker": "P", "markersize": 6.5, "markeredgecolor": "white",
             "markeredgewidth": 0.6},
    "adversarial": {"color": ADVERSARIAL, "marker": ADVERSARIAL_MARKER, "markersize": 7,
                    "markeredgecolor": "black", "markeredgewidth": 0.5},
}


def point_rows(points: pd.DataFrame, column: str) -> pd.DataFrame:
    """Rows of the figure's table for models.

    Parameters
    ----------
    points : pandas.DataFrame
        As written by `summarise_cohort`.
    column : str
        Drawn on the y axis.

    Returns
    -------
    pandas.DataFrame
        ``mark`` (point), ``measure`` (the column) and `POINT`: ``step`` counts from the onset of
        the neural loss. Rows without a similarity or a value are left out.
    """
    rows = points.rename(columns={column: "value"}).dropna(subset=["similarity", "value"])
    rows = rows.drop(columns="step").rename(columns={"steps_since_onset": "step"})
    # Whole numbers stay whole in the CSV beside marks that have none.
    whole = rows[POINT].astype({"seed": "Int64", "step": "Int64"})
    return whole.assign(mark="point", measure=column)


def draw_models(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw one scatter per condition: controls first, then doses from low to high.

    Parameters
    ----------
    axes : Axes
        Gets the points; of models without labels open ones, beneath those with labels.
    rows : pandas.DataFrame
        As from `point_rows`, of one panel.
    """
    area = SMALL_AREA if len(rows) > SMALL_ABOVE else POINT_AREA
    for (labels, target, p, adversarial), group in rows.groupby(CONDITION):
        axes.scatter(group["similarity"], group["value"], s=area, alpha=ALPHA, zorder=2,
                     marker=condition_marker(target, adversarial),
                     gid=condition_label(target, p, adversarial, labels),
                     rasterized=len(rows) > RASTERIZED_ABOVE,
                     **condition_fill(labels, condition_colour(target, p, adversarial)))


def draw_mean(axes: Axes, row: pd.Series, name: str, **style) -> None:
    """Draw a mean of both axes with its intervals; one without an interval is a bare marker."""
    errors = [[[row[axis] - row[low]], [row[high] - row[axis]]] for axis, low, high in
              (("similarity", "similarity_low", "similarity_high"), ("value", "low", "high"))]
    axes.errorbar(row["similarity"], row["value"], xerr=errors[0], yerr=errors[1],
                  elinewidth=MEAN_BAR, capsize=0, zorder=6, gid=name, **style)
