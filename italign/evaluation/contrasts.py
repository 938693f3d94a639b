"""Differences between two conditions of a world, one value per seed: what a claim is tested on.

Runs of one seed share their pretrained network and order of images, so conditions are compared
within seeds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from italign.evaluation.headline import CEILED_CKA

CLEAN = 0.0  # radius of images that are not attacked


class Absent(Exception):
    """What a claim needs is not in this world; the message says what to add to the config."""


@dataclass(frozen=True)
class Study:
    """What claims are tested on.

    points: one row per checkpoint (`italign.evaluation.points.widen`). robustness: rows of the
    cohort's table with that measure. axes: (held-out animal, stimulus set) of each similarity.
    panels: figure, e.g. ``3a``, to the set or subset on which its claims are tested, of similarity
    perhaps several sets; figures that show nothing are absent. attacks: those of Figure 5.
    quantity: what similarity is (`italign.evaluation.headline.similarity_quantity`). is_ceiled:
    whether it is divided by a ceiling. averaged: axes whose mean it is, None: all.
    """

    points: pd.DataFrame
    robustness: pd.DataFrame
    axes: Sequence[tuple[str, str]]
    panels: Mapping[str, str | Sequence[str]]
    attacks: Sequence[str]
    quantity: str = CEILED_CKA
    is_ceiled: bool = True
    averaged: Sequence[tuple[str, str]] | None = None


# Words of each condition, and its entry in the config.
CONDITIONS = {
    "base": ("no dose", "{target: true, labels: on, p: [0]}"),
    "full": ("highest dose", "{target: true, labels: on, p: [0, 1]}"),
    "random": ("random targets", "{target: random, labels: on, p: [1]}"),
    "shuffled": ("shuffled targets", "{target: shuffled, labels: on, p: [1]}"),
    "adversarial": ("adversarial training", "{target: true, labels: on, p: [0], adversarial: "
                    "{norm: linf, epsilon_255: 4.0}}"),
    "unlabelled": ("highest dose without labels", "{target: true, labels: off, p: [1]}"),
    "unlabelled_shuffled": ("shuffled targets without labels",
                            "{target: shuffled, labels: off, p: [1]}"),
}


def condition(points: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows of a condition.

    Parameters
    ----------
    points : pandas.DataFrame
        One row per checkpoint.
    name : str
        Key of `CONDITIONS`.

    Returns
    -------
    pandas.DataFrame
        At least one row; adversarially trained models of several strengths are all kept.

    Raises
    ------
    Absent
        If the world has no such model.
    """
    doses = points[points["role"] == "dose"]
    unlabelled = ((points["labels"] == "off") & (points["adversarial"] == "off")
                  & points["method"].isin(doses["method"]))
    highest = points["p"] == doses["p"].max()
    rows = {
        "base": (points["role"] == "dose") & (points["p"] == 0),
        "full": (points["role"] == "dose") & (points["p"] > 0) & highest,
        "random": (points["role"] == "random") & highest,
        "shuffled": (points["role"] == "shuffled") & highest,
        "adversarial": (points["role"] == "adversarial") & (points["p"] == 0),
        "unlabelled": unlabelled & (points["target"] == "true") & (points["p"] > 0) & highest,
        "unlabelled_shuffled": unlabelled & (points["target"] == "shuffled") & highest,
    }[name]
    if not rows.any():
        words, entry = CONDITIONS[name]
        raise Absent(f"no models with {words}: add {entry} to training.conditions")
    return points[rows]


def per_seed(study: Study, quantity: str, panel: str, name: str, when: str = "final",
             ) -> pd.DataFrame:
    """Values of a condition, one row per seed.

    Parameters
    ----------
    study : Study
        The world.
    quantity : str
        similarity, behavior, robustness, probe, accuracy, or curve (accuracy under the attacks of
        Figure 5, mean over their radii).
    panel : str
        Figure whose set is meant; ``mean`` for the headline's mean over sets.
    name : str
        Key of `CONDITIONS`.
    when : str
        ``final`` step, or ``onset`` of the neural loss.

    Returns
    -------
    pandas.DataFrame
        Index seed; one column per part: per held-out animal of a similarity, per attack of a
        curve, else a single one.

    Raises
    ------
    Absent
        If the world has no such models or did not measure them.
    """
    rows = condition(study.points, name)
    last = rows["step"].max()
    if quantity == "curve":
        return _curves(study, rows["model"].unique(), panel, last)
    step = last if when == "final" else rows["step"].min()
    parts = columns_of(study, quantity, panel)
    absent = [column for column in parts.values() if column not in rows]
    if absent:
        raise Absent(f"{', '.join(absent)} was not measured: see evaluation in the config")
    values = rows[rows["step"] == step].groupby("seed")[list(parts.values())].mean()
    values = values.set_axis(list(parts), axis=1).dropna()
    if values.empty:
        raise Absent(f"{quantity} was not measured of {CONDITIONS[name][0]}: see evaluation in the "
                     "config")
    return values


def contrast(study: Study, quantity: str, panel: str, model: str, reference: str,
             when: str = "final") -> pd.DataFrame:
    """Final values of one condition minus those of another (or of its own onset), per seed."""
    ours = per_seed(study, quantity, panel, model)
    theirs = per_seed(study, quantity, panel, reference, when)
    difference = (ours - theirs).dropna()
    if difference.empty:
        raise Absent("the two conditions have no seed in common: compare training.seeds")
    return difference


def columns_of(study: Study, quantity: str, panel: str) -> dict[str, str]:
    """Columns of the points that hold a quantity, by the name of each part (`per_seed`)."""
    if panel == "mean":
        return {"mean": quantity}
    if quantity != "similarity":
        shown = shown_in(study, panel)
        return {shown: f"{quantity}_{shown}"}
    axes = axes_in(study, panel)
    animals = [animal for animal, _ in axes]
    return {animal if animals.count(animal) == 1 else f"{animal} {name}":
            f"similarity_{animal}_{name}" for animal, name in axes}


def axes_in(study: Study, panel: str) -> list[tuple[str, str]]:
    """Held-out animals and sets of a figure on similarity.

    Raises
    ------
    Absent
        If it shows nothing, or no held-out animal saw its sets.
    """
    sets = sets_of(shown_in(study, panel))
    axes = [axis for axis in study.axes if axis[1] in sets]
    if not axes:
        raise Absent(f"no held-out animal saw {' or '.join(sets)}: add it to assemblies.held_out")
    return axes


def shown_in(study: Study, panel: str) -> str | Sequence[str]:
    """Set or subset that a figure shows."""
    if panel not in study.panels:
        raise Absent(f"the config names no set for Figure {panel.upper()}: see figures")
    return study.panels[panel]


def sets_of(shown: str | Sequence[str]) -> list[str]:
    """One set or several as a list."""
    return [shown] if isinstance(shown, str) else list(shown)


def _curves(study: Study, models: Sequence[str], panel: str, step: int) -> pd.DataFrame:
    rows = study.robustness
    rows = rows[rows["model"].isin(models) & (rows["stimulus_set"] == shown_in(study, panel))
                & rows["attack"].isin(study.attacks) & (rows["epsilon_255"] > CLEAN)
                & (rows["step"] == step)]
    if rows.empty:
        raise Absent(f"no strength-accuracy curve of {', '.join(models)} on "
                     f"{shown_in(study, panel)}: see evaluation.robustness.attacks")
    means = rows.groupby(["seed", "attack"])["raw"].mean().unstack("attack")
    return means.dropna()
