"""The table of generalisation: dose-response, changes, controls, and what chance would give."""

from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from italign.evaluation.generalisation import IMAGES, Similarity, p_value
from italign.evaluation.generalisation_intervals import dose_trend, joint_interval
from italign.evaluation.significance import paired_difference
from italign.evaluation.similarity import ESTIMATORS
from italign.evaluation.statistics import MIN_POINTS

CONDITION = ("method", "target", "labels", "p", "adversarial")
COLUMNS = ("analysis", "estimator", "images", "animal", "stimulus_set", *CONDITION, "value", "low",
           "high", "chance", "p_value", "n_images", "n_seeds", "note")
CONTROLS = ("shuffled", "random")


class Runs(NamedTuple):
    """Numbers of every run by one estimator over one choice of images, with the runs' names."""

    table: pd.DataFrame
    value: np.ndarray
    chance: np.ndarray
    spread: np.ndarray
    shuffled: np.ndarray
    seed: int

    def rows(self, condition: tuple) -> dict[int, int]:
        """Seed to row of the runs of a condition, by seed."""
        same = (self.table[list(CONDITION)] == list(condition)).all(axis=1)
        return dict(sorted((int(seed), int(row)) for row, seed in self.table["seed"][same].items()))


def generalisation_table(runs: list[dict], similarities: list[Similarity], left_out: dict[str, str],
                         seed: int) -> pd.DataFrame:
    """Tabulate how similarity to held-out animals depends on what a model was trained on.

    Parameters
    ----------
    runs : list of dict
        `CONDITION` and ``seed`` of each, in the order of the similarities' runs.
    similarities : list of Similarity
        Of every held-out animal and set, and their mean.
    left_out : dict of str to str
        Set to words on the images that are not apart.
    seed : int
        Of resamples.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`. ``analysis``: ``similarity`` (CKA; p: of the image order shuffled), ``change``
        (from p = 0 with the same labels), ``dose_spearman`` (p: doses permuted within seeds),
        ``against_shuffled``, ``against_random``, ``against_adversarial`` (highest dose of the true
        target minus these). Differences are paired by seed; their p exchanges the two within seeds.
    """
    table, found = pd.DataFrame(runs).reset_index(drop=True), []
    for one, (e, estimator), (k, images) in product(
            similarities, enumerate(ESTIMATORS), enumerate(IMAGES)):
        cell = Runs(table, one.value[e, k], one.chance[e, k], one.spread[e, k], one.shuffled[e, k],
                    seed)
        words = left_out.get(one.stimulus_set, "") if images == "apart" else ""
        names = {"estimator": estimator, "images": images, "animal": one.animal,
                 "stimulus_set": one.stimulus_set, "n_images": one.n_images[k]}
        for row in [*_levels(cell), *_changes(cell), *_trends(cell), *_contrasts(cell)]:
            note = "; ".join(part for part in (row["note"], words) if part)
            found.append({**names, **row, "note": note})
    return pd.DataFrame(found, columns=list(COLUMNS))


def _conditions(runs: Runs) -> list[tuple]:
    return list(dict.fromkeys(runs.table[list(CONDITION)].itertuples(index=False, name=None)))


def _levels(runs: Runs) -> list[dict]:
    rows = []
    for condition in _conditions(runs):
        own = list(runs.rows(condition).values())
        value = runs.value[own]
        low, high = joint_interval(value, runs.spread[own], runs.seed)
        rows.append(_row("similarity", condition, value.mean(), low, high,
                         p_value(value.mean(), runs.shuffled[own].mean(0)), len(own),
                         runs.chance[own].mean()))
    return rows


def _changes(runs: Runs) -> list[dict]:
    rows = []
    for condition in _conditions(runs):
        method, _, labels, *_ = condition
        base = (method, "true", labels, 0.0, "off")
        rows += _difference("change", runs, condition, base) if condition != base else []
    return rows


def _contrasts(runs: Runs) -> list[dict]:
    rows = []
    for full in _full_doses(runs):
        for other in _conditions(runs):
            method, target, labels, p, adversarial = other
            if (method, labels) != (full[0], full[2]):
                continue
            if adversarial != "off" and target == "true":
                rows += _difference("against_adversarial", runs, full, other)
            elif target in CONTROLS and (p, adversarial) == (full[3], "off"):
                rows += _difference(f"against_{target}", runs, full, other)
    return rows


def _trends(runs: Runs) -> list[dict]:
    rows = []
    for full in _full_doses(runs):
        dosed = [own for own in _conditions(runs) if (*own[:3], own[4]) == (*full[:3], full[4])]
        dosed.sort(key=lambda own: own[3])
        places = [runs.rows(own) for own in dosed]
        seeds = sorted(set.intersection(*map(set, places)))
        if len(dosed) < MIN_POINTS or not seeds:
            continue
        own = np.array([[place[seed] for place in places] for seed in seeds])
        trend = dose_trend(np.array([each[3] for each in dosed]), runs.value[own],
                           runs.spread[own], runs.seed)
        row = _row("dose_spearman", full, trend.rho, trend.low, trend.high, trend.p_value,
                   len(seeds))
        rows.append({**row, "p": np.nan})
    return rows


def _full_doses(runs: Runs) -> list[tuple]:
    """Of every method, with and without labels: the condition of the highest dose above 0."""
    true = [own for own in _conditions(runs) if own[1] == "true" and own[4] == "off" and own[3] > 0]
    highest = {}
    for own in sorted(true, key=lambda own: own[3]):
        highest[own[0], own[2]] = own
    return list(highest.values())


def _difference(analysis: str, runs: Runs, condition: tuple, other: tuple) -> list[dict]:
    """Condition minus other, paired by seed; no row without a common seed."""
    ours, theirs = runs.rows(condition), runs.rows(other)
    seeds = [seed for seed in ours if seed in theirs]
    if not seeds:
        return []
    a, b = [ours[seed] for seed in seeds], [theirs[seed] for seed in seeds]
    value = runs.value[a] - runs.value[b]
    low, high = joint_interval(value, runs.spread[a] - runs.spread[b], runs.seed)
    p = paired_difference(runs.value[a], runs.value[b], runs.seed).p_value
    least = 2.0 ** (1 - len(seeds))
    note = f"p cannot fall below {least:.2g} with {len(seeds)} seeds" if (
        len(seeds) > 1 and least > 0.05) else ""
    return [_row(analysis, condition, value.mean(), low, high, p, len(seeds), note=note)]


def _row(analysis: str, condition: tuple, value: float, low: float, high: float, p: float,
         n_seeds: int, chance: float = np.nan, note: str = "") -> dict:
    one = "one seed: the interval is over images alone" if n_seeds == 1 else ""
    return {"analysis": analysis, **dict(zip(CONDITION, condition, strict=True)),
            "value": float(value), "low": low, "high": high, "chance": float(chance),
            "p_value": p, "n_seeds": n_seeds,
            "note": "; ".join(part for part in (one, note) if part)}
