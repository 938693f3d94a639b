"""Contradictions around networks: their files exist, their steps fit, no member is made twice."""

import json
from collections.abc import Iterator
from pathlib import Path

from hints import hint

PACKAGE = Path(__file__).parents[2] / "italign"


def training_problems(config: dict) -> Iterator[str]:
    """Find contradictions within `training`, and networks or methods without a file.

    Parameters
    ----------
    config : dict
        The merged config.

    Yields
    ------
    str
        One line per problem.
    """
    for check in (_missing_files, _steps, _repeated_conditions, _attacks_without_labels):
        yield from check(config)


def _missing_files(config: dict) -> Iterator[str]:
    """A network or a method is a file of a package; files with a leading _ are helpers."""
    named = [(f"training.conditions[{i}].method", condition["method"], "alignment")
             for i, condition in enumerate(config["training"]["conditions"])]
    named += [("training.model.name", config["training"]["model"]["name"], "models"),
              ("recordings.teacher.model.name",
               config["recordings"]["teacher"]["model"]["name"], "models")]
    for key, name, package in named:
        files = sorted(path.stem for path in (PACKAGE / package).glob("[!_]*.py"))
        if name not in files:
            yield f"{key}: no italign/{package}/{name}.py; {hint(name, files)}"


def _steps(config: dict) -> Iterator[str]:
    training = config["training"]
    every, onset, n_steps = (training[k] for k in ("validation_every", "onset_step", "n_steps"))
    if onset >= n_steps:
        yield f"training.onset_step: found {onset}, expected less than n_steps = {n_steps}"
    if training["decay_start_step"] > n_steps:
        yield (f"training.decay_start_step: found {training['decay_start_step']}, expected at most "
               f"n_steps = {n_steps}")
    for key, steps in (("onset_step", onset), ("segment_steps", training["segment_steps"]),
                       ("n_steps - training.onset_step", n_steps - onset)):
        if steps % every:
            yield (f"training.{key}: found {steps}, expected a multiple of validation_every = "
                   f"{every} (every segment ends with a checkpoint)")


def _repeated_conditions(config: dict) -> Iterator[str]:
    seen: dict[str, int] = {}
    for i, condition in enumerate(config["training"]["conditions"]):
        for p in condition["p"]:
            first = seen.setdefault(f"{float(p)} {_without_p(condition)}", i)
            if first != i:
                yield (f"training.conditions[{i}].p: {p} repeats conditions[{first}]; "
                       "remove it from one of them")


def _attacks_without_labels(config: dict) -> Iterator[str]:
    for i, condition in enumerate(config["training"]["conditions"]):
        if condition["adversarial"] and not condition["labels"]:
            yield (f"training.conditions[{i}].adversarial: attacks need the stimulus labels; set "
                   "labels: on, or adversarial: off")


def _without_p(condition: dict) -> str:
    rest = {key: value for key, value in condition.items() if key != "p"}
    return json.dumps({**rest, "target": str(rest["target"]).lower()}, sort_keys=True)
