"""What a claim is, and the claims beside those of Figures 1 and 2.

Tests of the aligned model against its controls; and of the cohort's long table: accuracy by attack
and radius, predictivity, probe, dimensionality, accuracy before and after, checks of attacks.
"""

from collections.abc import Sequence
from math import comb

import numpy as np
import pandas as pd

from italign.evaluation.statistics import (
    bootstrap_mean,
    kolmogorov_smirnov,
    paired_difference,
    sample_sd,
)

SCORE = ("metric", "stimulus_set", "categories", "animal", "ceiling_rule", "attack", "norm",
         "epsilon_255")
COLUMNS = ("name", "model", *SCORE, "estimate", "sd", "low", "high", "p_value", "n", "n_seeds",
           "unit_of_resampling", "n_resamples", "seed", "method", "note")
# Of 2 or 3 seeds, more than 2.5 % of resamples repeat the lowest one: the interval ends there.
FEW_SEEDS = {1: "one seed: no spread, no interval", 2: "interval = range of 2 seeds",
             3: "interval = range of 3 seeds"}
LOWEST_USEFUL_P = 0.05
MEANS = {"robustness": "robustness_curve", "predictivity": "predictivity_mean",
         "probe": "probe_mean", "dimensionality": "dimensionality_mean"}


def claim_row(name: str, **columns: str | float) -> dict:
    """Name an estimate by all `COLUMNS` but ``seed``; what does not apply is ``none`` or NaN."""
    numbers = ("epsilon_255", "estimate", "sd", "low", "high", "p_value")
    row = {key: np.nan if key in numbers else "none" for key in COLUMNS if key != "seed"}
    return row | {"name": name, "n_resamples": 0, "note": "", **columns}


def over_seeds(name: str, values: np.ndarray, n_bootstrap: int, seed: int, note: str,
               **columns: str | float) -> dict:
    """Claim the mean of one value per seed.

    Parameters
    ----------
    name : str
        Of the claim.
    values : array (n_seeds,)
        Without NaN.
    n_bootstrap, seed : int
        Of the bootstrap over seeds.
    note : str
        What was left out; few seeds are added.
    **columns
        Further columns of the claim.

    Returns
    -------
    dict
        As from `claim_row`; the estimate is NaN without values, SD and interval with one.
    """
    low, high = bootstrap_mean(values, n_bootstrap, seed)
    resampling = {"n_resamples": n_bootstrap, "unit_of_resampling": "seed"}
    return claim_row(
        name, estimate=values.mean() if len(values) else np.nan, sd=sample_sd(values), low=low,
        high=high, n=len(values), n_seeds=len(values),
        note=join_notes(note, FEW_SEEDS.get(len(values), "")),
        **(resampling if len(values) > 1 else {}), **columns,
    )


def measured(points: pd.DataFrame, *columns: str) -> tuple[pd.DataFrame, str]:
    """Rows that have all the columns, and a note that names those that do not."""
    absent = points[list(columns)].isna().any(axis=1)
    if not absent.any():
        return points, ""
    lost = points[absent]
    runs = sorted({f"{row.model} seed {row.seed}" for row in lost.itertuples()})
    steps = [str(step) for step in sorted(lost["step"].unique())]
    return points[~absent], (f"{len(lost)} of {len(points)} points without {' or '.join(columns)} "
                             f"left out: step {', '.join(steps)} of {', '.join(runs)}")


def join_notes(*notes: str) -> str:
    """Notes that say something, in one line."""
    return "; ".join(note for note in notes if note)


def against_controls(final: pd.DataFrame, behavior_sets: Sequence[str], n_bootstrap: int,
                     seed: int) -> list[dict]:
    """Behavior of the highest dose against the controls of the same p, by two tests over seeds.

    The Kolmogorov-Smirnov test is the paper's (COCO, p = 1 against random targets); the
    permutation test pairs runs of a seed, which share their pretrained network and image order.
    """
    doses = final[(final["role"] == "dose") & (final["p"] > 0)]
    rows = []
    for role in ("random", "shuffled"):
        pairs = doses[doses["p"] == doses["p"].max()].merge(
            final[final["role"] == role], on=["p", "seed"], suffixes=("", "_control"))
        for name in ("mean", *behavior_sets) if len(pairs) else ():
            column = "behavior" if name == "mean" else f"behavior_{name}"
            rows += _against_control(pairs, role, column, name, n_bootstrap, seed)
    return rows


