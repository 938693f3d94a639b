"""Figures 1B and 1C: models at the final step against similarity, and the line through them."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from italign.figures.palette import condition_colour, condition_label
from italign.figures.panels import claim
from italign.figures.published import draw_published
from italign.figures.scatter import LINE_STYLE, RING_STYLE, point_rows
from italign.figures.words import SIMILARITY_LABEL


def draw_against_similarity(axes: Axes, points: pd.DataFrame, statistics: pd.DataFrame,
                            measure: str, published: pd.DataFrame,
                            similarity: str = SIMILARITY_LABEL) -> pd.DataFrame:
    """Draw final-step models of the dose cohort with their regression line (Figure 1B, 1C).

    Parameters
    ----------
    axes : Axes
        Empty; gets points coloured by dose, the OLS line without band, a grey ring round each
        p = 0 model, and r, p and n as title.
    points, statistics : pandas.DataFrame
        As written by `summarise_cohort`.
    measure : str
        ``behavior`` or ``robustness``.
    published : pandas.DataFrame
        The paper's numbers for the panel, as from `published_marks`; may have no rows.
    similarity : str
        Words on the x axis.

    Returns
    -------
    pandas.DataFrame
        What is drawn: rows with ``mark`` point, ring, line (its two ends; none where there is no
        regression), and of published numbers published and published_line.

    Raises
    ------
    ValueError
        If no model at the final step has both a dose and a value.
    """
    final = points[points["step"] == points["step"].max()]
    doses = point_rows(final[final["role"] == "dose"], measure)
    if doses.empty:
        raise ValueError(f"no model of a dose has similarity and {measure} at the final step, "
                         f"found roles {sorted(final['role'].unique())}; score them, or leave the "
                         "figure out")
    ends = _line_ends(doses["similarity"], statistics, measure)
    if len(ends):
        axes.plot(ends["similarity"], ends["value"], zorder=1, gid="line", **LINE_STYLE)
    rings = _draw_doses(axes, doses)
    theirs = draw_published(axes, pd.concat([published, published_line(published)]))
    axes.set_title(_correlation(claim(statistics, f"{measure}_similarity_pearson")), fontsize=7)
    axes.margins(0.09)
    axes.set_xlabel(similarity)
    return pd.concat([doses, rings, ends.assign(measure=measure),
                      theirs.assign(measure=measure)], ignore_index=True)


def _draw_doses(axes: Axes, doses: pd.DataFrame) -> pd.DataFrame:
    """Draw the models by dose, and rings round those at p = 0, whose rows are returned."""
    rings = doses[doses["p"] == 0].assign(mark="ring")
    axes.scatter(rings["similarity"], rings["value"], s=70, zorder=2, gid="ring", **RING_STYLE)
    for p, group in doses.groupby("p"):
        axes.scatter(group["similarity"], group["value"], s=22, linewidths=0.4, zorder=3,
                     color=condition_colour("true", p, "off"), edgecolors="white",
                     gid=condition_label("true", p, "off"))
    return rings


def _line_ends(x: pd.Series, statistics: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Two rows, or none: few models have no line."""
    slope, intercept = (claim(statistics, f"{measure}_similarity_{name}")["estimate"]
                        for name in ("slope", "intercept"))
    ends = np.array([x.min(), x.max()])
    line = pd.DataFrame({"mark": "line", "similarity": ends, "value": intercept + slope * ends})
    return line.dropna(subset=["value"])


def published_line(published: pd.DataFrame) -> pd.DataFrame:
    """Ends of the paper's line, from its slope and intercept, over its own means per dose.

    Parameters
    ----------
    published : pandas.DataFrame
        As from `published_marks`.

    Returns
    -------
    pandas.DataFrame
        Two rows with ``mark`` line, x and value; none if slope, intercept or means are absent.
    """
    slope, intercept = (published[published["quantity"] == name]["value"]
                        for name in ("slope", "intercept"))
    x = published[published["mark"] == "condition"]["x"].dropna()
    if slope.empty or intercept.empty or x.empty:
        return published.head(0)
    ends = np.array([x.min(), x.max()])
    return pd.DataFrame({"mark": "line", "x": ends,
                         "value": intercept.iloc[0] + slope.iloc[0] * ends})


def _correlation(row: pd.Series) -> str:
    if np.isnan(row.estimate):
        return f"no correlation (n = {row.n:.0f})"
    # The paper prints r, p and n; the interval is ours, and few models have none.
    interval = "" if np.isnan(row.low) else f" [{row.low:.2f}, {row.high:.2f}]"
    p_value = f"{row.p_value:.1e}" if row.p_value < 0.001 else f"{row.p_value:.3f}"
    return f"r = {row.estimate:.2f}{interval}, p = {p_value}, n = {row.n:.0f}"
