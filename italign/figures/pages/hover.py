"""Scatter panels as charts that show a model's numbers under the pointer (plotly)."""

import html

import pandas as pd
from plotly import graph_objects, subplots

from italign.figures.palette import (
    ADVERSARIAL,
    BASE_MEAN,
    LEAST_SQUARES,
    PUBLISHED,
    SLIDING,
    condition_colour,
    condition_label,
    condition_marker,
)
from italign.figures.words import MEASURES, SIMILARITY_LABEL, image_words

NEEDED = ("mark", "measure", "similarity", "value")
CONDITION = ["target", "p", "adversarial", "labels"]
POINT_PX = 8
PANEL_PX = 420
LEGEND_PX = 150
# plotly's words for matplotlib's markers.
SHAPES = {"o": "circle", "^": "triangle-up", "s": "square", "X": "x"}
LINES = {"line": ("least squares", LEAST_SQUARES, "solid"),
         "sliding": ("sliding average", SLIDING, "solid"),
         "published_line": ("published", PUBLISHED, "dash")}
MEANS = {"base": ("p = 0, mean", BASE_MEAN, "cross"),
         "adversarial": ("adversarially trained, mean", ADVERSARIAL, "x"),
         "published": ("published", PUBLISHED, "circle-open"),
         "published_base": ("published, base", PUBLISHED, "cross-open")}


def has_chart(table: pd.DataFrame) -> bool:
    """Whether a figure's table holds points against similarity."""
    return all(name in table for name in NEEDED) and (table["mark"] == "point").any()


def hover_chart(table: pd.DataFrame, similarity: str = SIMILARITY_LABEL) -> str:
    """Describe the chart of one figure.

    Parameters
    ----------
    table : pandas.DataFrame
        Its numbers, for which `has_chart` holds: ``mark``, ``measure``, ``similarity``, ``value``,
        and of points ``model``, ``target``, ``labels``, ``p``, ``adversarial``, ``seed``, ``step``.
        One panel per measure; rows without a measure belong to the only one.
    similarity : str
        Words on the x axis.

    Returns
    -------
    str
        plotly's JSON, the same for the same table.
    """
    measures = list(table["measure"].replace("", None).dropna().unique())
    figure = subplots.make_subplots(rows=len(measures), cols=1,
                                    vertical_spacing=0.2 / len(measures))
    for row, measure in enumerate(measures, start=1):
        panel = table[table["measure"].isin([measure, ""]) | table["measure"].isna()]
        for trace in [*_lines(panel), *_points(panel), *_means(panel)]:
            figure.add_trace(trace.update(showlegend=row == 1), row=row, col=1)
        figure.update_xaxes(title_text=similarity, row=row, col=1)
        figure.update_yaxes(title_text=_y_words(measure), row=row, col=1)
    figure.update_layout(
        template="simple_white", height=PANEL_PX * len(measures) + LEGEND_PX, hovermode="closest",
        margin={"l": 60, "r": 10, "t": 10, "b": 40}, font={"family": "sans-serif"},
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"})
    return figure.to_json()


def _points(panel: pd.DataFrame) -> list[graph_objects.Scatter]:
    """One trace per condition, doses from low to high."""
    points = panel[panel["mark"] == "point"].dropna(subset=["similarity", "value"])
    traces = []
    for (target, p, adversarial, labels), rows in points.groupby(CONDITION):
        label = condition_label(target, p, adversarial, labels)
        shape = SHAPES[condition_marker(target, adversarial)]
        facts = rows[["model", "seed", "step"]].assign(model=rows["model"].map(html.escape))
        traces.append(_trace(
            rows, label, mode="markers", customdata=facts.to_numpy(dtype=object).tolist(),
            marker={"color": condition_colour(target, p, adversarial), "size": POINT_PX,
                    "symbol": shape if labels == "on" else f"{shape}-open"},
            hovertemplate=f"<b>%{{customdata[0]}}</b><br>{label}, labels {labels}<br>"
            "seed %{customdata[1]:.0f}, step %{customdata[2]:.0f} since onset<br>"
            "similarity %{x:.4f}<br>value %{y:.4f}<extra></extra>"))
    return traces


def _lines(panel: pd.DataFrame) -> list[graph_objects.Scatter]:
    return [_trace(rows, name, mode="lines", line={"color": colour, "dash": dash},
                   hoverinfo="skip")
            for mark, (name, colour, dash) in LINES.items()
            if len(rows := panel[panel["mark"] == mark])]


def _means(panel: pd.DataFrame) -> list[graph_objects.Scatter]:
    return [_trace(rows, name, mode="markers",
                   marker={"color": colour, "symbol": symbol, "size": 1.5 * POINT_PX},
                   hovertemplate=f"<b>{name}</b><br>similarity %{{x:.4f}}<br>value %{{y:.4f}}"
                                 "<extra></extra>")
            for mark, (name, colour, symbol) in MEANS.items()
            if len(rows := panel[panel["mark"] == mark])]


def _trace(rows: pd.DataFrame, name: str, **style) -> graph_objects.Scatter:
    # Lists, for arrays would be written as base64 of their bytes.
    return graph_objects.Scatter(x=rows["similarity"].tolist(), y=rows["value"].tolist(),
                                 name=name, legendgroup=name, **style)


def _y_words(measure: str) -> str:
    kind, _, images = measure.partition("_")
    return MEASURES.get(kind, kind) + (f"<br>{image_words(measure)}" if images else "")
