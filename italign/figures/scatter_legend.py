"""The two legends of panels against similarity: doses above, all other marks below."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D

from italign.figures.palette import condition_colour, condition_marker, dose_text
from italign.figures.panels import bars_over_seeds, legend_below
from italign.figures.published import PUBLISHED_LINE, PUBLISHED_SHAPES, PUBLISHED_STYLE
from italign.figures.scatter import (
    LINE_STYLE,
    MEAN_BAR,
    MEAN_STYLES,
    RING_STYLE,
    SLIDING_STYLE,
)

MARKER_SIZE = 4.5
TARGETS = {"true": "neural target", "shuffled": "shuffled target", "random": "random target"}
LABELS = {"on": "filled: with labels", "off": "open: without labels"}
HOLLOW = {"linestyle": "none", "markersize": 5, "markerfacecolor": PUBLISHED_STYLE["facecolors"],
          "markeredgecolor": PUBLISHED_STYLE["edgecolors"],
          "markeredgewidth": PUBLISHED_STYLE["linewidths"]}
# Mark of the table -> look and words.
MARKS = {
    "ring": ({"linestyle": "none", "marker": "o", "markersize": 7, "markerfacecolor": "none",
              "markeredgecolor": RING_STYLE["edgecolors"]}, "not aligned (p = 0)"),
    "line": (LINE_STYLE, "least squares"),
    "base": ({"linestyle": "none", **MEAN_STYLES["base"]}, "not aligned (p = 0), mean"),
    "adversarial": ({"linestyle": "none", **MEAN_STYLES["adversarial"]}, "adversarially trained"),
    "sliding": (SLIDING_STYLE, "sliding mean of {n_points:.0f} points"),
    "published": (HOLLOW | {"marker": PUBLISHED_SHAPES["condition"]}, "published, mean per p"),
    "published_base": (HOLLOW | {"marker": PUBLISHED_SHAPES["base"]}, "published, p = 0"),
    "published_line": (PUBLISHED_LINE, "published, line"),
}


def draw_legends(figure: Figure, table: pd.DataFrame) -> None:
    """List the doses above the panels, and explain below them the other marks that they have.

    Parameters
    ----------
    figure : Figure
        Without outside legends; all of its panels show the same kinds of marks.
    table : pandas.DataFrame
        What is drawn, as written to the figure's CSV.
    """
    points = table[table["mark"] == "point"]
    doses = sorted(points[points["target"] == "true"]["p"].unique())
    if doses:
        figure.legend(handles=[_point("true", p, "on", dose_text(p)) for p in doses],
                      loc="outside upper center", ncols=len(doses), handlelength=0.8,
                      title="p, share of steps with neural loss", borderpad=0.1,
                      handletextpad=0.15, columnspacing=0.9)
    handles = [*_condition_handles(points), *_mark_handles(table), *_bar_handles(table)]
    legend_below(figure, handles, [_words(handle) for handle in handles], ncols=2, borderpad=0.1,
                 labelspacing=0.3, handlelength=1.8, handletextpad=0.4, columnspacing=1.2,
                 handler_map={tuple: HandlerTuple(ndivide=None, pad=0.2)})


def _mark_handles(table: pd.DataFrame) -> list[Line2D]:
    first = table.drop_duplicates("mark").set_index("mark")
    return [Line2D([], [], label=words.format(**first.loc[mark]), **look)
            for mark, (look, words) in MARKS.items() if mark in first.index]


def _bar_handles(table: pd.DataFrame) -> list[tuple[Line2D, ...]]:
    """Say what the bars of means are, where a mean has any: one seed has none."""
    means = table[table["mark"].isin(MEAN_STYLES)]
    if means.empty:
        return []
    barred = means[means[["similarity_low", "low"]].notna().any(axis=1)]
    words = bars_over_seeds(barred["n_seeds"]) if len(barred) else ""
    bars = tuple(Line2D([], [], linestyle="none", marker="+", markersize=7, label=words,
                        color=MEAN_STYLES[mark]["color"], markeredgewidth=MEAN_BAR)
                 for mark in MEAN_STYLES if (barred["mark"] == mark).any())
    return [bars] if bars else []


def _condition_handles(points: pd.DataFrame) -> list[Line2D | tuple[Line2D, ...]]:
    """Say what shapes are and what filled and open points are, where there are several."""
    found = {name: [target for target in TARGETS if target in set(group["target"])]
             for name, group in points.groupby("labels")}
    labels = [name for name in LABELS if name in found]
    targets = {target: name for name in reversed(labels) for target in found[name]}
    handles = [_point(target, 1, targets[target], TARGETS[target])
               for target in TARGETS if target in targets and len(targets) > 1]
    if labels != ["on"]:
        handles += [tuple(_point(target, 1, name, LABELS[name]) for target in found[name])
                    for name in labels]
    return handles


def _point(target: str, p: float, labels: str, words: str) -> Line2D:
    colour = condition_colour(target, p, "off")
    return Line2D([], [], linestyle="none", marker=condition_marker(target, "off"),
                  markersize=MARKER_SIZE, markeredgecolor=colour, markeredgewidth=0.7, label=words,
                  markerfacecolor=colour if labels == "on" else "none")


def _words(handle: Line2D | tuple[Line2D, ...]) -> str:
    return (handle[0] if isinstance(handle, tuple) else handle).get_label()
