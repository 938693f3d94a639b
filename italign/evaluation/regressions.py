"""Claims on what rises with what: similarity with dose, behavior and robustness with similarity."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from italign.evaluation.claim_rows import (
    MEAN_AXIS,
    claim_row,
    join_notes,
    measured,
    similarity_column,
)
from italign.evaluation.significance import spearman
from italign.evaluation.statistics import MIN_POINTS, bootstrap_line, fit_line, has_spread

FEW_RUNS = 5  # fewer give a handful of different resamples


def dose_response(final: pd.DataFrame, axes: Sequence[tuple[str, str]], seed: int,
                  quantity: str) -> list[dict]:
    """Spearman correlation of dose p with similarity averaged over seeds, on each axis.

    `quantity` says what similarity is. Where doses have different seeds, those of all doses count:
    seeds share a level, which would pass for an effect of the dose.
    """
    rows = []
    for animal, name in [*axes, MEAN_AXIS]:
        column = similarity_column(animal, name)
        doses, note = measured(final[final["role"] == "dose"], column)
        doses, left_out = _of_common_seeds(doses)
        means = doses.groupby("p")[column].mean()
        rho = spearman(means.index.to_numpy(), means.to_numpy(), seed)
        rows.append(claim_row(
            "dose_similarity_spearman", stimulus_set=name, animal=animal, estimate=rho.statistic,
            p_value=rho.p_value, n=len(means), n_seeds=doses["seed"].nunique(),
            note=join_notes(note, left_out, _no_ranks(means)),
            unit_of_resampling="dose", n_resamples=rho.n_permutations,
            method=f"Spearman of p and the mean over seeds of {quantity}; permutation test",
        ))
    return rows


def _of_common_seeds(doses: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Rows of the seeds that every dose has, and a note on the others."""
    per_seed = doses.groupby("seed")["p"].nunique()
    partial_seeds = per_seed.index[per_seed < doses["p"].nunique()].tolist()
    if not partial_seeds:
        return doses, ""
    words = ", ".join(map(str, partial_seeds))
    return doses[~doses["seed"].isin(partial_seeds)], f"seeds not at every dose left out: {words}"


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
                     unit_of_resampling="run",
                     note=join_notes(note, _no_line(x, y) or _few_runs(np.unique(run))))
    return [
        shared(f"{measure}_similarity_{quantity}{suffix}", estimate=getattr(line, quantity),
               low=low, high=high, n_resamples=0 if np.isnan(low) else n_bootstrap,
               p_value=p_value if quantity == "pearson" and independent else np.nan,
               method=f"{quantity} of {measure} on similarity, {which}; percentile bootstrap")
        for quantity, (low, high) in limits._asdict().items()
    ]


def _no_ranks(means: pd.Series) -> str:
    """Why there is no rank correlation."""
    if len(means) < MIN_POINTS:
        return f"{len(means)} doses: no correlation"
    return "" if has_spread(means.to_numpy()) else "one similarity: no correlation"


def _few_runs(runs: np.ndarray) -> str:
    return f"interval from {len(runs)} runs" if 1 < len(runs) < FEW_RUNS else ""


def _no_line(x: np.ndarray, y: np.ndarray) -> str:
    """Why there is no line or no correlation."""
    if len(x) < MIN_POINTS:
        return f"{len(x)} points: no line"
    if not has_spread(x):
        return "one similarity: no line"
    return "" if has_spread(y) else "one value: no correlation"
