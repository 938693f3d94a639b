"""Levels of the measures beside those of the headline: plain means over seeds, in no test."""

from collections.abc import Sequence

import pandas as pd

from italign.evaluation.claim_rows import SCORE, claim_table, measured, over_seeds

MEANS = {"robustness": "robustness_curve", "predictivity": "predictivity_mean",
         "probe": "probe_mean", "dimensionality": "dimensionality_mean"}


def levels(frame: pd.DataFrame, n_bootstrap: int, seed: int,
           axes: Sequence[tuple[str, str]] | None = None, ceiled: bool = True) -> pd.DataFrame:
    """Mean over seeds at the final step of the measures in `MEANS`, whole curves of robustness.

    Parameters
    ----------
    frame : pandas.DataFrame
        The cohort's whole table, columns of `COHORT_COLUMNS`.
    n_bootstrap, seed : int
        Of every bootstrap over seeds.
    axes : sequence of (str, str), optional
        Held-out animal and set of those whose mean is the headline's similarity; all by default.
    ceiled : bool
        Whether means over axes are of ceiled values.

    Returns
    -------
    pandas.DataFrame
        Columns `claim_rows.COLUMNS`. The value is ceiled where the row has a ceiling, raw
        elsewhere; ``method`` says which. ``mean`` as animal and set of a predictivity is the plain
        mean over the held-out animal x set of `axes`, as of similarity.
    """
    last = frame[(frame["step"] == frame["step"].max()) & frame["measure"].isin(MEANS)]
    key = ["measure", "model", *SCORE, "seed", "step"]
    has_ceiling = (last["ceiling_rule"] != "none") & last["ceiling"].notna()
    means = _means_over_axes(last, key, axes, ceiled)
    last = last.assign(value=last["ceiled"].where(has_ceiling, last["raw"]),
                       kind=has_ceiling.map({True: "ceiled", False: "raw"}))
    return claim_table([
        _score_mean(scores, n_bootstrap, seed)
        for table in (last, means)
        for _, scores in table.groupby(["measure", "model", *SCORE], dropna=False)
    ], seed)


def _means_over_axes(last: pd.DataFrame, key: list[str],
                     axes: Sequence[tuple[str, str]] | None, ceiled: bool) -> pd.DataFrame:
    """Predictivity of each run, plain mean over axes."""
    rows = last[last["measure"] == "predictivity"]
    if axes is not None:
        pairs = rows[["animal", "stimulus_set"]].apply(tuple, axis=1)
        rows = rows[pairs.isin(list(axes))] if len(rows) else rows
    kind = "ceiled" if ceiled else "raw"
    means = rows.assign(stimulus_set="mean", animal="mean").groupby(key, dropna=False)[kind]
    return means.apply(lambda v: v.mean(skipna=False)).rename("value").reset_index().assign(
        kind=kind)


def _score_mean(scores: pd.DataFrame, n_bootstrap: int, seed: int) -> dict:
    """Claim the mean over seeds of rows that differ in nothing else."""
    known, note = measured(scores, "value")
    first = scores.iloc[0]
    return over_seeds(
        MEANS[first["measure"]], known["value"].to_numpy(), n_bootstrap, seed, note=note,
        method=f"mean over seeds of {first['kind']} {first['measure']}, final step",
        **first[["model", *SCORE]].to_dict(),
    )
