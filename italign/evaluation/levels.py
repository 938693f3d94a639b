"""Levels of the measures beside those of the headline: plain means over seeds, in no test."""

import pandas as pd

from italign.evaluation.claim_rows import SCORE, claim_table, measured, over_seeds

MEANS = {"robustness": "robustness_curve", "predictivity": "predictivity_mean",
         "probe": "probe_mean", "dimensionality": "dimensionality_mean"}


def levels(frame: pd.DataFrame, n_bootstrap: int, seed: int) -> pd.DataFrame:
    """Mean over seeds at the final step of the measures in `MEANS`, whole curves of robustness.

    Parameters
    ----------
    frame : pandas.DataFrame
        The cohort's whole table, columns of `COHORT_COLUMNS`.
    n_bootstrap, seed : int
        Of every bootstrap over seeds.

    Returns
    -------
    pandas.DataFrame
        Columns `claim_rows.COLUMNS`. The value is ceiled where the row has a ceiling rule, raw
        elsewhere. ``mean`` as animal and set of a predictivity is the plain mean over all
        held-out animal x set, as of similarity.
    """
    last = frame[(frame["step"] == frame["step"].max()) & frame["measure"].isin(MEANS)]
    value = last["raw"].where(last["ceiling_rule"] == "none", last["ceiled"])
    last = last.assign(value=value)[["measure", "model", *SCORE, "seed", "step", "value"]]
    key = [name for name in last if name != "value"]
    axes = last[last["measure"] == "predictivity"].assign(stimulus_set="mean", animal="mean")
    means = axes.groupby(key, dropna=False)["value"].apply(lambda v: v.mean(skipna=False))
    return claim_table([
        _score_mean(scores, n_bootstrap, seed)
        for table in (last, means.reset_index())
        for _, scores in table.groupby(["measure", "model", *SCORE], dropna=False)
    ], seed)


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
