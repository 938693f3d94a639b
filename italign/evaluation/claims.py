"""The claims of the study as rows: estimate, spread, interval, p value, n, and what was resampled.

A claim whose condition is not in the cohort is not made; a value that is NaN (not measured at
that checkpoint, or undefined) is left out by name in ``note``, never silently.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from italign.evaluation.claim_rows import (
    COLUMNS,
    accuracy_changes,
    against_controls,
    claim_row,
    flagged_checks,
    join_notes,
    measured,
    over_seeds,
    score_means,
)
from italign.evaluation.statistics import (
    MIN_POINTS,
    bootstrap_line,
    fit_line,
    has_spread,
    spearman,
)

MEAN_AXIS = ("mean", "mean")


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
        Columns `COLUMNS`; words are ``none`` or ``mean`` where a claim is about no single one.

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
        *levels(final, **resampling),
        *base_similarity(points, axes, **resampling),
        *accuracy_changes(frame, **resampling),
        *score_means(frame, **resampling),
        *flagged_checks(frame),
    ]
    return pd.DataFrame(rows).assign(seed=seed)[list(COLUMNS)]


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


def dose_response(final: pd.DataFrame, axes: Sequence[tuple[str, str]], seed: int) -> list[dict]:
    """Spearman correlation of dose p with similarity averaged over seeds, on each axis."""
    rows = []
    for animal, name in [*axes, MEAN_AXIS]:
        column = _similarity(animal, name)
        doses, note = measured(final[final["role"] == "dose"], column)
        means = doses.groupby("p")[column].mean()
        rho = spearman(means.index.to_numpy(), means.to_numpy(), seed)
        rows.append(claim_row(
            "dose_similarity_spearman", stimulus_set=name, animal=animal, estimate=rho.statistic,
            p_value=rho.p_value, n=len(means), n_seeds=doses["seed"].nunique(), note=note,
            unit_of_resampling="dose", n_resamples=rho.n_permutations,
            method="Spearman of p and the mean over seeds of ceiled CKA; permutation test",
        ))
    return rows


def regression(points: pd.DataFrame, measure: str, which: str, n_bootstrap: int,
               seed: int) -> list[dict]:
    """Pearson r, slope and intercept of a measure on similarity, over the dose cohort.

    Over all checkpoints the points of one run are not independent, so runs are resampled; at the
    final step each run gives one point, and both bootstraps are the same. The p value of r over
    checkpoints would count each run many times, and is not given.
    """
    doses, note = measured(points[points["role"] == "dose"], "similarity", measure)
    x, y = doses["similarity"].to_numpy(), doses[measure].to_numpy()
    run = (doses["model"] + " seed " + doses["seed"].astype(str)).to_numpy(dtype=str)
    line, p_value = fit_line(x, y)
    limits = bootstrap_line(x, y, run, n_bootstrap, seed)
    independent = len(x) == len(np.unique(run))
    suffix = "" if which == "final step" else "_all_checkpoints"
    shared = partial(claim_row, n=len(x), n_seeds=doses["seed"].nunique(),
                     unit_of_resampling="run", note=join_notes(note, _no_line(x, y)))
    return [
        shared(f"{measure}_similarity_{quantity}{suffix}", estimate=getattr(line, quantity),
               low=low, high=high, n_resamples=0 if np.isnan(low) else n_bootstrap,
               p_value=p_value if quantity == "pearson" and independent else np.nan,
               method=f"{quantity} of {measure} on similarity, {which}; percentile bootstrap")
        for quantity, (low, high) in limits._asdict().items()
    ]


def _no_line(x: np.ndarray, y: np.ndarray) -> str:
    """Why there is no line or no correlation."""
    if len(x) < MIN_POINTS:
        return f"{len(x)} points: no line"
    if not has_spread(x):
        return "one similarity: no line"
    return "" if has_spread(y) else "one value: no correlation"


def differences(final: pd.DataFrame, axes: Sequence[tuple[str, str]], n_bootstrap: int,
                seed: int) -> list[dict]:
    """Difference of every model from the unaligned one (p = 0), paired by seed."""
    base = _base(final)
    rows = []
    for model, members in final[final["model"] != base["model"].iloc[0]].groupby("model"):
        pairs = members.merge(base, on="seed", suffixes=("", "_base"))
        columns = [(_similarity(*axis), axis) for axis in [*axes, MEAN_AXIS]]
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


def levels(final: pd.DataFrame, n_bootstrap: int, seed: int) -> list[dict]:
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
        known, note = measured(onset, _similarity(animal, name))
        rows.append(over_seeds(
            "similarity_base", known[_similarity(animal, name)].to_numpy(), n_bootstrap, seed,
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


def _similarity(animal: str, stimulus_set: str) -> str:
    if (animal, stimulus_set) == MEAN_AXIS:
        return "similarity"
    return f"similarity_{animal}_{stimulus_set}"
