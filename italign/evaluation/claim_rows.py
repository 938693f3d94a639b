"""What a claim is: estimate, spread, interval, p value, n, and what was resampled."""

import numpy as np
import pandas as pd

from italign.evaluation.statistics import bootstrap_mean, sample_sd

SCORE = ("metric", "stimulus_set", "categories", "animal", "ceiling_rule", "attack", "norm",
         "epsilon_255")
COLUMNS = ("name", "model", *SCORE, "estimate", "sd", "low", "high", "p_value", "n", "n_seeds",
           "unit_of_resampling", "n_resamples", "seed", "method", "note")
# Of 2 or 3 seeds, more than 2.5 % of resamples repeat the lowest one: the interval ends there.
FEW_SEEDS = {1: "one seed: no spread, no interval", 2: "interval = range of 2 seeds",
             3: "interval = range of 3 seeds"}
MEAN_AXIS = ("mean", "mean")  # animal and stimulus set of a mean over all
MEASURES = ("similarity", "behavior", "robustness")


def claim_table(rows: list[dict], seed: int) -> pd.DataFrame:
    """Claims from `claim_row` as a table of `COLUMNS`, with the seed of their resamples."""
    return pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "seed"]).assign(
        seed=seed)[list(COLUMNS)]


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
    steps = [str(step) for step in sorted(lost["step"].unique())]
    return points[~absent], (f"{len(lost)} of {len(points)} points without {' or '.join(columns)} "
                             f"left out: step {', '.join(steps)} of {run_names(lost)}")


def measures_of(points: pd.DataFrame) -> list[str]:
    """Those of `MEASURES` that were measured of any model: of the others no claim is made."""
    return [name for name in MEASURES
            if any(column.startswith(f"{name}_") for column in points)]


def run_names(points: pd.DataFrame) -> str:
    """Model and seed of every run among the rows, in one line."""
    return ", ".join(sorted({f"{row.model} seed {row.seed}" for row in points.itertuples()}))


def join_notes(*notes: str) -> str:
    """Notes that say something, in one line."""
    return "; ".join(note for note in notes if note)


def similarity_column(animal: str, stimulus_set: str) -> str:
    """Column of the points that holds the similarity of an axis, or of `MEAN_AXIS`."""
    if (animal, stimulus_set) == MEAN_AXIS:
        return "similarity"
    return f"similarity_{animal}_{stimulus_set}"
