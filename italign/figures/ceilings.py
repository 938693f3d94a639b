"""Which ceiling recovers the truth, and how many repetitions it takes."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from italign.figures.palette import RULES

AXIS = ["animal", "stimulus_set"]
COLUMNS = [*AXIS, "estimator", "rule", "n_drawn", "error", "error_se", "mark", "n_axes"]
# Rules differ by marker as well as by colour.
MARKERS = {"split_half": "o", "spearman_brown": "s", "square_root": "^", "attainable": "D"}
SPREAD = 0.015  # of the number drawn, between neighbouring rules, so that error bars stay apart


def draw_ceilings(figure: Figure, by_repetitions: pd.DataFrame) -> pd.DataFrame:
    """Draw one panel per estimator of CKA.

    Parameters
    ----------
    figure : Figure
        Empty.
    by_repetitions : pandas.DataFrame
        As written by `validate_similarity`.

    Returns
    -------
    pandas.DataFrame
        What is drawn: rows with ``mark`` axis (thin lines), or mean (with its standard error).

    Raises
    ------
    ValueError
        If a column is missing, or a rule is unknown.
    """
    table = _checked(by_repetitions)
    of_axes, means = (table[table["mark"] == mark] for mark in ("axis", "mean"))
    estimators = sorted(table["estimator"].unique())
    panels = figure.subplots(1, len(estimators), sharey=True, squeeze=False)[0]
    for axes, estimator in zip(panels, estimators, strict=True):
        draw_errors(axes, of_axes[of_axes["estimator"] == estimator],
                    means[means["estimator"] == estimator])
        axes.set_title(f"{estimator} CKA")
    panels[0].set_ylabel("ceiled score of the true model\n- its noiseless score (CKA)")
    n_axes = len(of_axes[AXIS].drop_duplicates())
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center",
                  title=f"raw / ceiling,\nmean ± SE of {n_axes} axes\n(animal x image set)",
                  alignment="left")
    return table


def draw_errors(axes: Axes, table: pd.DataFrame, means: pd.DataFrame) -> None:
    """Draw ceiled minus noiseless of one estimator against repetitions: each axis, and the mean."""
    axes.axhline(0, color="0.2", linewidth=0.8)
    for place, (rule, colour) in enumerate(RULES.items()):
        rows = table[table["rule"] == rule]
        for _, line in rows.groupby(AXIS):
            line = line.sort_values("n_drawn")
            axes.plot(line["n_drawn"], line["error"], color=colour, linewidth=0.5, alpha=0.4)
        mean = means[means["rule"] == rule].sort_values("n_drawn")
        if len(mean):
            x = mean["n_drawn"] * (1 + SPREAD * (place - 1.5))
            axes.errorbar(x, mean["error"], mean["error_se"], color=colour, marker=MARKERS[rule],
                          capsize=2, elinewidth=1, label=rule.replace("_", " "))
    axes.set_xscale("log", base=2)
    drawn = sorted(table["n_drawn"].unique())
    axes.set_xticks(drawn, [str(n) for n in drawn])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("repetitions drawn per image")


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in COLUMNS if name not in table]
    if absent:
        raise ValueError(f"by_repetitions lacks columns {absent}, found {list(table.columns)}; "
                         "run validate_similarity again")
    unknown = sorted(set(table["rule"]) - set(RULES))
    if unknown:
        raise ValueError(f"by_repetitions has rules {unknown}, expected some of {list(RULES)}; "
                         "give each a colour and a marker in italign/figures")
    return table[COLUMNS]
