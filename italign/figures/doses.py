"""What the dose of neural loss changes, with effect sizes: one panel per measure."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from italign.figures.dose_effects import SHIFT, written_sizes
from italign.figures.palette import BASE, condition_colour, condition_fill, condition_marker
from italign.figures.panels import legend_below, spread_over_seeds
from italign.figures.words import MEASURES, SIMILARITY_LABEL

FROM_UNALIGNED = "difference\nfrom p = 0"
# Measure -> title and words of the axis; the title of similarity is the world's.
WORDS = {"similarity": ("", FROM_UNALIGNED),
         "behavior": (MEASURES["behavior"], FROM_UNALIGNED),
         "robustness": (f"{MEASURES['robustness']} (fraction correct)", FROM_UNALIGNED),
         "accuracy": (f"{MEASURES['accuracy']} (fraction correct)", "change since\npretraining")}
SMALL_POINTS = 6
FILL_COLOUR = "0.35"  # of the legend that explains filled and open, whatever the model


def draw_doses(figure: Figure, effects: pd.DataFrame,
               similarity: str = SIMILARITY_LABEL) -> pd.DataFrame:
    """Draw one panel per measure, one above the other: categories and numbers need the width.

    Parameters
    ----------
    figure : Figure
        Empty.
    effects : pandas.DataFrame
        As from `italign.figures.dose_effects.dose_effects`.
    similarity : str
        Title of the panel of similarity.

    Returns
    -------
    pandas.DataFrame
        What is drawn: the effects, as ``mark`` point, with the interval as a bar.
    """
    measures = list(dict.fromkeys(effects["measure"]))
    panels = figure.subplots(len(measures), 1, sharex=True, squeeze=False)[:, 0]
    for axes, measure in zip(panels, measures, strict=True):
        rows = effects[effects["measure"] == measure]
        _draw_effects(axes, rows)
        written = _write_effect_sizes(axes, rows)
        title, label = WORDS[measure]
        axes.set_title(title or similarity, pad=11 if written else None)
        axes.set_ylabel(label)
    _label_categories(panels[-1], effects)
    figure.align_ylabels(panels)
    handles = _fill_handles(effects)
    legend_below(figure, handles, [handle.get_label() for handle in handles], ncols=2,
                 title=_legend_title(effects))
    return effects.assign(mark="point")


def _draw_effects(axes: Axes, rows: pd.DataFrame) -> None:
    axes.axhline(0, color=BASE, linewidth=0.8, linestyle=(0, (3, 2)), zorder=0)
    for row in rows.itertuples():
        colour = condition_colour(row.target, row.p, row.adversarial)
        axes.vlines(row.x, row.low, row.high, color=colour, linewidth=1, zorder=1)
        fill = condition_fill(row.labels, colour)
        if row.labels == "off":  # the bar does not show through
            axes.scatter(row.x, row.value, s=22, facecolor="white", linewidths=0, zorder=2,
                         marker=condition_marker(row.target, row.adversarial), gid="backing")
        axes.scatter(row.x, row.value, s=22, zorder=3, gid=row.model,
                     marker=condition_marker(row.target, row.adversarial), **fill)
    axes.margins(y=0.12)


def _write_effect_sizes(axes: Axes, rows: pd.DataFrame) -> bool:
    """Write each g above its place, in a row over the panel; whether there is any."""
    known = written_sizes(rows)
    written = list(zip(known["x"], known["hedges_g"].map(_number), strict=True))
    if written:
        axes.text(0, 1.03, "g", transform=axes.transAxes, ha="right", va="bottom",
                  fontsize=SMALL_POINTS, style="italic")
    for x, words in written:
        axes.annotate(words, (x, 1.03), xycoords=axes.get_xaxis_transform(), ha="center",
                      va="bottom", fontsize=SMALL_POINTS, annotation_clip=False)
    return bool(written)


def _number(value: float) -> str:
    """At most four characters, as many as have room; no minus before a zero."""
    return f"{round(value, 1) + 0.0:.1f}" if abs(value) < 10 else f"{value:.0f}"


def _label_categories(axes: Axes, effects: pd.DataFrame) -> None:
    """Doses read along the axis, the longer names of the others across it."""
    places = (effects["x"] - SHIFT * (effects["labels"] == "off")).round(6)
    ticks = dict(zip(places, effects["category"], strict=True))
    axes.set_xticks(list(ticks), list(ticks.values()), fontsize=SMALL_POINTS)
    for label, category in zip(axes.get_xticklabels(), ticks.values(), strict=True):
        if category[0].isalpha():
            label.set(rotation=90, fontsize=plt.rcParams["xtick.labelsize"])
    axes.set_xlim(min(ticks) - 0.6, max(ticks) + 0.6)
    # Below the doses, where an axis label would stand below the longest name.
    doses = [x for x, category in ticks.items() if not category[0].isalpha()]
    middle = (min(doses) + max(doses)) / 2
    axes.annotate("p, share of steps\nwith neural loss", (middle, 0), (0, -19), ha="center",
                  va="top", xycoords=axes.get_xaxis_transform(), textcoords="offset points",
                  fontsize=plt.rcParams["axes.labelsize"], annotation_clip=False)


def _fill_handles(effects: pd.DataFrame) -> list[Line2D]:
    """Say what open markers are, where there are any."""
    words = {"on": "with labels", "off": "without labels"}
    if (effects["labels"] == "on").all():
        return []
    return [Line2D([], [], linestyle="none", marker="o", markersize=4.5, color=FILL_COLOUR,
                   markerfacecolor=FILL_COLOUR if labels == "on" else "none", label=words[labels])
            for labels in words]


def _legend_title(effects: pd.DataFrame) -> str:
    title = spread_over_seeds(effects["n_seeds"], "bar")
    return f"{title}; g: Hedges' g" if len(written_sizes(effects)) else title
