"""The paper's claims as a forest: one row each, our estimate with its interval, and the verdict."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from italign.figures.palette import DROPPED, KEPT, PUBLISHED, THRESHOLD
from italign.figures.panels import LARGEST_RANGE
from italign.figures.words import figure_words

ROW_INCHES, PANEL_INCHES, LEGEND_INCHES = 0.155, 0.50, 0.5
SIDE_INCHES = 0.11
SHIFT = 0.2  # rows: published marks lie above the middle of a row, ours below it
TEXT_POINTS = 6
IN_TEXT = "text"  # in place of a figure: the paper has the claim in its text alone
# Verdicts differ by marker and word as well as by colour.
VERDICTS = {
    "agrees": {"marker": "o", "color": KEPT},
    "disagrees": {"marker": "X", "color": DROPPED},
    "not testable here": {"marker": "s", "color": THRESHOLD},
}
AXIS_LABELS = {
    "correlation": "correlation",
    "CKA / ceiling": "difference in similarity\n(CKA / ceiling)",
    "CKA": "difference in similarity\n(CKA; published: CKA / ceiling)",
    "i2n / √ceiling": "difference in behavior\n(i2n / √ceiling)",
    "accuracy": "difference in accuracy",
}
PUBLISHED_MARK = {"marker": "D", "markersize": 2.8, "markerfacecolor": "none",
                  "markeredgecolor": PUBLISHED, "markeredgewidth": 0.7, "linestyle": "none"}
# Ends of an interval rise above the estimate's mark, so that a narrow one shows too.
ENDS = {"marker": "|", "markersize": 5, "markeredgewidth": 0.9, "linewidth": 0.9}


def claims_height(reproduction: pd.DataFrame) -> float:
    """Height of the figure in inches, by its rows and panels."""
    panels = reproduction["unit"].nunique()
    return ROW_INCHES * len(reproduction) + PANEL_INCHES * panels + LEGEND_INCHES


def draw_claims(figure: Figure, reproduction: pd.DataFrame) -> pd.DataFrame:
    """Draw all claims, in one panel per unit of their effect.

    Parameters
    ----------
    figure : Figure
        Empty, `claims_height` high.
    reproduction : pandas.DataFrame
        As written by `compare_published`, at least one row.

    Returns
    -------
    pandas.DataFrame
        What is drawn: per claim a row with mark ``claim`` (value, low, high; NaN: not drawn) and
        its words, and one with mark ``published`` where the paper gives a number. ``row`` counts
        from 0 at the top of its panel, ``y`` is the mark's height in the same unit.

    Raises
    ------
    ValueError
        If a unit or verdict has no look.
    """
    _check(reproduction)
    # Small type is wider at the resolution of the files than at that of the layout.
    figure.get_layout_engine().set(w_pad=SIDE_INCHES)
    groups = [(unit, reproduction[reproduction["unit"] == unit]) for unit in AXIS_LABELS
              if (reproduction["unit"] == unit).any()]
    panels = figure.subplots(len(groups), 1, squeeze=False,
                             height_ratios=[len(rows) for _, rows in groups])[:, 0]
    tables = [_draw_panel(axes, rows.reset_index(drop=True), AXIS_LABELS[unit])
              for axes, (unit, rows) in zip(panels, groups, strict=True)]
    handles = [Line2D([], [], linestyle="none", markersize=4, label=verdict, **look)
               for verdict, look in VERDICTS.items()]
    handles.append(Line2D([], [], label="published", **PUBLISHED_MARK))
    figure.legend(handles=handles, loc="outside upper center", ncols=4, columnspacing=1,
                  handletextpad=0.1, title=_seeds(reproduction))
    return pd.concat(tables, ignore_index=True)


def _draw_panel(axes: Axes, rows: pd.DataFrame, label: str) -> pd.DataFrame:
    axes.axvline(0, color="0.75", linewidth=0.7, zorder=0)
    for row, claim in enumerate(rows.itertuples(index=False)):
        look, y = VERDICTS[claim.verdict], row + SHIFT
        axes.plot([claim.low, claim.high], [y, y], color=look["color"], gid="interval", **ENDS)
        axes.plot([claim.estimate], [y], markersize=3.4, markeredgewidth=0, gid="estimate", **look)
        axes.plot([claim.published_value], [row - SHIFT], gid="published", **PUBLISHED_MARK)
        axes.text(1.02, row, claim.reason or claim.verdict, color=look["color"], va="center",
                  fontsize=TEXT_POINTS, transform=axes.get_yaxis_transform())
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), _labels(rows), fontsize=TEXT_POINTS)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=TEXT_POINTS)
    axes.set_xlabel(label, fontsize=TEXT_POINTS + 0.5, labelpad=1)
    axes.margins(x=0.07)
    return _drawn(rows)


def _seeds(reproduction: pd.DataFrame) -> str:
    """Say what the lines are; of 2 or 3 seeds the interval is the range."""
    tested = reproduction[reproduction["unit_of_resampling"] == "seed"]
    if tested.empty:
        return "one seed: no intervals"
    n = tested["n"].max()
    interval = "range" if n <= LARGEST_RANGE else "95 % interval"
    return f"line: {interval} over {n} seeds (with similarity: 95 % over runs)"


def _labels(rows: pd.DataFrame) -> list[str]:
    return [label if figure == IN_TEXT else f"{label}  {figure_words(figure)}"
            for label, figure in zip(rows["label"], rows["figure"], strict=True)]


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    shared = ["id", "figure", "unit", "label", "row", "y"]
    rows = rows.assign(row=np.arange(len(rows)))
    claims = rows.assign(mark="claim", y=rows["row"] + SHIFT, value=rows["estimate"])[
        ["mark", *shared, "value", "low", "high", "n", "verdict", "reason"]]
    published = rows.assign(mark="published", y=rows["row"] - SHIFT,
                            value=rows["published_value"])[["mark", *shared, "value"]]
    return pd.concat([claims, published.dropna(subset="value")], ignore_index=True)


def _check(reproduction: pd.DataFrame) -> None:
    for column, known in (("unit", AXIS_LABELS), ("verdict", VERDICTS)):
        strange = sorted(set(reproduction[column]) - set(known))
        if strange:
            raise ValueError(f"claims have {column} {strange}, expected one of {list(known)}; "
                             "give it a look in italign/figures/claims.py")