def _against_control(pairs: pd.DataFrame, role: str, column: str, name: str, n_bootstrap: int,
                     seed: int) -> list[dict]:
    model, control = pairs["model"].iloc[0], pairs["model_control"].iloc[0]
    pairs, note = measured(pairs, column, f"{column}_control")
    a, b = pairs[column].to_numpy(), pairs[f"{column}_control"].to_numpy()
    ks, paired, n = kolmogorov_smirnov(a, b), paired_difference(a, b, seed), len(a)
    words = {"model": model, "metric": "i2n", "stimulus_set": name}
    return [
        claim_row(f"behavior_ks_{role}", estimate=ks.statistic, p_value=ks.p_value, n=2 * n,
                  n_seeds=n, note=join_notes(note, _few(n, 2 / comb(2 * n, n))), **words,
                  method=f"exact two-sample Kolmogorov-Smirnov of {model} and {control}"),
        over_seeds(f"behavior_against_{role}", a - b, n_bootstrap, seed, p_value=paired.p_value,
                   note=join_notes(note, _few(n, 2.0 ** (1 - n))), **words,
                   method=f"mean over seeds of {model} minus {control}; "
                          f"{paired.n_permutations} permutations within seeds"),
    ]


def _few(n: int, lowest: float) -> str:
    """Say it where no effect, however large, could be significant."""
    if n < 2:
        return "fewer than two seeds: no test"
    return f"with {n} seeds p is {lowest:.3g} or more" if lowest > LOWEST_USEFUL_P else ""


def score_means(frame: pd.DataFrame, n_bootstrap: int, seed: int) -> list[dict]:
    """Mean over seeds at the final step of the measures in `MEANS`, whole curves of robustness.

    The value is ceiled where the row has a ceiling rule, raw elsewhere. ``mean`` as animal and
    set of a predictivity is the plain mean over all held-out animal x set, as of similarity.
    """
    last = frame[(frame["step"] == frame["step"].max()) & frame["measure"].isin(MEANS)]
    value = last["raw"].where(last["ceiling_rule"] == "none", last["ceiled"])
    last = last.assign(value=value)[["measure", "model", *SCORE, "seed", "step", "value"]]
    key = [name for name in last if name != "value"]
    axes = last[last["measure"] == "predictivity"].assign(stimulus_set="mean", animal="mean")
    means = axes.groupby(key, dropna=False)["value"].apply(lambda v: v.mean(skipna=False))
    return [
        _score_mean(scores, n_bootstrap, seed)
        for table in (last, means.reset_index())
        for _, scores in table.groupby(["measure", "model", *SCORE], dropna=False)
    ]


def _score_mean(scores: pd.DataFrame, n_bootstrap: int, seed: int) -> dict:
    """Claim the mean over seeds of rows that differ in nothing else."""
    known, note = measured(scores, "value")
    first = scores.iloc[0]
    kind = "raw" if first["ceiling_rule"] == "none" else "ceiled"
    return over_seeds(
        MEANS[first["measure"]], known["value"].to_numpy(), n_bootstrap, seed, note=note,
        method=f"mean over seeds of {kind} {first['measure']}, final step",
        **first[["model", *SCORE]].to_dict(),
    )


def accuracy_changes(frame: pd.DataFrame, n_bootstrap: int, seed: int) -> list[dict]:
    """Accuracy of the model's own outputs before and after, and the change, paired by seed.

    Of the base task a run's first row is that of the pretrained network (step 0), if it was scored:
    the change is what alignment cost. Outputs of the stimulus labels start at the onset.
    """
    rows = []
    accuracies = frame[frame["measure"] == "accuracy"]
    for (model, name), scores in accuracies.groupby(["model", "stimulus_set"]):
        first, last = scores["step"].min(), scores["step"].max()
        if first == last:  # one checkpoint has no before
            continue
        wide = scores.pivot(index=["model", "seed"], columns="step", values="raw")
        wide = wide.rename(columns={first: "before", last: "after"}).reset_index()
        known, note = measured(wide.assign(step=last), "before", "after")
        before, after = known["before"].to_numpy(), known["after"].to_numpy()
        origin = "pretrained network, the same for all seeds" if first == 0 else "first checkpoint"
        for part, values in {"before": before, "after": after, "change": after - before}.items():
            rows.append(over_seeds(
                f"accuracy_{part}", values, n_bootstrap, seed, model=model, metric="accuracy",
                stimulus_set=name, categories="all", note=note,
                method=f"mean over seeds; before: {origin} (step {first}), after: step {last}",
            ))
    return rows


def flagged_checks(frame: pd.DataFrame) -> list[dict]:
    """Count the runs that fail each check of an attack; the note names them."""
    rows = []
    checks = frame[frame["measure"] == "attack_check"]
    for key, runs in checks.groupby(["metric", "stimulus_set", "attack"]):
        known, note = measured(runs, "raw")
        flagged = known[known["raw"] == 0]
        names = sorted({f"{row.model} seed {row.seed}" for row in flagged.itertuples()})
        rows.append(claim_row(
            "attack_checks_flagged", estimate=len(flagged), n=len(known),
            n_seeds=known["seed"].nunique(), method="runs that fail the check, of n",
            note=join_notes(note, f"flagged: {', '.join(names)}" if names else ""),
            **dict(zip(("metric", "stimulus_set", "attack"), key, strict=True)),
        ))
    return rows
