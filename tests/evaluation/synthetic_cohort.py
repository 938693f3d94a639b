"""A cohort with planted effects, in the columns of `COHORT_COLUMNS`, for tests and figures.

Similarity rises with dose on four axes, behavior and robustness are lines of the mean similarity,
both controls fall below the base: the shape of the paper's results, with known numbers. The rows
have the measures of the default world; the attack of Figure 5 is made on `ATTACKED` only.
"""

import numpy as np
import pandas as pd

from italign.evaluation.claims import all_claims
from italign.evaluation.columns import COHORT_COLUMNS
from italign.evaluation.headline import similarity_axes
from italign.evaluation.levels import levels
from italign.evaluation.points import headline_rows, widen
from italign.evaluation.rows import of_run, score_row

DOSES = (0, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)
BASE = {("sim4", "hvm"): 0.48, ("sim4", "coco"): 0.41, ("sim5", "hvm"): 0.60,
        ("sim6", "coco"): 0.18}
BEHAVIOR_SLOPE, BEHAVIOR_INTERCEPT = 0.37, 0.29
ROBUSTNESS_SLOPE, ROBUSTNESS_INTERCEPT = 0.77, 0.0
CEILING = 0.8
SETS = ["hvm", "coco"]
HEADLINE = {"method": "cka", "estimator": "biased", "ceiling_rule": "split_half",
            "behavior_sets": SETS, "attack": "in_training", "epsilon_255": 1.0}
BASE_ACCURACY = 0.6  # of the pretrained network; alignment costs p / 10 of it
CLEAN_ACCURACY = 0.8
RADII_255 = (1.0, 2.0, 4.0)
AUTOATTACK_GAP = 0.05  # of PGD above AutoAttack on the same images
ATTACKED = ("cka-true-labels-p0", "cka-true-labels-p1", "cka-true-labels-p0-linf4")
SUBSETS = {"all": 0.2, "overlapping": 0.25, "novel": 0.15}  # behavior on objectome above the line
N_IMAGES = 200
RESAMPLING = {"n_bootstrap": 300, "seed": 1}


def synthetic_cohort(n_seeds: int = 2, noise_sd: float = 0.004, n_steps: int = 400,
                     onset: int = 100, every: int = 50, unlabelled: bool = False) -> pd.DataFrame:
    """Long table of ten conditions x seeds x checkpoints, and of three without labels if asked."""
    generator = np.random.default_rng(0)
    rows = []
    for condition in [*_conditions(), *(_unlabelled() if unlabelled else [])]:
        for seed in range(1, n_seeds + 1):
            run = {**condition, "seed": seed, "onset_step": onset}
            rows += of_run([_accuracy("base", BASE_ACCURACY)], run, step=0)
            for step in range(onset, n_steps + 1, every):
                progress = (step - onset) / (n_steps - onset)
                rows += of_run(_scores(condition, progress, noise_sd, generator), run, step)
            rows += of_run(_final_scores(condition, seed), run, n_steps)
    frame = pd.DataFrame(rows)[list(COHORT_COLUMNS)]
    return frame[(frame["labels"] == "on") | ~_of_outputs(frame)]


