"""What Figures 3, 4 and A.1 draw over their points: sliding averages and the models to compare.

Sliding: points sorted by similarity, windows of consecutive points, mean x and mean y (paper,
Figure 3). Base and adversarial: one mark per model, means and intervals over seeds.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from italign.evaluation.claim_rows import FEW_SEEDS, join_notes, measured
from italign.evaluation.statistics import bootstrap_mean

COLUMNS = ("column", "mark", "model", "window", "similarity", "similarity_low", "similarity_high",
           "value", "low", "high", "n_points", "n_seeds", "note")
AVERAGED = ("behavior_", "robustness_", "probe_")


def averages(points: pd.DataFrame, alignment_method: str, window_points: int, stride_points: int,
             n_bootstrap: int, seed: int) -> pd.DataFrame:
    """Average each measure of each set along similarity, and over seeds of the models to compare.

    Parameters
    ----------
    points : pandas.DataFrame
        One row per checkpoint from the onset on, as from `italign.evaluation.points.widen`.
    alignment_method : str
        Method whose models, with and without labels and with every target, enter the sliding
        average; adversarially trained ones do not.
    window_points, stride_points : int
        Points in a window, and from one window's first point to that of the next; at least 1.
    n_bootstrap, seed : int
        Of the bootstrap over seeds.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`. ``column`` is one of the points that begins with any of `AVERAGED`; ``mark``:

        * sliding: model ``all``, windows numbered from 0 by rising similarity, no interval; none
          where there are fewer points than a window has.
        * base: the unaligned model (p 0, with labels), mean over its checkpoints, first per seed.
        * adversarial: each adversarially trained model of the method, at the final step.

        Intervals are 95 % bootstraps over seeds, NaN with one. A model without any value has no
        row.
    """
    last = points["step"] == points["step"].max()
    pool = points[(points["method"] == alignment_method) & (points["adversarial"] == "off")]
    models = {
        "base": points[(points["role"] == "dose") & (points["p"] == 0)],
        "adversarial": points[last & (points["role"] == "adversarial")],
    }
    columns = [name for name in points if name.startswith(AVERAGED)]
    rows = [row for column in columns for row in (
        *_sliding(pool, column, window_points, stride_points),
        *(_mark(members, column, mark, n_bootstrap, seed) for mark, found in models.items()
          for _, members in found.groupby("model") if members[column].notna().any()))]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _sliding(pool: pd.DataFrame, column: str, window_points: int, stride_points: int,
             ) -> Sequence[dict]:
    """Windows over the points that have a value.

    DEVIATION: the original's windows of robustness also run over models without labels, which
    have none: they count as points of a window and enter its mean similarity, not its mean value.
    """
    known = pool.dropna(subset=["similarity", column]).sort_values("similarity", kind="stable")
    if len(known) < window_points:
        return []
    x, y, seeds = (sliding_window_view(known[name].to_numpy(), window_points)[::stride_points]
                   for name in ("similarity", column, "seed"))
    n_seeds = (np.diff(np.sort(seeds), axis=-1) > 0).sum(-1) + 1
    return pd.DataFrame({
        "column": column, "mark": "sliding", "model": "all", "window": np.arange(len(x)),
        "similarity": x.mean(-1), "value": y.mean(-1), "n_points": window_points,
        "n_seeds": n_seeds, "note": "",
    }).to_dict("records")


def _mark(members: pd.DataFrame, column: str, mark: str, n_bootstrap: int, seed: int) -> dict:
    """Mean over seeds of one model's means per seed."""
    known, note = measured(members, "similarity", column)
    x, y = known.groupby("seed")[["similarity", column]].mean().to_numpy().T
    (x_low, x_high), (low, high) = (bootstrap_mean(v, n_bootstrap, seed) for v in (x, y))
    return {
        "column": column, "mark": mark, "model": members["model"].iloc[0], "window": 0,
        "similarity": x.mean(), "similarity_low": x_low, "similarity_high": x_high,
        "value": y.mean(), "low": low, "high": high, "n_points": len(known), "n_seeds": len(y),
        "note": join_notes(note, FEW_SEEDS.get(len(y), "")),
    }
