"""What the dose of neural loss changes, with effect sizes: one panel per measure."""

from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from italign.figures.palette import (
    BASE,
    condition_colour,
    condition_fill,
    condition_label,
    condition_marker,
    dose_text,
)
from italign.figures.panels import legend_below, spread_over_seeds


class Measure(NamedTuple):
    """Where a measure's effects are found, and its words."""

    claim: str
    title: str
    label: str


# The change of accuracy is that since the pretrained network, so that p = 0 has one too; the others
# are differences from p = 0, which is their zero.
MEASURES = {
    "similarity": Measure("similarity_difference", "IT similarity (CKA / ceiling)",
                          "difference\nfrom p = 0"),
    "behavior": Measure("behavior_difference", "behavioral alignment (i2n / √ceiling)",
                        "difference\nfrom p = 0"),
    "robustness": Measure("robustness_difference", "accuracy under attack (fraction correct)",
                          "difference\nfrom p = 0"),
    "accuracy": Measure("accuracy_change", "accuracy of the base task (fraction correct)",
                        "change since\npretraining"),
}
CONDITION = ["method", "target", "labels", "p", "adversarial"]
ORDER = ("dose", "shuffled", "random", "adversarial")
GAP = 0.6  # between the doses and what is no dose
SHIFT = 0.22  # of models without labels, to the right of those with
SMALL_POINTS = 6


def dose_effects(statistics: pd.DataFrame, points: pd.DataFrame, base_set: str) -> pd.DataFrame:
    """Select the effects of every model of the headline's method, and say where they are drawn.

    Parameters
    ----------
    statistics, points : pandas.DataFrame
        As written by `summarise_cohort`; of the points only the conditions of the models.
    base_set : str
        Stimulus set of the base task.

    Returns
    -------
    pandas.DataFrame
        One row per measure and model: measure, model, `CONDITION`, category (what the axis says),
        x, value, low, high, hedges_g (NaN where there is none), n_seeds. A measure without a
        value has no rows.

    Raises
    ------
    ValueError
        If no measure has a value.
    """
    models = _placed(points)
    tables = []
    for measure, (name, *_) in MEASURES.items():
        shown = base_set if measure == "accuracy" else "mean"
        rows = statistics[statistics["stimulus_set"] == shown]
        values = rows[rows["name"] == name].rename(columns={"estimate": "value"})
        sizes = rows[rows["name"] == f"{measure}_hedges_g"].set_index("model")["estimate"]
        effects = models.merge(values[["model", "value", "low", "high", "n_seeds"]], on="model")
        tables.append(effects.assign(measure=measure, hedges_g=effects["model"].map(sizes)))
    effects = pd.concat(tables, ignore_index=True).dropna(subset=["value"])
    if effects.empty:
        raise ValueError(f"no difference between doses among the claims "
                         f"{sorted(statistics['name'].unique())}; give training.conditions a dose "
                         "beside p = 0")
    return effects[["measure", "model", *CONDITION, "category", "x", "value", "low", "high",
                    "hedges_g", "n_seeds"]].astype({"hedges_g": float})


def draw_doses(figure: Figure, effects: pd.DataFrame) -> pd.DataFrame:
    """Draw one panel per measure, one above the other: categories and numbers need the width.

    Parameters
    ----------
    figure : Figure
        Empty.
    effects : pandas.DataFrame
        As from `dose_effects`.

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
        written = _write_effect_sizes(axes, rows[rows["labels"] == "on"])
        axes.set_title(MEASURES[measure].title, pad=11 if written else None)
        axes.set_ylabel(MEASURES[measure].label)
    _label_categories(panels[-1], effects)
    figure.align_ylabels(panels)
    handles = _fill_handles(effects)
    legend_below(figure, handles, [handle.get_label() for handle in handles], ncols=2,
                 title=_legend_title(effects))
    return effects.assign(mark="point")


def effects_missing(effects: pd.DataFrame) -> list[str]:
    """Name, in words, the measures and models that a world does not have."""
    missing = [name for name in MEASURES if name not in set(effects["measure"])]
    models = {"shuffled control": effects["target"] == "shuffled",
              "random control": effects["target"] == "random",
              "adversarially trained models": effects["adversarial"] != "off"}
    return missing + [words for words, there in models.items() if not there.any()]


def _placed(points: pd.DataFrame) -> pd.DataFrame:
    """Models of the headline's method in the order of the axis: doses, then the others apart."""
    models = points.drop_duplicates("model")
    models = models[models["method"].isin(models.loc[models["role"] == "dose", "method"])]
    kind = models["target"].where(models["adversarial"] == "off", "adversarial")
    models = models.assign(kind=kind.replace("true", "dose"))
    models = models[models["kind"].isin(ORDER)].sort_values(
        ["kind", "adversarial", "p", "labels"], key=_rank, ignore_index=True)
    categories = [_category(row, models) for row in models.itertuples()]
    numbers, _ = pd.factorize(np.array(categories, dtype=object))
    x = numbers + GAP * (models["kind"] != "dose") + SHIFT * (models["labels"] == "off")
    return models[["model", *CONDITION]].assign(category=categories, x=x)


def _rank(column: pd.Series) -> pd.Series:
    return column.map(ORDER.index) if column.name == "kind" else column


def _category(model, models: pd.DataFrame) -> str:
    """Tick label of a model; a kind that occurs at several doses says which."""
    if model.kind == "dose":
        return dose_text(model.p)
    same = models[(models["kind"] == model.kind) & (models["labels"] == model.labels)]
    details = [f"p = {dose_text(model.p)}"] if same["p"].nunique() > 1 else []
    details += [model.adversarial] if same["adversarial"].nunique() > 1 else []
    if model.kind == "adversarial":
        return ", ".join(["adv.", *details]) if details else "adversarial"
    return ", ".join([condition_label(model.target, model.p, model.adversarial), *details])


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
    known = rows.dropna(subset=["hedges_g"])
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
    axes.annotate("p, share of steps\nwith neural loss", (np.mean(doses), 0), (0, -19), ha="center",
                  va="top", xycoords=axes.get_xaxis_transform(), textcoords="offset points",
                  fontsize=plt.rcParams["axes.labelsize"], annotation_clip=False)


def _fill_handles(effects: pd.DataFrame) -> list[Line2D]:
    """Say what open markers are, where there are any."""
    words = {"on": "with labels", "off": "without labels"}
    if (effects["labels"] == "on").all():
        return []
    return [Line2D([], [], linestyle="none", marker="o", markersize=4.5, color="0.35",
                   markerfacecolor="0.35" if labels == "on" else "none", label=words[labels])
            for labels in words]


def _legend_title(effects: pd.DataFrame) -> str:
    title = spread_over_seeds(effects["n_seeds"], "bar")
    return f"{title}; g: Hedges' g" if effects["hedges_g"].notna().any() else title
