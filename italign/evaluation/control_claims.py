"""Claims of the highest dose against its controls: does behavior need the true neural target?"""

from collections.abc import Sequence
from math import comb

import pandas as pd

from italign.evaluation.claim_rows import (
    claim_row,
    join_notes,
    measured,
    measures_of,
    over_seeds,
)
from italign.evaluation.significance import kolmogorov_smirnov, paired_difference

LOWEST_USEFUL_P = 0.05


def against_controls(final: pd.DataFrame, behavior_sets: Sequence[str], n_bootstrap: int,
                     seed: int) -> list[dict]:
    """Behavior of the highest dose against the controls of the same p, by two tests over seeds.

    The Kolmogorov-Smirnov test is the paper's (COCO, p = 1 against random targets); the
    permutation test pairs runs of a seed, which share their pretrained network and image order.
    """
    if "behavior" not in measures_of(final):
        return []
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
