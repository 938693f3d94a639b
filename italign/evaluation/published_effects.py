"""The size of an effect in the paper, from its published numbers; NaN where it gives none."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from italign.evaluation.published import rows_of

Effect = Callable[[pd.DataFrame], float]
FULL = {"target": "true", "labels": "on", "p": 1.0}
BASE = {"target": "true", "labels": "on", "p": 0.0}


def no_number(published: pd.DataFrame) -> float:
    """The paper gives the direction in words or curves alone."""
    return np.nan


def printed(column: str, **where: str | float) -> Effect:
    """A number as it stands in the one row that `where` names (NaN: an empty cell)."""
    return lambda published: _one(published, column, **where)


def statistic(figure: str, quantity: str, column: str = "value") -> Effect:
    """A statistic as printed."""
    return printed(column, figure=figure, quantity=quantity, mark="statistic", read_from="printed")


def significance(figure: str, quantity: str) -> list[Effect]:
    """The p value and n of a statistic."""
    return [statistic(figure, quantity, column) for column in ("p_value", "n")]


def conditions(figure: str, column: str = "value") -> list[Effect]:
    """Means over seeds in Figure 1, of no dose and of full dose."""
    return [printed(column, figure=figure, mark="condition", p=p) for p in (0.0, 1.0)]


def finals(figure: str, *animals: str) -> list[Effect]:
    """Final similarity to each animal in turn, of no dose and of full dose."""
    return [printed("value", figure=figure, quantity="similarity", mark="final", animal=animal,
                    **model) for animal in animals for model in (BASE, FULL)]


def extent(**where: str | float) -> list[Effect]:
    """Lowest and highest of a cloud of points."""
    return [printed(column, mark="extent", **where) for column in ("low", "high")]


def condition_gain(figure: str, column: str = "value") -> Effect:
    """Full dose minus none, of the means over seeds in Figure 1 (``x``: of the similarity)."""
    none, full = conditions(figure, column)
    return lambda published: full(published) - none(published)


def final_gain(figure: str, **model: str | float) -> Effect:
    """A model's final similarity minus that of p = 0, mean over the figure's two axes."""
    return lambda published: (_similarity(published, figure, "final", **(FULL | model))
                              - _similarity(published, figure, "final", **BASE))


def gain_beyond(figure: str, other: str) -> Effect:
    """How much more full dose gains in one figure than in another."""
    return lambda published: final_gain(figure)(published) - final_gain(other)(published)


def drift_without_dose(published: pd.DataFrame) -> float:
    """Final similarity of p = 0 minus that at the onset, mean over all four axes."""
    final, start = (np.mean([_similarity(published, figure, mark, **where) for figure in
                             ("2a", "2b")]) for mark, where in (("final", BASE), ("start", {})))
    return float(final - start)


def rank_correlation(figure: str) -> Effect:
    """Spearman correlation of dose and final similarity, mean over the figure's two axes."""
    def effect(published: pd.DataFrame) -> float:
        doses = rows_of(published, figure=figure, quantity="similarity", mark="final",
                        target="true")
        return float(np.mean([axis["p"].rank().corr(axis["value"].rank())
                              for _, axis in doses.groupby("animal")]))
    return effect


def line_end_above_base(figure: str, categories: str | None = None) -> Effect:
    """Right end of the sliding average minus the base marker: most IT-like models against base."""
    where = {"figure": figure} | ({} if categories is None else {"categories": categories})

    def effect(published: pd.DataFrame) -> float:
        line = rows_of(published, mark="line", **where)
        end = line.loc[line["x"].idxmax(), "value"]
        return float(end - _one(published, "value", mark="base", **where))
    return effect


def final_difference(figure: str, quantity: str, model: dict, reference: dict) -> Effect:
    """Final value of one condition minus that of another, as printed."""
    rows = {"figure": figure, "quantity": quantity, "mark": "final"}
    return lambda published: (_one(published, "value", **rows, **model)
                              - _one(published, "value", **rows, **reference))


def final_above_base(figure: str) -> Effect:
    """Printed final value at full dose minus the base marker."""
    return lambda published: (_one(published, "value", figure=figure, mark="final", **FULL)
                              - _one(published, "value", figure=figure, mark="base"))


def control_below_base(published: pd.DataFrame) -> float:
    """Middle of the random control's points minus the base marker, mean of Figures 4A and 4B."""
    return float(np.mean([
        _one(published, "value", figure=figure, mark="extent", target="random")
        - _one(published, "value", figure=figure, mark="base") for figure in ("4a", "4b")]))


def _similarity(published: pd.DataFrame, figure: str, mark: str, **model: str | float) -> float:
    rows = rows_of(published, figure=figure, quantity="similarity", mark=mark, **model)
    return float(rows["value"].mean())


def _one(published: pd.DataFrame, column: str, **where: str | float) -> float:
    rows = rows_of(published, **where)
    if len(rows) != 1:
        raise ValueError(f"{len(rows)} published values match {where}, expected one; correct "
                         "resources/published or italign/evaluation/paper_claims.py")
    return float(rows[column].iloc[0])
