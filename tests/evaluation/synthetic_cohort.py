"""A cohort with planted effects, in the columns of `COHORT_COLUMNS`, for tests and figures.

Similarity rises with dose on four axes, behavior and robustness are lines of the mean similarity,
both controls fall below the base: the shape of the paper's results, with known numbers.
"""

import numpy as np
import pandas as pd

from italign.evaluation.table import COHORT_COLUMNS

DOSES = (0, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)
BASE = {("sim4", "hvm"): 0.48, ("sim4", "coco"): 0.41, ("sim5", "hvm"): 0.60,
        ("sim6", "coco"): 0.18}
BEHAVIOR_SLOPE, BEHAVIOR_INTERCEPT = 0.37, 0.29
ROBUSTNESS_SLOPE, ROBUSTNESS_INTERCEPT = 0.77, 0.0
CEILING = 0.8


def synthetic_cohort(n_seeds: int = 2, noise_sd: float = 0.004, n_steps: int = 400,
                     onset: int = 100, every: int = 50) -> pd.DataFrame:
    """Long table of ten conditions x seeds x checkpoints."""
    generator = np.random.default_rng(0)
    tables = [
        _member(condition, seed, step, step - onset, n_steps - onset, noise_sd, generator)
        for condition in _conditions()
        for seed in range(1, n_seeds + 1)
        for step in range(onset, n_steps + 1, every)
    ]
    return pd.DataFrame([row for rows in tables for row in rows])[list(COHORT_COLUMNS)]


def expected_members(frame: pd.DataFrame) -> list[tuple[str, int]]:
    return sorted(set(frame[["model", "seed"]].itertuples(index=False, name=None)))


def _conditions() -> list[dict]:
    shared = {"method": "cka", "labels": "on", "adversarial": "off"}
    doses = [{**shared, "model": f"cka-true-labels-p{p:g}", "target": "true", "p": float(p),
              "gain": 0.15 * (1 - np.exp(-6 * p))} for p in DOSES]
    controls = [{**shared, "model": f"cka-{name}-labels-p1", "target": name, "p": 1.0,
                 "gain": gain} for name, gain in (("shuffled", -0.08), ("random", -0.1))]
    attacked = {**shared, "model": "cka-true-labels-p0-linf4", "target": "true", "p": 0.0,
                "adversarial": "linf-4", "gain": 0.02}
    return [*doses, *controls, attacked]


def _member(condition: dict, seed: int, step: int, since: int, duration: int, noise_sd: float,
            generator: np.random.Generator) -> list[dict]:
    member = {key: value for key, value in condition.items() if key != "gain"}
    member |= {"seed": seed, "step": step, "steps_since_onset": since, "animal": "none",
               "estimator": "none", "ceiling_rule": "none", "epsilon_255": np.nan,
               "ceiling": np.nan, "ceiled": np.nan, "n": 200}
    gain = condition["gain"] * (1 - np.exp(-4 * since / duration))
    ceiled = {axis: base + gain + noise_sd * generator.standard_normal()
              for axis, base in BASE.items()}
    mean = np.mean(list(ceiled.values()))
    rows = [
        {**member, "measure": "similarity", "animal": animal, "stimulus_set": name,
         "estimator": estimator, "ceiling_rule": rule, "raw": (value - shift) * CEILING,
         "ceiling": CEILING, "ceiled": value - shift}
        for (animal, name), value in ceiled.items()
        for estimator, shift in (("biased", 0), ("unbiased", 0.1))
        for rule in ("split_half", "attainable")
    ]
    # The sets deviate by +-0.05 from the line, so that their mean lies on it.
    behavior = BEHAVIOR_INTERCEPT + BEHAVIOR_SLOPE * mean + noise_sd * generator.standard_normal()
    robustness = (ROBUSTNESS_INTERCEPT + ROBUSTNESS_SLOPE * mean
                  + noise_sd * generator.standard_normal())
    for name, shift in (("hvm", 0.05), ("coco", -0.05), ("objectome", 0.2)):
        rows.append({**member, "measure": "behavior", "stimulus_set": name,
                     "ceiling_rule": "human_halves", "raw": (behavior + shift) * 0.7,
                     "ceiling": 0.49, "ceiled": behavior + shift})
    for name, shift in (("hvm", 0.05), ("coco", -0.05)):
        rows.append({**member, "measure": "robustness", "stimulus_set": name,
                     "epsilon_255": 1.0, "raw": robustness + shift})
        rows.append({**member, "measure": "accuracy", "stimulus_set": name, "raw": 0.8})
    return rows
