"""Where a world's own of a published number is found."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from italign.evaluation.contrasts import Absent
from italign.evaluation.statistics import bootstrap_mean

STATISTICS = {"pearson_r": "pearson", "slope": "slope", "intercept": "intercept"}
NOT_COMPARED = {
    "extent": "spread of points, read off by eye: not computed",
    "accuracy": "of images of variation 3 kept aside; ours is of the test images",
}
MEASURE = {"1b": "behavior", "1c": "robustness"}


class Ours(NamedTuple):
    """A world's number with its 95 % interval (NaN: none), units behind it, and a remark."""

    value: float
    low: float = np.nan
    high: float = np.nan
    n: int = 0
    remark: str = ""


class Tables(NamedTuple):
    """What is compared.

    points, similarity: checkpoints, and similarity rows of the cohort's headline, of models of one
    method that were not trained on attacked images. statistics, averages: of `summarise_cohort`.
    panels: figure to the set or subset that it shows. ceiled: whether similarity is CKA / ceiling,
    as the paper's.
    """

    points: pd.DataFrame
    statistics: pd.DataFrame
    averages: pd.DataFrame
    similarity: pd.DataFrame
    panels: Mapping[str, str]
    ceiled: bool = True


def find_ours(number: NamedTuple, tables: Tables, n_bootstrap: int, seed: int) -> Ours:
    """Find this world's own of a published number.

    Parameters
    ----------
    number : NamedTuple
        Row of the published table.
    tables : Tables
        Of this world.
    n_bootstrap, seed : int
        Of every bootstrap over seeds.

    Returns
    -------
    Ours
        The value with its interval.

    Raises
    ------
    Absent
        If this world has none; the message says why.
    """
    if number.mark in NOT_COMPARED:
        raise Absent(NOT_COMPARED[number.mark])
    if number.quantity in NOT_COMPARED:
        raise Absent(NOT_COMPARED[number.quantity])
    if not tables.ceiled and _is_ceiled(number):
        raise Absent("rests on CKA / ceiling; ours is raw, without ceiling")
    if number.mark == "statistic":
        return _statistic(number, tables)
    if number.mark in ("line", "base"):
        return _average(number, tables)
    if number.quantity == "raw_similarity":
        return _over_seeds(number, _of_axis(number, tables.similarity), "raw", n_bootstrap, seed)
    return _over_seeds(number, tables.points, _column(number, tables), n_bootstrap, seed)


def _is_ceiled(number: NamedTuple) -> bool:
    """Whether a published number is a ceiled similarity, or depends on its scale."""
    return number.quantity in ("similarity", "slope", "intercept") or number.mark == "line"


def _statistic(number: NamedTuple, tables: Tables) -> Ours:
    if number.quantity == "ceiling":
        return Ours(float(_of_axis(number, tables.similarity)["ceiling"].iloc[0]))
    if number.quantity == "ks":
        name, where = "behavior_ks_random", _shown(number.figure, tables)
    else:
        name = f"{MEASURE[number.figure]}_similarity_{STATISTICS.get(number.quantity, 'pearson')}"
        where = "none"
    rows = tables.statistics
    rows = rows[(rows["name"] == name) & (rows["stimulus_set"] == where)]
    if rows.empty or rows["estimate"].isna().all():
        raise Absent(f"this world has no {name} ({where})")
    row = rows.iloc[0]
    if number.quantity == "n_models":
        return Ours(float(row["n"]), float(row["n"]), float(row["n"]), int(row["n"]))
    return Ours(row["estimate"], row["low"], row["high"], int(row["n"]))


def _of_axis(number: NamedTuple, similarity: pd.DataFrame) -> pd.DataFrame:
    rows = similarity[(similarity["animal"] == number.animal)
                      & (similarity["stimulus_set"] == number.stimulus_set)]
    if rows.empty:
        raise Absent(f"this world has no {number.animal} on {number.stimulus_set}")
    return rows


def _average(number: NamedTuple, tables: Tables) -> Ours:
    """Base mark, or the sliding line at the published x, if it reaches so far."""
    rows = tables.averages[tables.averages["column"] == _column_of_panel(number, tables)]
    rows = rows[rows["mark"] == {"line": "sliding", "base": "base"}[number.mark]]
    if number.mark == "line":
        line = rows.sort_values("window")
        if line.empty or not line["similarity"].min() <= number.x <= line["similarity"].max():
            raise Absent("our sliding average does not reach this similarity")
        value = np.interp(number.x, line["similarity"], line["value"])
        return Ours(float(value), n=int(line["n_points"].iloc[0]))
    if rows.empty:
        raise Absent("this world has no base mark here")
    row = rows.iloc[0]
    names = (("similarity", "similarity_low", "similarity_high")
             if number.quantity == "similarity" else ("value", "low", "high"))
    return Ours(*row[list(names)].astype(float), int(row["n_seeds"]))


def _over_seeds(number: NamedTuple, rows: pd.DataFrame, column: str, n_bootstrap: int,
                seed: int) -> Ours:
    """Mean over seeds of the published condition at the published step."""
    if column not in rows:
        raise Absent(f"{column} was not measured")
    found = rows[(rows["target"] == number.target) & (rows["labels"] == number.labels)
                 & np.isclose(rows["p"], 0.0 if number.mark == "start" else number.p)]
    step, remark = _step(number, found)
    values = found[found["steps_since_onset"] == step].groupby("seed")[column].mean().dropna()
    if values.empty:
        raise Absent("this world has no such model, step or measure")
    low, high = bootstrap_mean(values.to_numpy(), n_bootstrap, seed)
    return Ours(float(values.mean()), float(low), float(high), len(values), remark)


def _step(number: NamedTuple, rows: pd.DataFrame) -> tuple[int, str]:
    """Checkpoint of a mark: first, last, or for a trajectory the nearest."""
    steps = np.sort(rows["steps_since_onset"].unique())
    if not len(steps) or number.mark == "start":
        return 0, ""
    if number.mark != "trajectory":
        return int(steps[-1]), ""
    nearest = int(steps[np.argmin(np.abs(steps - number.steps_since_onset))])
    spacing = np.diff(steps).min() if len(steps) > 1 else 0
    if abs(nearest - number.steps_since_onset) > spacing / 2:
        raise Absent("this world has no checkpoint near this step")
    exact = nearest == number.steps_since_onset
    return nearest, "" if exact else f"ours at step {nearest}, the nearest checkpoint"


def _column(number: NamedTuple, tables: Tables) -> str:
    """Column of the points that holds a published number's quantity."""
    if number.mark == "condition":
        return number.quantity
    if number.quantity == "similarity":
        _of_axis(number, tables.similarity)
        return f"similarity_{number.animal}_{number.stimulus_set}"
    return _column_of_panel(number, tables)


def _column_of_panel(number: NamedTuple, tables: Tables) -> str:
    quantity = {"3": "behavior", "4": "robustness", "a": "probe"}[number.figure[0]]
    if quantity == "probe":
        whole, part = _shown("3d", tables), _shown("3c", tables)
        return f"probe_{part if number.categories == 'overlapping' else whole}"
    return f"{quantity}_{_shown(number.figure, tables)}"


def _shown(figure: str, tables: Tables) -> str:
    if figure not in tables.panels:
        raise Absent(f"the config names no set for Figure {figure.upper()}")
    return tables.panels[figure]
