"""Accuracy against the strength of an attack, one panel per attack (Figure 5)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from italign.figures.palette import condition_colour, condition_label, condition_marker, dose_text
from italign.figures.panels import legend_below, spread_over_seeds

CURVE = "robustness_curve"
CONDITION = ["target", "labels", "p", "adversarial"]
# Name of a norm, its radius on the axis, and that radius per unit of the table (1/255).
NORMS = {"linf": ("L∞ attack", "radius (1/255)", 1.0),
         "l2": ("L2 attack", "radius (pixels 0 to 1)", 1 / 255),
         "none": ("Gaussian noise", "SD (1/255)", 1.0)}
CLEAN_OCTAVES = 1.6  # left of the smallest radius: no attack has no place on a logarithmic axis
N_TICKS = 4  # beside that of the clean images
N_COLUMNS = 2
STYLES = ("-", "--", ":", "-.")  # of models that share their colour


def attack_curves(levels: pd.DataFrame, points: pd.DataFrame, stimulus_set: str,
                  attacks: Sequence[str]) -> pd.DataFrame:
    """Select the curves of a figure and name their models.

    Parameters
    ----------
    levels, points : pandas.DataFrame
        As written by `summarise_cohort`; of the points only the conditions of the models.
    stimulus_set : str
        Whose images were attacked.
    attacks : sequence of str
        Names of attacks in the config, one panel each.

    Returns
    -------
    pandas.DataFrame
        One row per attack, model and radius, in the order of the attacks, then of the models: by
        dose, adversarially trained ones last. Columns attack, norm, model, `CONDITION`, label,
        epsilon_255, radius (unit of the axis), value, low, high, n_seeds.

    Raises
    ------
    ValueError
        If none of the attacks was made on the set.
    """
    curves = levels[(levels["name"] == CURVE) & (levels["stimulus_set"] == stimulus_set)]
    found = sorted(curves["attack"].unique())
    curves = curves[curves["attack"].isin(attacks)]
    if curves.empty:
        raise ValueError(f"no accuracy under {list(attacks)} on {stimulus_set!r}, found attacks "
                         f"{found} on it; correct figures.figure_5_attacks or figures.figure_5")
    conditions = points[["model", *CONDITION]].drop_duplicates("model")
    named = curves.drop(columns=["n"]).merge(conditions, on="model").rename(
        columns={"estimate": "value"})
    named = named.assign(
        label=named["model"].map(_labels(conditions[conditions["model"].isin(named["model"])])),
        radius=named["epsilon_255"] * named["norm"].map({k: v[2] for k, v in NORMS.items()}),
        place=named["attack"].map(list(attacks).index))
    ordered = named.sort_values(["place", "adversarial", "labels", "p", "model", "radius"],
                                key=lambda c: c != "off" if c.name == "adversarial" else c)
    return ordered[["attack", "norm", "model", *CONDITION, "label", "epsilon_255", "radius",
                    "value", "low", "high", "n_seeds"]].reset_index(drop=True)


def draw_curves(figure: Figure, curves: pd.DataFrame, stimulus_set: str) -> pd.DataFrame:
    """Draw one panel per attack, with one line and band per model.

    Parameters
    ----------
    figure : Figure
        Empty.
    curves : pandas.DataFrame
        As from `attack_curves`.
    stimulus_set : str
        Named on the axis.

    Returns
    -------
    pandas.DataFrame
        What is drawn: the curves, with ``mark`` clean (no attack; a point apart) or line, and
        ``x``, where on the logarithmic axis it is drawn.
    """
    attacks = list(dict.fromkeys(curves["attack"]))
    n_rows = -(-len(attacks) // N_COLUMNS)
    panels = figure.subplots(n_rows, min(len(attacks), N_COLUMNS), sharey=True,
                             squeeze=False).ravel()
    drawn = pd.concat([_placed(rows) for _, rows in curves.groupby("attack", sort=False)],
                      ignore_index=True)
    styles = _styles(drawn)
    titles = _titles(drawn)
    for axes, attack in zip(panels, attacks, strict=False):
        rows = drawn[drawn["attack"] == attack]
        for model, curve in rows.groupby("model", sort=False):
            _draw_curve(axes, curve, styles[model])
        _label_radii(axes, rows)
        axes.set_title(titles[attack])
    for axes in panels[len(attacks):]:
        axes.remove()
    panels[0].set_ylim(bottom=min(0, drawn["low"].min(), drawn["value"].min()) - 0.01)
    for axes in panels[:len(attacks):N_COLUMNS]:
        axes.set_ylabel(f"accuracy, {stimulus_set.upper()} images\n(fraction correct)")
    legend_below(figure, *_legend(panels[:len(attacks)]), ncols=2,
                 title=spread_over_seeds(drawn["n_seeds"], "band"))
    return drawn


def models_missing(curves: pd.DataFrame, attacks: Sequence[str]) -> list[str]:
    """Name, in words, what a figure of these attacks would show and the cohort does not have."""
    missing = [f"attack {name}" for name in attacks if name not in set(curves["attack"])]
    if (curves["adversarial"] == "off").all():
        missing.append("adversarially trained models")
    if not ((curves["adversarial"] == "off") & (curves["p"] > 0)).any():
        missing.append("aligned models under attack")
    return missing


def _labels(conditions: pd.DataFrame) -> dict[str, str]:
    """Words for each model; models that palette and legend cannot tell apart get their details."""
    labels = {row.model: _label(row) for row in conditions.itertuples()}
    for row in conditions.itertuples():
        same = [model for model, label in labels.items() if label == labels[row.model]]
        if len(same) > 1:
            labels |= {each.model: f"{_label(each)}, p = {dose_text(each.p)}, {each.adversarial}"
                       for each in conditions.itertuples() if each.model in same}
    return labels


def _label(condition) -> str:
    words = condition_label(condition.target, condition.p, condition.adversarial, condition.labels)
    if condition.adversarial != "off" or condition.target != "true":
        return words
    return f"not aligned ({words})" if condition.p == 0 else f"aligned ({words})"


def _placed(rows: pd.DataFrame) -> pd.DataFrame:
    """Say where each row of an attack is drawn; the clean images stand apart at the left."""
    clean = rows["radius"] == 0
    left = rows.loc[~clean, "radius"].min() / 2**CLEAN_OCTAVES
    return rows.assign(mark=np.where(clean, "clean", "line"), x=rows["radius"].mask(clean, left))


def _styles(drawn: pd.DataFrame) -> dict[str, dict]:
    models = drawn.drop_duplicates("model")
    colours = [condition_colour(row.target, row.p, row.adversarial) for row in models.itertuples()]
    turns = pd.Series(colours).groupby(colours).cumcount()
    return {row.model: {"color": colour, "linestyle": STYLES[turn % len(STYLES)],
                        "marker": condition_marker(row.target, row.adversarial),
                        "markerfacecolor": colour if row.labels == "on" else "white"}
            for row, colour, turn in zip(models.itertuples(), colours, turns, strict=True)}


def _draw_curve(axes: Axes, curve: pd.DataFrame, style: dict) -> None:
    """Draw one model: a line with band over the radii, and a point with bar of the clean images."""
    line, clean = curve[curve["mark"] == "line"], curve[curve["mark"] == "clean"]
    axes.fill_between(line["x"], line["low"], line["high"], color=style["color"], alpha=0.2,
                      linewidth=0)
    axes.plot(line["x"], line["value"], label=curve["label"].iloc[0], markersize=3.5, **style)
    axes.vlines(clean["x"], clean["low"], clean["high"], color=style["color"], linewidth=3,
                alpha=0.3)
    axes.plot(clean["x"], clean["value"], markersize=3.5, **style | {"linestyle": "none"})


def _label_radii(axes: Axes, rows: pd.DataFrame) -> None:
    """Tick the clean images as 0 and some of the radii, and break the axis between them."""
    _, label, _ = NORMS[rows["norm"].iloc[0]]
    radii = np.sort(rows.loc[rows["mark"] == "line", "radius"].unique())
    shown = radii[::-1][::max(1, -(-len(radii) // N_TICKS))]
    clean = rows.loc[rows["mark"] == "clean", "x"].unique()
    axes.set_xscale("log", base=2)
    axes.set_xticks([*clean, *shown], [*(["0"] * len(clean)), *map(_radius, shown)])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(label)
    if len(clean):
        between = radii[0] / 2 ** (CLEAN_OCTAVES / 2)
        axes.plot([between], [0], marker="$//$", markersize=6, color="black", linestyle="none",
                  markeredgewidth=0.2, transform=axes.get_xaxis_transform(), clip_on=False,
                  gid="break")


def _radius(radius: float) -> str:
    """Write 0.25 as 1/4, also where the table's unit has left a rounding error."""
    return dose_text(float(f"{radius:.9g}"))


def _titles(drawn: pd.DataFrame) -> dict[str, str]:
    """Name an attack by its norm, or by its name in the config where two have the same norm."""
    norms = drawn.drop_duplicates("attack").set_index("attack")["norm"]
    return {attack: attack if (norms == norm).sum() > 1 else NORMS[norm][0]
            for attack, norm in norms.items()}


def _legend(panels: Sequence[Axes]) -> tuple[list, list[str]]:
    """Every model once, also those under some of the attacks only."""
    entries = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    return list(entries.values()), list(entries)