def summarised(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Points and claims of a long table."""
    rows = headline_rows(frame, HEADLINE)
    points = widen(rows, SETS, SETS, HEADLINE["method"])
    return points, all_claims(points, frame, similarity_axes(rows), SETS, **RESAMPLING)


def levels_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Levels of a long table."""
    return levels(frame, **RESAMPLING)


def row_of(claims: pd.DataFrame, name: str, **where: str | float) -> pd.Series:
    """The one claim of a name, and of other columns."""
    rows = claims[claims["name"] == name]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def expected_scores(frame: pd.DataFrame) -> dict:
    """Keywords of `check_complete` for a whole cohort."""
    seeds = {model: rows["seed"].unique().tolist() for model, rows in frame.groupby("model")}
    scored = ["similarity", "behavior", "accuracy", "robustness in_training"]
    return {"expected": dict.fromkeys(seeds, scored), "seeds": seeds}


def _conditions() -> list[dict]:
    shared = {"method": "cka", "labels": "on", "adversarial": "off"}
    doses = [{**shared, "model": f"cka-true-labels-p{p:g}", "target": "true", "p": float(p),
              "gain": 0.15 * (1 - np.exp(-6 * p))} for p in DOSES]
    controls = [{**shared, "model": f"cka-{name}-labels-p1", "target": name, "p": 1.0,
                 "gain": gain} for name, gain in (("shuffled", -0.08), ("random", -0.1))]
    attacked = {**shared, "model": "cka-true-labels-p0-linf4", "target": "true", "p": 0.0,
                "adversarial": "linf-4", "gain": 0.02}
    return [*doses, *controls, attacked]


def _unlabelled() -> list[dict]:
    """True target and controls without labels: they end lower than their twins with labels."""
    return [{**condition, "model": condition["model"].replace("labels", "nolabels"),
             "labels": "off", "gain": condition["gain"] - 0.01}
            for condition in _conditions() if condition["p"] == 1]


def _of_outputs(frame: pd.DataFrame) -> pd.Series:
    """Which rows need outputs for the stimulus labels."""
    accuracy = (frame["measure"] == "accuracy") & (frame["stimulus_set"] != "base")
    return accuracy | frame["measure"].isin(["robustness", "attack_check"])


def _scores(condition: dict, progress: float, noise_sd: float,
            generator: np.random.Generator) -> list[dict]:
    """Rows of every checkpoint."""
    gain = condition["gain"] * (1 - np.exp(-4 * progress))
    ceiled = {axis: base + gain + noise_sd * generator.standard_normal()
              for axis, base in BASE.items()}
    mean = np.mean(list(ceiled.values()))
    behavior = BEHAVIOR_INTERCEPT + BEHAVIOR_SLOPE * mean + noise_sd * generator.standard_normal()
    robustness = (ROBUSTNESS_INTERCEPT + ROBUSTNESS_SLOPE * mean
                  + noise_sd * generator.standard_normal())
    rows = [_accuracy("base", BASE_ACCURACY - 0.1 * condition["p"] * progress)]
    for (animal, name), value in ceiled.items():
        rows += _similarities(animal, name, value)
    # The sets deviate by +-0.05 from the line, so that their mean lies on it.
    for name, shift in (("hvm", 0.05), ("coco", -0.05)):
        rows += _decoded(name, "all", behavior + shift)
        rows += [_accuracy(name, CLEAN_ACCURACY), _attack("in_training", name, 0, CLEAN_ACCURACY),
                 _attack("in_training", name, 1.0, robustness + shift)]
    for categories, shift in SUBSETS.items():
        rows += _decoded("objectome", categories, behavior + shift)
    return rows


def _final_scores(condition: dict, seed: int) -> list[dict]:
    """Rows of the last checkpoint only; a seed adds 0.01."""
    rows = [score_row("predictivity", regression, name, 0.5, N_IMAGES, animal=animal,
                      ceiling_rule="r2_over_ceiling", ceiling=0.5,
                      ceiled=BASE[animal, name] + 0.01 * seed)
            for animal, name in BASE for regression in ("pls", "ridge")]
    rows += [score_row("dimensionality", "participation_ratio", name, 10 + seed, N_IMAGES)
             for name in SETS]
    attacked = condition["model"] in ATTACKED
    rows += [score_row("attack_check", check, name, 1, 20, attack=attack, norm=norm)
             for attack, norm in [("in_training", "linf")] + [("figure_5_l2", "l2")] * attacked
             for check in ("gradient", "more_steps") for name in SETS]
    for name in SETS if attacked else ():
        rows += [_attack("figure_5_l2", name, radius, _curve(radius, seed), norm="l2")
                 for radius in (0, *RADII_255)]
        for attack, gap in (("pgd_same_images", AUTOATTACK_GAP + 0.01 * seed), ("autoattack", 0)):
            rows += [_attack(attack, name, 0, CLEAN_ACCURACY),
                     _attack(attack, name, 1.0, 0.2 + gap)]
    return rows


def _curve(radius_255: float, seed: int) -> float:
    return CLEAN_ACCURACY / (1 + radius_255) + 0.01 * seed


def _similarities(animal: str, name: str, ceiled: float) -> list[dict]:
    ours = {"animal": animal, "chance": 0.0, "low_stimuli": ceiled - 0.1}
    rows = [
        score_row("similarity", "cka", name, (ceiled - shift) * CEILING, N_IMAGES, **ours,
                  estimator=estimator, ceiling_rule=rule, ceiling=CEILING, ceiled=ceiled - shift)
        for estimator, shift in (("biased", 0), ("unbiased", 0.1))
        for rule in ("split_half", "attainable")
    ]
    return [*rows, score_row("similarity", "rsa_spearman", name, 0.1, N_IMAGES, **ours,
                             ceiling_rule="split_half", ceiling=0.5, ceiled=0.2)]


def _decoded(name: str, categories: str, behavior: float) -> list[dict]:
    """Behavior of both readouts by two formulas, and accuracy, of the decoder."""
    rows = [
        score_row("behavior", metric, name, (behavior - shift) * 0.7, N_IMAGES, ceiling=0.49,
                  categories=categories, readout=readout, ceiling_rule="human_halves",
                  ceiled=behavior - shift)
        for metric, readout, shift in (("i2n", "decoder", 0), ("i2n", "logits", 0.1),
                                       ("o2", "decoder", 0.2))
    ]
    return [*rows, score_row("probe", "accuracy", name, behavior + 0.1, N_IMAGES,
                             categories=categories, readout="decoder", chance=0.1)]


def _accuracy(name: str, raw: float) -> dict:
    return score_row("accuracy", "accuracy", name, raw, N_IMAGES, readout="logits", chance=0.1)


def _attack(attack: str, name: str, epsilon_255: float, raw: float, norm: str = "linf") -> dict:
    return score_row("robustness", "accuracy", name, raw, N_IMAGES, attack=attack, norm=norm,
                     epsilon_255=epsilon_255, readout="logits")
