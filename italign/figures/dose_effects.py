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
SIZES = {"estimate": "hedges_g", "low": "hedges_g_low", "high": "hedges_g_high"}
SEEDS_OF_G = 3  # at least; as in italign.evaluation.effect_sizes, which imports scipy
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
        x, value, low, high, hedges_g with its hedges_g_low and hedges_g_high (NaN where there is
        none), n_seeds. A measure without a value has no rows.

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
        sizes = rows[rows["name"] == f"{measure}_hedges_g"].rename(columns=SIZES)
        effects = models.merge(values[["model", "value", "low", "high", "n_seeds"]], on="model")
        effects = effects.merge(sizes[["model", *SIZES.values()]], on="model", how="left")
        tables.append(effects.assign(measure=measure))
    effects = pd.concat(tables, ignore_index=True).dropna(subset=["value"])
    if effects.empty:
        raise ValueError(f"no difference between doses among the claims "
                         f"{sorted(statistics['name'].unique())}; give training.conditions a dose "
                         "beside p = 0")
    return effects[["measure", "model", *CONDITION, "category", "x", "value", "low", "high",
                    *SIZES.values(), "n_seeds"]].astype(dict.fromkeys(SIZES.values(), float))


def measures_missing(effects: pd.DataFrame) -> list[str]:
    """Name, in words, the measures that a world does not have."""
    return [MEASURES[name] for name in CLAIMS if name not in set(effects["measure"])]


def written_sizes(effects: pd.DataFrame) -> pd.DataFrame:
    """Rows whose effect size the figure writes: there is one, and the model has labels."""
    return effects[effects["hedges_g"].notna() & (effects["labels"] == "on")]


def effect_size_notes(effects: pd.DataFrame) -> list[str]:
    """Say at the foot of the figure why no effect size stands in it."""
    if len(written_sizes(effects)):
        return []
    if effects["n_seeds"].max() < SEEDS_OF_G:
        return ["no effect size g: needs three seeds"]
    return ["no effect size g: the notes in statistics.csv say why"]


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
