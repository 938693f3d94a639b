"""Rank correlation of dose with similarity over animals, with its interval over seeds.

A resample draws seeds, each with the models of all its doses, which share a pretrained network; of
the means over the drawn seeds, one per dose, it takes Spearman's rho.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from italign.evaluation.contrasts import Absent
from italign.evaluation.intervals import interval
from italign.evaluation.statistics import MIN_POINTS
from italign.evaluation.verdicts import Estimate

NO_RANKS = "a rank correlation needs three doses and two different similarities"


def dose_ranks(points: pd.DataFrame, columns: dict[str, str], n_bootstrap: int, seed: int,
               ) -> tuple[Estimate, list[Estimate], int]:
    """Spearman's rho of dose and similarity at the final step.

    Parameters
    ----------
    points : pandas.DataFrame
        One row per checkpoint (`italign.evaluation.points.widen`).
    columns : dict
        Held-out animal to the column of its similarity.
    n_bootstrap, seed : int
        Number of resamples of the seeds, and of their generator.

    Returns
    -------
    whole : Estimate
        Mean over the animals, in [-1, 1]; of one seed without interval (NaN).
    parts : list of Estimate
        One per animal.
    n_seeds : int
        Seeds that were measured at every dose; others are left out.

    Raises
    ------
    Absent
        With fewer than `MIN_POINTS` doses, without a seed measured at all of them, or where
        similarity is the same at every dose.
    """
    p, values = _final(points, list(columns.values()))
    n_seeds = values.shape[-1]
    rho = _rho(p, values.mean(-1))
    if np.isnan(rho).any():
        raise Absent(f"{NO_RANKS}: see p of training.conditions")
    drawn = np.random.default_rng(seed).integers(n_seeds, size=(n_bootstrap, n_seeds))
    resamples = _rho(p, np.moveaxis(values[..., drawn].mean(-1), 1, -1))  # (animals, resamples)
    if n_seeds < 2:
        resamples = np.full_like(resamples, np.nan)  # one seed has no spread
    parts = [Estimate(name, float(value), *interval(spread))
             for name, value, spread in zip(columns, rho, resamples, strict=True)]
    return Estimate("rho", float(rho.mean()), *interval(resamples.mean(0))), parts, n_seeds


def _final(points: pd.DataFrame, columns: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Doses, and similarities (animals, doses, seeds) of the seeds that have all of them."""
    doses = points[points["role"] == "dose"]
    final = doses[doses["step"] == doses["step"].max()]
    tables = [final.pivot(index="p", columns="seed", values=column) for column in columns]
    values = np.stack([table.to_numpy() for table in tables])
    values = values[..., ~np.isnan(values).any(axis=(0, 1))]
    if not values.shape[-1]:
        raise Absent("no seed has a similarity at every dose: compare training.seeds")
    return tables[0].index.to_numpy(), values


def _rho(p: np.ndarray, similarity: np.ndarray) -> np.ndarray:
    """Spearman's rho over the last axis, (..., doses) -> (...); NaN where there is none."""
    if len(p) < MIN_POINTS:
        return np.full(similarity.shape[:-1], np.nan)
    ranks = rankdata(similarity, axis=-1) - (len(p) + 1) / 2
    doses = rankdata(p) - (len(p) + 1) / 2
    norm = np.sqrt((ranks**2).sum(-1) * (doses**2).sum())
    return np.divide(ranks @ doses, norm, out=np.full(norm.shape, np.nan), where=norm > 0)
