"""The claims of the study, one row each.

A claim whose condition is not in the cohort is not made; a value that is NaN (not measured at
that checkpoint, or undefined) is left out by name in ``note``, never silently.
"""

from collections.abc import Sequence

import pandas as pd

from italign.evaluation.claim_rows import (
    MEAN_AXIS,
    claim_table,
    measured,
    over_seeds,
    similarity_column,
)
from italign.evaluation.control_claims import against_controls
from italign.evaluation.regressions import dose_response, regression
from italign.evaluation.table_claims import accuracy_changes, autoattack_gaps, flagged_checks


def all_claims(points: pd.DataFrame, frame: pd.DataFrame, axes: Sequence[tuple[str, str]],
               behavior_sets: Sequence[str], n_bootstrap: int, seed: int) -> pd.DataFrame:
    """Make every claim of the study from the checkpoints of its cohort.

    Parameters
    ----------
    points : pandas.DataFrame
        As from `italign.evaluation.points.widen`.
    frame : pandas.DataFrame
        The cohort's whole table, columns of `COHORT_COLUMNS`.
    axes : sequence of (str, str)
        Held-out animal and stimulus set of each similarity.
    behavior_sets : sequence of str
        Sets on which the highest dose is tested against its controls, beside their mean.
    n_bootstrap, seed : int
        Of every bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns `claim_rows.COLUMNS`; words are ``none`` or ``mean`` where a claim is about no
        single one.

    Raises
    ------
    ValueError
        If there is no p = 0 member, or members end at different steps.
    """
    final = final_points(points)
    resampling = {"n_bootstrap": n_bootstrap, "seed": seed}
    after_onset = points[points["steps_since_onset"] > 0]
    rows = [
        *dose_response(final, axes, seed),
        *(row for measure in ("behavior", "robustness")
          for row in [*regression(final, measure, "final step", **resampling),
                      *regression(after_onset, measure, "all checkpoints", **resampling)]),
        *differences(final, axes, **resampling),
        *against_controls(final, behavior_sets, **resampling),
        *headline_means(final, **resampling),
        *base_similarity(points, axes, **resampling),
        *accuracy_changes(frame, **resampling),
        *flagged_checks(frame),
        *autoattack_gaps(frame, **resampling),
    ]
    return claim_table(rows, seed)


def final_points(points: pd.DataFrame) -> pd.DataFrame:
    """Keep the last checkpoint of each run, and refuse runs of different length.

    DEVIATION: the authors trained their adversarial models for fewer epochs; here all members
    that are compared have taken the same number of steps.
    """
    last = points.groupby(["model", "seed"])["step"].max()
    if last.nunique() > 1:
        short = last[last < last.max()].to_dict()
        raise ValueError(f"members end before step {last.max()}: {short}; expected every member "
                         "to reach the same final step: run the missing segments")
    return points[points["step"] == last.max()]


def differences(final: pd.DataFrame, axes: Sequence[tuple[str, str]], n_bootstrap: int,
                seed: int) -> list[dict]:
    """Difference of every model from the unaligned one (p = 0), paired by seed."""
    base = _base(final)
    rows = []
    for model, members in final[final["model"] != base["model"].iloc[0]].groupby("model"):
        pairs = members.merge(base, on="seed", suffixes=("", "_base"))
        columns = [(similarity_column(*axis), axis) for axis in [*axes, MEAN_AXIS]]
        for column, (animal, name) in [*columns, ("behavior", MEAN_AXIS),
                                       ("robustness", MEAN_AXIS)]:
            known, note = measured(pairs, column, f"{column}_base")
            gain = (known[column] - known[f"{column}_base"]).to_numpy()
            rows.append(over_seeds(
                f"{column.split('_')[0]}_difference", gain, n_bootstrap, seed, model=model,
                stimulus_set=name, animal=animal, note=note,
                method=f"mean over seeds of {model} minus {base['model'].iloc[0]}",
            ))
    return rows


def headline_means(final: pd.DataFrame, n_bootstrap: int, seed: int) -> list[dict]:
    """Mean, SD and interval over seeds of each model's similarity, behavior and robustness."""
    rows = []
    for model, members in final.groupby("model"):
        for measure in ("similarity", "behavior", "robustness"):
            known, note = measured(members, measure)
            rows.append(over_seeds(
                f"{measure}_mean", known[measure].to_numpy(), n_bootstrap, seed, model=model,
                stimulus_set="mean", animal="mean", note=note, method="mean over seeds",
            ))
    return rows


def base_similarity(points: pd.DataFrame, axes: Sequence[tuple[str, str]], n_bootstrap: int,
                    seed: int) -> list[dict]:
    """Similarity when the neural loss is switched on: the grey line of Figure 2."""
    base = _base(points[points["steps_since_onset"] >= 0])
    onset = base[base["steps_since_onset"] == base["steps_since_onset"].min()]
    rows = []
    for animal, name in [*axes, MEAN_AXIS]:
        known, note = measured(onset, similarity_column(animal, name))
        rows.append(over_seeds(
            "similarity_base", known[similarity_column(animal, name)].to_numpy(), n_bootstrap, seed,
            model=onset["model"].iloc[0], stimulus_set=name, animal=animal, note=note,
            method=f"mean over seeds, {onset['steps_since_onset'].iloc[0]} steps after the onset",
        ))
    return rows


def _base(points: pd.DataFrame) -> pd.DataFrame:
    base = points[(points["role"] == "dose") & (points["p"] == 0)]
    if base.empty:
        found = sorted(points.loc[points["role"] == "dose", "p"].unique())
        raise ValueError(f"no member with target true, labels on and p 0 (doses found: {found}); "
                         "expected one as the reference of every difference: add 0 to p in "
                         "training.conditions")
    return base
