"""Seconds of a job from what it computes, fitted to measured jobs.

    seconds = start + s_per_look * checkpoints scored + s_per_mmac[kind, network] * multiply-adds

All jobs start alike: interpreter, imports, reading. Networks reach different multiply-adds per
second on the same machine, and so do training, attacks and plain passes. Scores have one speed for
all networks: within one network, passes and looks grow together and cannot be told apart. No
coefficient is negative, and relative errors are minimised, so that short jobs count as much as long
ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import nnls

# Kinds of jobs whose time hangs on their network.
KINDS = {
    "training": ("train_pretrained", "train_base", "train_model"),
    "scores": ("score_models",),
    "attacks": ("attack_models",),
    "AutoAttack": ("run_autoattack",),
}


@dataclass(frozen=True)
class CostModel:
    """Seconds of jobs with a network on one machine.

    Parameters
    ----------
    start_s : float
        Of a job that computes nothing.
    s_per_look : float
        Of a checkpoint scored, less its passes.
    s_per_mmac : mapping of (str, str) to float
        Of a million multiply-adds, by kind and network; a network "" means all.
    s_per_other_mmac : mapping of str to float
        The same by kind, of a network that was not measured: as of all together.
    """

    start_s: float
    s_per_look: float
    s_per_mmac: Mapping[tuple[str, str], float]
    s_per_other_mmac: Mapping[str, float]

    def seconds(self, kind: str, network: str, mmacs: float, looks: float) -> float:
        """Seconds of a job: its network, millions of multiply-adds and checkpoints scored."""
        other = self.s_per_mmac.get((kind, ""), self.s_per_other_mmac[kind])
        rate = self.s_per_mmac.get((kind, network), other)
        return self.start_s + self.s_per_look * looks + rate * mmacs

    def on_gpu(self, s_per_mmac: Mapping[str, float]) -> "CostModel":
        """Give the same with the multiply-adds of all networks on a GPU of such speeds, by kind."""
        return replace(self, s_per_mmac={}, s_per_other_mmac=s_per_mmac)


def kind_of(rule: str) -> str | None:
    """Kind of a rule's jobs; None for rules whose time does not hang on a network."""
    return next((kind for kind, rules in KINDS.items() if rule in rules), None)


def fit_costs(measured: pd.DataFrame) -> CostModel:
    """Fit to measured jobs.

    Parameters
    ----------
    measured : pandas.DataFrame
        Columns ``kind``, ``network``, ``mmacs``, ``looks``, ``seconds``; one row per job.

    Raises
    ------
    ValueError
        Without a row.
    """
    if measured.empty:
        raise ValueError("no measured job to fit a cost model to")
    keys = zip(measured["kind"], measured["network"], strict=True)
    start, per_look, own = _fit(measured, [(kind, "" if kind == "scores" else network)
                                           for kind, network in keys])
    _, _, together = _fit(measured, list(measured["kind"]))
    return CostModel(start, per_look, own, together)


def predict(model: CostModel, jobs: pd.DataFrame) -> np.ndarray:
    """Seconds of each row: columns ``kind``, ``network``, ``mmacs``, ``looks``."""
    columns = [jobs[name] for name in ("kind", "network", "mmacs", "looks")]
    return np.array([model.seconds(*row) for row in zip(*columns, strict=True)])


def held_out_errors(measured: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Relative errors at jobs that the model was not fitted to.

    Parameters
    ----------
    measured : pandas.DataFrame
        As for `fit_costs`.
    by : str or None
        Rows that agree in this column are left out together, e.g. ``network``; None: one by one.

    Returns
    -------
    pandas.DataFrame
        Columns ``kind`` and ``error``, predicted over measured seconds less one; no row where
        nothing of its kind is left to fit to.
    """
    groups = np.arange(len(measured)) if by is None else measured[by].to_numpy()
    found = [_errors(measured[groups != group], measured[groups == group])
             for group in dict.fromkeys(groups)]
    return pd.concat(found, ignore_index=True)


def _errors(others: pd.DataFrame, left_out: pd.DataFrame) -> pd.DataFrame:
    left_out = left_out[left_out["kind"].isin(set(others["kind"]))]
    if left_out.empty:
        return pd.DataFrame({"kind": [], "error": []})
    error = predict(fit_costs(others), left_out) / left_out["seconds"].to_numpy(float) - 1
    return pd.DataFrame({"kind": left_out["kind"].to_numpy(), "error": error})


def _fit(measured: pd.DataFrame, keys: list) -> tuple[float, float, dict]:
    """Start, look and a rate for each key: non-negative, of least relative squares."""
    mmacs, each = measured["mmacs"].to_numpy(float), sorted(set(keys))
    own = [np.where([key == one for key in keys], mmacs, 0) for one in each]
    columns = [np.ones_like(mmacs), measured["looks"].to_numpy(float), *own]
    relative = np.column_stack(columns) / measured["seconds"].to_numpy(float)[:, None]
    # Columns differ by many powers of ten, which the solver would take for zeros.
    scale = np.where(relative.max(axis=0) > 0, relative.max(axis=0), 1.0)
    start, look, *rates = (nnls(relative / scale, np.ones(len(mmacs)))[0] / scale).tolist()
    return start, look, dict(zip(each, rates, strict=True))
