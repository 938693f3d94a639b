"""What the dose of neural loss changes: which claims, of which models, and their order."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from italign.figures.palette import condition_label, dose_text
from italign.figures.words import MEASURES

# Measure -> claim. The change of accuracy is that since the pretrained network, so that p = 0 has
# one too; the others are differences from p = 0.
CLAIMS = {"similarity": "similarity_difference", "behavior": "behavior_difference",
          "robustness": "robustness_difference", "accuracy": "accuracy_change"}
CONDITION = ["method", "target", "labels", "p", "adversarial"]
ORDER = ("dose", "shuffled", "random", "adversarial")
GAP = 0.6  # between the doses and what is no dose
SHIFT = 0.22  # of models without labels, to the right of those with


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
    for measure, name in CLAIMS.items():
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


def measures_missing(effects: pd.DataFrame) -> list[str]:
    """Name, in words, the measures that a world does not have."""
    return [MEASURES[name] for name in CLAIMS if name not in set(effects["measure"])]


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


def _category(model: NamedTuple, models: pd.DataFrame) -> str:
    """Tick label of a model; a kind that occurs at several doses says which."""
    if model.kind == "dose":
        return dose_text(model.p)
    same = models[(models["kind"] == model.kind) & (models["labels"] == model.labels)]
    details = [f"p = {dose_text(model.p)}"] if same["p"].nunique() > 1 else []
    details += [model.adversarial] if same["adversarial"].nunique() > 1 else []
    if model.kind == "adversarial":
        return ", ".join(["adv.", *details]) if details else "adversarial"
    return ", ".join([condition_label(model.target, model.p, model.adversarial), *details])
