"""The claims of the study as rows: estimate, spread, interval, p value, n, and what was resampled.

A claim whose condition is not in the cohort is not made; a value that is NaN (not measured at
that checkpoint, or undefined) is left out by name in ``note``, never silently.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from italign.evaluation.statistics import (
    Line,
    bootstrap_line,
    bootstrap_mean,
    fit_line,
    pearson_p_value,
    sample_sd,
    spearman,
)

COLUMNS = ("name", "model", "stimulus_set", "animal", "estimate", "sd", "low", "high", "p_value",
           "n", "unit_of_resampling", "method", "note")
MEAN_AXIS = ("mean", "mean")
MIN_POINTS = 3  # through two points every line fits
# Of 2 or 3 seeds, more than 2.5 % of resamples repeat the lowest one: the interval ends there.
FEW_SEEDS = {1: "one seed: no spread, no interval", 2: "interval = range of 2 seeds",
             3: "interval = range of 3 seeds"}


def all_claims(points: pd.DataFrame, axes: Sequence[tuple[str, str]], n_bootstrap: int,
               seed: int) -> pd.DataFrame:
    """Make every claim of the study from the checkpoints of its cohort.

    Parameters
    ----------
    points : pandas.DataFrame
        As from `italign.evaluation.points.widen`.
    axes : sequence of (str, str)
        Held-out animal and stimulus set of each similarity.
    n_bootstrap, seed : int
        Of every bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`; ``model``, ``animal`` and ``stimulus_set`` are ``none`` or ``mean``
        where a claim is about no single one.

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
        *levels(final, **resampling),
        *base_similarity(points, axes, **resampling),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


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
        doses, note = _measured(final[final["role"] == "dose"], column)
        means = doses.groupby("p")[column].mean()
        rho, p_value = spearman(means.index.to_numpy(), means.to_numpy(), seed)
        rows.append(_claim(
            "dose_similarity_spearman", stimulus_set=name, animal=animal, estimate=rho,
            p_value=p_value, n=len(means), note=note,
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
    doses, note = _measured(points[points["role"] == "dose"], "similarity", measure)
    x, y = doses["similarity"].to_numpy(), doses[measure].to_numpy()
    run = (doses["model"] + " seed " + doses["seed"].astype(str)).to_numpy(dtype=str)
    note = _join(note, f"{len(x)} points: no line" if len(x) < MIN_POINTS else "")
    line, limits, p_value = _fit(x, y, run, n_bootstrap, seed)
    suffix = "" if which == "final step" else "_all_checkpoints"
    shared = partial(_claim, n=len(x), unit_of_resampling="run", note=note)
    return [
        shared(f"{measure}_similarity_{quantity}{suffix}", estimate=getattr(line, quantity),
               low=getattr(limits, quantity)[0], high=getattr(limits, quantity)[1],
               p_value=p_value if quantity == "pearson" else np.nan,
               method=f"{quantity} of {measure} on similarity, {which}; percentile bootstrap")
        for quantity in Line._fields
    ]


def _fit(x: np.ndarray, y: np.ndarray, run: np.ndarray, n_bootstrap: int,
         seed: int) -> tuple[Line, Line, float]:
    """Line, its limits, and p of r where every point is a run of its own."""
    if len(x) < MIN_POINTS:
        return Line(*np.full(3, np.nan)), Line(*np.full((3, 2), np.nan)), np.nan
    line = fit_line(x, y)
    independent = len(x) == len(np.unique(run))
    p_value = pearson_p_value(float(line.pearson), len(x)) if independent else np.nan
    return line, bootstrap_line(x, y, run, n_bootstrap, seed), p_value


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
            measured, note = _measured(pairs, column, f"{column}_base")
            gain = (measured[column] - measured[f"{column}_base"]).to_numpy()
            rows.append(_over_seeds(
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
            measured, note = _measured(members, measure)
            rows.append(_over_seeds(
                f"{measure}_mean", measured[measure].to_numpy(), n_bootstrap, seed, model=model,
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
        measured, note = _measured(onset, _similarity(animal, name))
        rows.append(_over_seeds(
            "similarity_base", measured[_similarity(animal, name)].to_numpy(), n_bootstrap, seed,
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


def _measured(points: pd.DataFrame, *columns: str) -> tuple[pd.DataFrame, str]:
    """Rows that have all the columns, and a note that names those that do not."""
    absent = points[list(columns)].isna().any(axis=1)
    if not absent.any():
        return points, ""
    lost = points[absent]
    runs = sorted({f"{row.model} seed {row.seed}" for row in lost.itertuples()})
    steps = [str(step) for step in sorted(lost["step"].unique())]
    return points[~absent], (f"{len(lost)} of {len(points)} points without {' or '.join(columns)} "
                             f"left out: step {', '.join(steps)} of {', '.join(runs)}")


def _over_seeds(name: str, values: np.ndarray, n_bootstrap: int, seed: int, note: str,
                **columns: str) -> dict:
    low, high = bootstrap_mean(values, n_bootstrap, seed)
    return _claim(
        name, estimate=values.mean() if len(values) else np.nan, sd=sample_sd(values), low=low,
        high=high, n=len(values), unit_of_resampling="seed",
        note=_join(note, FEW_SEEDS.get(len(values), "")), **columns,
    )


def _join(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def _claim(name: str, **columns: str | float) -> dict:
    empty = dict.fromkeys(("sd", "low", "high", "p_value"), np.nan)
    words = dict.fromkeys(("model", "stimulus_set", "animal", "unit_of_resampling"), "none")
    return {"name": name, **empty, **words, **columns}
