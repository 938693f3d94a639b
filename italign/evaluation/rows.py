"""One row of the cohort table."""

from math import nan, sqrt
from statistics import NormalDist

import numpy as np

from italign.evaluation.columns import FLOATS, STRINGS

IDENTITY = ("model", "method", "target", "labels", "p", "adversarial", "seed")
REQUIRED = ("measure", "metric", "stimulus_set", "raw")
OPTIONAL = {
    **{name: "none" for name in STRINGS if name not in (*IDENTITY, *REQUIRED)},
    **{name: nan for name in FLOATS if name not in (*IDENTITY, *REQUIRED)},
    "categories": "all",
}


def score_row(measure: str, metric: str, stimulus_set: str, raw: float, n: int,
              **others: str | float) -> dict:
    """Name a value by everything that tells it from others of its checkpoint.

    Parameters
    ----------
    measure, metric : str
        What was measured, and by which formula.
    stimulus_set : str
        Images behind the value.
    raw : float
        The value.
    n : int
        Number of images.
    **others
        Further columns of `COHORT_COLUMNS`, where they apply.

    Returns
    -------
    dict
        One row, less the columns of `of_run`.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    if unknown := sorted(set(others) - set(OPTIONAL)):
        raise ValueError(f"a row has no columns {unknown}, expected some of {sorted(OPTIONAL)}")
    row = {"measure": measure, "metric": metric, "stimulus_set": stimulus_set,
           "raw": float(raw), "n": int(n), **OPTIONAL, **others}
    return {name: float(value) if name in FLOATS else value for name, value in row.items()}


def share_row(measure: str, stimulus_set: str, correct: np.ndarray, **others: str | float) -> dict:
    """Row of an accuracy: the share of images named correctly, with its interval over images.

    Parameters
    ----------
    measure, stimulus_set, **others
        As `score_row`.
    correct : numpy.ndarray of bool, (n_images,)
        At least one.

    Returns
    -------
    dict
        Metric ``accuracy`` in [0, 1]; Wilson's 95 % interval of a binomial share.
    """
    n_correct, n = int(np.sum(correct)), len(correct)
    low, high = _wilson_interval(n_correct / n, n)
    return score_row(measure, "accuracy", stimulus_set, n_correct / n, n, low_stimuli=low,
                     high_stimuli=high, **others)


def _wilson_interval(share: float, n: int) -> tuple[float, float]:
    """Of Wilson (1927), as `scipy.stats.binomtest`, whose import takes 0.6 s of an attack job."""
    z = NormalDist().inv_cdf(0.975)
    scale = 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / scale
    reach = z * sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / scale
    low, high = centre - reach, centre + reach
    return low if share > 0 else 0.0, high if share < 1 else 1.0


def of_run(rows: list[dict], run: dict, step: int) -> list[dict]:
    """Add to rows whose they are.

    Parameters
    ----------
    rows : list of dict
        From `score_row`.
    run : dict
        ``model``, ``method``, ``target``, ``labels``, ``p``, ``adversarial``, ``seed`` and
        ``onset_step``.
    step : int
        Gradient steps since the pretrained model.

    Returns
    -------
    list of dict
        With every column of `COHORT_COLUMNS`.
    """
    identity = {name: run[name] for name in IDENTITY}
    identity |= {"step": step, "steps_since_onset": step - run["onset_step"]}
    return [{**identity, **row} for row in rows]
