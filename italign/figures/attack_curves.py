"""Which models have accuracy against the strength of an attack, and what they are called."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from italign.figures.palette import condition_label, dose_text

CURVE = "robustness_curve"
CONDITION = ["target", "labels", "p", "adversarial"]
# Radius on the axis per unit of the table (1/255): of L2 in units of images in [0, 1].
UNITS = {"linf": 1.0, "l2": 1 / 255}


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
        radius=named["epsilon_255"] * named["norm"].map(UNITS),
        place=named["attack"].map(list(attacks).index))
    ordered = named.sort_values(["place", "adversarial", "labels", "p", "model", "radius"],
                                key=lambda c: c != "off" if c.name == "adversarial" else c)
    return ordered[["attack", "norm", "model", *CONDITION, "label", "epsilon_255", "radius",
                    "value", "low", "high", "n_seeds"]].reset_index(drop=True)


def attacks_missing(curves: pd.DataFrame, attacks: Sequence[str]) -> list[str]:
    """Name, in words, the attacks that were not made."""
    return [f"attack {name}" for name in attacks if name not in set(curves["attack"])]


def _labels(conditions: pd.DataFrame) -> dict[str, str]:
    """Words for each model; models that palette and legend cannot tell apart get their details."""
    labels = {row.model: _label(row) for row in conditions.itertuples()}
    for row in conditions.itertuples():
        same = [model for model, label in labels.items() if label == labels[row.model]]
        if len(same) > 1:
            labels |= {each.model: f"{_label(each)}, p = {dose_text(each.p)}, {each.adversarial}"
                       for each in conditions.itertuples() if each.model in same}
    return labels


def _label(condition: NamedTuple) -> str:
    words = condition_label(condition.target, condition.p, condition.adversarial, condition.labels)
    if condition.adversarial != "off" or condition.target != "true":
        return words
    return f"not aligned ({words})" if condition.p == 0 else f"aligned ({words})"
