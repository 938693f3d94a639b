"""Every model against the unaligned one (p = 0): differences, and differences in units of spread.

Hedges' g divides the mean difference by the root mean variance of the two models over seeds. Runs
of a seed share their image order and are pairs, but g is not g_z, which divides by the SD of the
differences: that one grows with whatever the pairs share, and compares with no other study.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from italign.evaluation.centring import DEGENERATE
from italign.evaluation.claim_rows import (
    MEAN_AXIS,
    claim_row,
    join_notes,
    measured,
    measures_of,
    over_seeds,
    similarity_column,
)
from italign.evaluation.intervals import QUANTILES
from italign.evaluation.statistics import has_spread

MIN_SEEDS = 3  # with two the variance of g is infinite
FAR_T = 1000.0
OF_BASE = " of base"  # with blanks: a set may be called base, and robustness_base is its column
TOO_FEW = ("no seed", "one seed", "two seeds")


class Effect(NamedTuple):
    """Hedges' g with its 95 % interval, and the SD in whose units it is."""

    g: float = np.nan
    low: float = np.nan
    high: float = np.nan
    sd: float = np.nan


def differences(final: pd.DataFrame, axes: Sequence[tuple[str, str]], n_bootstrap: int,
                seed: int) -> list[dict]:
    """Difference of every model from the unaligned one (p = 0), paired by seed."""
    rows = []
    columns = [(similarity_column(*axis), axis) for axis in [*axes, MEAN_AXIS]]
    columns += [(name, MEAN_AXIS) for name in measures_of(final) if name != "similarity"]
    for model, base, pairs in _pairs(final):
        for column, (animal, name) in columns:
            known, note = measured(pairs, column, column + OF_BASE)
            gain = (known[column] - known[column + OF_BASE]).to_numpy()
            rows.append(over_seeds(
                f"{column.split('_')[0]}_difference", gain, n_bootstrap, seed, model=model,
                stimulus_set=name, animal=animal, note=note,
                method=f"mean over seeds of {model} minus {base}",
            ))
    return rows


def effect_sizes(final: pd.DataFrame) -> list[dict]:
    """Hedges' g of every model against the unaligned one, of the mean of each measure."""
    rows = []
    for model, base, pairs in _pairs(final):
        for measure in measures_of(final):
            known, note = measured(pairs, measure, measure + OF_BASE)
            a, b = known[measure].to_numpy(), known[measure + OF_BASE].to_numpy()
            effect = hedges_g(a, b)
            rows.append(claim_row(
                f"{measure}_hedges_g", model=model, stimulus_set="mean", animal="mean",
                estimate=effect.g, sd=effect.sd, low=effect.low, high=effect.high, n=len(a),
                n_seeds=len(a), note=join_notes(note, _undefined(a, b)),
                method=f"Hedges' g: mean over seeds of {model} minus {base}, by the root mean "
                       "variance of both; noncentral t",
            ))
    return rows


def hedges_g(a: np.ndarray, b: np.ndarray) -> Effect:
    """Standardised mean difference of pairs, corrected for small samples.

    d = mean(a - b) / s with s^2 = (var a + var b) / 2, and g = J d with Hedges' exact factor
    J(m) = gamma(m / 2) / (sqrt(m / 2) gamma((m - 1) / 2)), m = 2 (n - 1). ASSUME for J: a and b
    vary independently; at a correlation r over seeds the degrees of freedom are
    2 (n - 1) / (1 + r^2), and g is too far from 0 (by 13 % at most with five pairs).

    Parameters
    ----------
    a, b : array (n_pairs,)
        Without NaN; one pair per seed.

    Returns
    -------
    Effect
        g > 0: a is larger, 1: by one SD between seeds. The interval is by the noncentral t of the
        pairs (Algina & Keselman 2003, their equations 7 to 9) and needs no J. All NaN with fewer
        than `MIN_SEEDS` pairs or without spread; the interval if all pairs differ by the same.
    """
    n = len(a)
    if n < MIN_SEEDS or not (has_spread(a) or has_spread(b)):
        return Effect()
    gain, sd = a - b, np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    m = 2 * (n - 1)
    correction = np.exp(special.gammaln(m / 2) - special.gammaln((m - 1) / 2)) / np.sqrt(m / 2)
    g = correction * gain.mean() / sd
    if not _varies(a, b):
        return Effect(g, sd=sd)
    error = gain.std(ddof=1) / np.sqrt(n)
    low, high = _noncentralities(gain.mean() / error, n - 1) * error / sd
    return Effect(g, low, high, sd)


def unaligned(points: pd.DataFrame) -> pd.DataFrame:
    """Rows of the unaligned model: the dose p = 0.

    Raises
    ------
    ValueError
        If there are none.
    """
    base = points[(points["role"] == "dose") & (points["p"] == 0)]
    if base.empty:
        found = sorted(points.loc[points["role"] == "dose", "p"].unique())
        raise ValueError(f"no member with target true, labels on and p 0 (doses found: {found}); "
                         "expected one as the reference of every difference: add 0 to p in "
                         "training.conditions")
    return base


def _pairs(final: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Every other model, the unaligned one, and their points side by side, one row per seed."""
    base = unaligned(final)
    name = base["model"].iloc[0]
    for model, members in final[final["model"] != name].groupby("model"):
        yield model, name, members.merge(base, on="seed", suffixes=("", OF_BASE))


def _noncentralities(t: float, df: int) -> np.ndarray:
    """95 % interval of the noncentrality of a t distribution, from one t."""
    # Far out the limits are proportional to t, and scipy takes ever longer to find them.
    times = max(abs(t) / FAR_T, 1.0)
    return times * np.sort(special.nctdtrinc(df, QUANTILES, t / times))


def _varies(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether the differences differ by more than rounding."""
    return bool(np.var(a - b) > DEGENERATE * np.mean(a**2 + b**2))


def _undefined(a: np.ndarray, b: np.ndarray) -> str:
    """Why there is no effect size, or no interval."""
    if len(a) < MIN_SEEDS:
        return f"{TOO_FEW[len(a)]}: no effect size"
    if not (has_spread(a) or has_spread(b)):
        return "no spread over seeds: no effect size"
    return "" if _varies(a, b) else "the same difference in every seed: no interval"
