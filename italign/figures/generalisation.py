"""Similarity to held-out animals against the dose of alignment: one panel per animal and set."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from italign.figures.dose_effects import GAP, SHIFT
from italign.figures.palette import (
    BASE,
    condition_colour,
    condition_fill,
    condition_marker,
    dose_text,
)
from italign.figures.panels import legend_below
from italign.figures.style import PAGE_INCHES
from italign.figures.words import set_words

CONDITION = ["method", "target", "labels", "p", "adversarial"]
KINDS = ("dose", "shuffled", "random", "adversarial")
MEAN = "mean"
COLUMNS = 3  # of panels, on a page of 180 mm
SMALL_POINTS = 6
ROW_INCHES, REST_INCHES = 1.85, 1.15
FILL_COLOUR = "0.35"  # of the legend, whatever the model


def selected(table: pd.DataFrame, method: str, estimator: str, axes: Sequence[tuple[str, str]],
             ) -> pd.DataFrame:
    """Rows that the figure shows, each with its place.

    Parameters
    ----------
    table : pandas.DataFrame
        As written by `test_generalisation`.
    method, estimator : str
        Alignment loss, and estimator of CKA.
    axes : sequence of (str, str)
        Animals and sets behind the mean: their panels come first, then the mean, then others.

    Returns
    -------
    pandas.DataFrame
        Levels (``mark`` point), the trend and the change at the highest dose (``mark`` words), on
        all images; ``panel`` (from 0), ``category`` and ``x`` of points.

    Raises
    ------
    ValueError
        If there is no similarity of the method by the estimator.
    """
    rows = table[(table["method"] == method) & (table["estimator"] == estimator)
                 & (table["images"] == "all")]
    points = rows[rows["analysis"] == "similarity"]
    if points.empty:
        raise ValueError(f"no similarity of method {method!r} by the {estimator} estimator; found "
                         f"{sorted(table['method'].unique())} and "
                         f"{sorted(table['estimator'].unique())}: correct evaluation.headline")
    points = _placed(points).assign(mark="point")
    highest = points.loc[(points["kind"] == "dose"), "p"].max()
    words = rows[(rows["analysis"] == "dose_spearman")
                 | ((rows["analysis"] == "change") & (rows["p"] == highest)
                    & (rows["target"] == "true") & (rows["adversarial"] == "off"))]
    drawn = pd.concat([points, words.assign(mark="words")], ignore_index=True)
    keys = list(zip(drawn["animal"], drawn["stimulus_set"], strict=True))
    order = [*axes, (MEAN, MEAN), *dict.fromkeys(keys)]
    panels = {key: place for place, key in enumerate(dict.fromkeys(k for k in order if k in keys))}
    return drawn.assign(panel=[panels[key] for key in keys]).sort_values(
        ["panel", "mark", "x"], ignore_index=True)


def draw_generalisation(figure: Figure, drawn: pd.DataFrame, y_label: str,
                        remarks: Mapping[tuple[str, str], str]) -> None:
    """Draw every panel, and the legend below.

    Parameters
    ----------
    figure : Figure
        Empty.
    drawn : pandas.DataFrame
        From `selected`.
    y_label : str
        Words on the y axis.
    remarks : mapping of (str, str) to str
        Animal and set -> what its title says in brackets (trained, another region), or nothing.
    """
    n_panels = int(drawn["panel"].max()) + 1
    n_columns = min(n_panels, COLUMNS)
    grid = figure.subplots(-(-n_panels // n_columns), n_columns, squeeze=False).ravel()
    for axes in grid[n_panels:]:
        axes.remove()
    for panel, axes in enumerate(grid[:n_panels]):
        rows = drawn[drawn["panel"] == panel]
        _draw_points(axes, rows[rows["mark"] == "point"])
        _write_words(axes, rows, remarks)
        if panel % n_columns == 0:
            axes.set_ylabel(y_label)
        if panel + n_columns < n_panels:  # the panel below says it
            axes.tick_params(labelbottom=False)
        else:
            axes.set_xlabel("p, share of steps with neural loss", fontsize=7)
    _draw_legend(figure, drawn[drawn["mark"] == "point"])


def _draw_points(axes: Axes, rows: pd.DataFrame) -> None:
    for labels in ("off", "on"):
        doses = rows[(rows["kind"] == "dose") & (rows["labels"] == labels)].sort_values("x")
        axes.plot(doses["x"], doses["value"], color=FILL_COLOUR, linewidth=0.7, zorder=1,
                  linestyle="-" if labels == "on" else (0, (1, 1.5)))
    for row in rows.itertuples():
        colour = condition_colour(row.target, row.p, row.adversarial)
        marker = condition_marker(row.target, row.adversarial)
        axes.vlines(row.x, row.low, row.high, color=colour, linewidth=1, zorder=2)
        if row.labels == "off":  # the bar does not show through
            axes.scatter(row.x, row.value, s=22, facecolor="white", linewidths=0, zorder=3,
                         marker=marker, gid="backing")
        axes.scatter(row.x, row.value, s=22, zorder=4, marker=marker,
                     gid=f"{row.target} {row.labels} {row.p:g} {row.adversarial}",
                     **condition_fill(row.labels, colour))
    chance = rows.drop_duplicates("category")
    axes.plot(chance["x"], chance["chance"], color=BASE, linewidth=0.8, linestyle=(0, (3, 2)),
              zorder=0, gid="chance")
    ticks = dict(zip(rows["tick"], rows["category"], strict=True))
    axes.set_xticks(list(ticks), list(ticks.values()), fontsize=SMALL_POINTS, rotation=90)
    axes.set_xlim(min(ticks) - 0.6, max(ticks) + 0.6)


def _write_words(axes: Axes, rows: pd.DataFrame, remarks: Mapping[tuple[str, str], str]) -> None:
    """Title: whose responses; below it what the tests say of models with labels."""
    animal, stimulus_set = rows.iloc[0][["animal", "stimulus_set"]]
    remark = remarks[animal, stimulus_set]
    title = f"{animal}{f' ({remark})' if remark else ''}, {set_words(stimulus_set)} images"
    axes.set_title(MEAN if animal == MEAN else title, pad=20)
    tests = rows[rows["mark"] == "words"]
    labels = "on" if (tests["labels"] == "on").any() else "off"
    tests = tests[tests["labels"] == labels].set_index("analysis")
    lines = []
    if "change" in tests.index:
        change = tests.loc["change"]
        lines.append(f"p = {dose_text(change['p'])} less p = 0: {change['value']:+.3f} "
                     f"[{change['low']:.3f}, {change['high']:.3f}]")
    if "dose_spearman" in tests.index:
        trend = tests.loc["dose_spearman"]
        lines.append(f"rank correlation {trend['value']:.2f} (permuted: {trend['p_value']:.1g})")
    # Out of the layout, which would give a panel the width of its words.
    axes.text(0, 1.03, "\n".join(lines), transform=axes.transAxes, va="bottom",
              fontsize=SMALL_POINTS).set_in_layout(False)


def _draw_legend(figure: Figure, rows: pd.DataFrame) -> None:
    shared = {"linestyle": "none", "markersize": 4.5, "color": FILL_COLOUR}
    fills = {"on": ("with labels", FILL_COLOUR), "off": ("without labels", "none")}
    handles = [Line2D([], [], marker="o", markerfacecolor=fill, label=words, **shared)
               for labels, (words, fill) in fills.items() if (rows["labels"] == labels).any()]
    handles.append(Line2D([], [], color=BASE, linewidth=0.8, linestyle=(0, (3, 2)),
                          label="chance"))
    low, high = rows["n_seeds"].min(), rows["n_seeds"].max()
    seeds = f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
    legend_below(figure, handles, [handle.get_label() for handle in handles], ncols=len(handles),
                 title=f"mean of {seeds} seeds; bars: 95 % over seeds and images")


def _placed(points: pd.DataFrame) -> pd.DataFrame:
    """Doses by rank, then controls and adversarial training apart, each with its tick."""
    kind = points["target"].where(points["adversarial"] == "off", "adversarial")
    points = points.assign(kind=kind.replace("true", "dose"))
    points = points[points["kind"].isin(KINDS)]
    points = points.assign(category=[_category(row) for row in points.itertuples()],
                           rank=points["kind"].map(KINDS.index))
    ordered = points.sort_values(["rank", "p", "adversarial"])["category"]
    place = {category: number for number, category in enumerate(dict.fromkeys(ordered))}
    tick = points["category"].map(place) + GAP * (points["kind"] != "dose")
    return points.assign(tick=tick, x=tick + SHIFT * np.where(points["labels"] == "off", 1, 0))


def _category(row) -> str:
    if row.kind == "dose":
        return dose_text(row.p)
    if row.kind == "adversarial":
        return f"adv. {row.adversarial.partition('-')[2]}/255"
    return row.target


def figure_inches(n_panels: int) -> tuple[float, float]:
    """Width and height in which so many panels are drawn."""
    n_rows = -(-n_panels // COLUMNS)
    return min(n_panels, COLUMNS) * PAGE_INCHES / COLUMNS, n_rows * ROW_INCHES + REST_INCHES
