"""The claims of the study, one row each.

A claim whose condition or measure is not in the cohort is not made; a value that is NaN (not
measured of that model or checkpoint, or undefined) is left out by name in ``note``, never silently.
"""

from collections.abc import Sequence

import pandas as pd

from italign.evaluation.claim_rows import (
    MEAN_AXIS,
    claim_table,
    measured,
    measures_of,
    over_seeds,
    similarity_column,
)
from italign.evaluation.control_claims import against_controls
from italign.evaluation.effect_sizes import differences, effect_sizes, unaligned
from italign.evaluation.headline import CEILED_CKA
from italign.evaluation.regressions import dose_response, regression
from italign.evaluation.table_claims import accuracy_changes, autoattack_gaps, flagged_checks


def all_claims(points: pd.DataFrame, frame: pd.DataFrame, axes: Sequence[tuple[str, str]],
               behavior_sets: Sequence[str], n_bootstrap: int, seed: int,
               quantity: str = CEILED_CKA) -> pd.DataFrame:
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
    quantity : str
        What similarity is, in words: `italign.evaluation.headline.similarity_quantity`.

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
        *dose_response(final, axes, seed, quantity),
        *(row for measure in measures_of(points) if measure != "similarity"
          for row in [*regression(final, measure, "final step", **resampling),
                      *regression(after_onset, measure, "all checkpoints", **resampling)]),
        *differences(final, axes, **resampling),
        *effect_sizes(final),
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


def headline_means(final: pd.DataFrame, n_bootstrap: int, seed: int) -> list[dict]:
    """Mean, SD and interval over seeds of each measure of each model."""
    rows = []
    for model, members in final.groupby("model"):
        for measure in measures_of(final):
            known, note = measured(members, measure)
            rows.append(over_seeds(
                f"{measure}_mean", known[measure].to_numpy(), n_bootstrap, seed, model=model,
                stimulus_set="mean", animal="mean", note=note, method="mean over seeds",
            ))
    return rows


def base_similarity(points: pd.DataFrame, axes: Sequence[tuple[str, str]], n_bootstrap: int,
                    seed: int) -> list[dict]:
    """Similarity when the neural loss is switched on: the grey line of Figure 2."""
    base = unaligned(points[points["steps_since_onset"] >= 0])
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
