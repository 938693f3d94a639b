"""Contradictions between keys of a config, which a schema of single keys cannot see."""

import difflib
import json
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from pathlib import Path

ALIGNMENT = Path(__file__).parents[2] / "italign" / "alignment"

# (section, lower key, upper key, whether they may be equal)
RANGES = [
    ("protocol", "images_per_trial_min", "images_per_trial_max", True),
    ("simulation", "baseline_hz_min", "baseline_hz_max", True),
    ("simulation", "driven_hz_min", "driven_hz_max", True),
    ("simulation", "amplitude_uv_min", "amplitude_uv_max", True),
    ("simulation", "latency_ms_min", "latency_ms_max", True),
    ("rates", "window_start_ms", "window_end_ms", False),
    ("rates", "baseline_start_ms", "baseline_end_ms", False),
]


def cross_key_problems(config: dict) -> list[str]:
    """List every contradiction between keys.

    Parameters
    ----------
    config : dict
        The merged config; each key alone already satisfies the schema.

    Returns
    -------
    list of str
        One line each: key, what was found, what to do; empty if there is none.
    """
    unknown = list(_unknown_sets(config))
    if unknown:  # the other checks look images up by set
        return unknown
    checks = (_missing_splits, _sessions, _animals, _choices, _ranges, _steps, _batch_sizes,
              _conditions)
    return [problem for check in checks for problem in check(config)]


def _sets_used(config: dict) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Give each use of an image set: key, name of the set, splits that must have images."""
    recordings, assemblies, training = (config[s] for s in ("recordings", "assemblies", "training"))
    yield "recordings.teacher.set", recordings["teacher"]["set"], ("train",)
    for i, session in enumerate(recordings["sessions"]):
        yield f"recordings.sessions[{i}].set", session["set"], (session["split"],)
    yield "assemblies.train_set", assemblies["train_set"], ("train",)
    for i, pair in enumerate(assemblies["held_out"]):
        yield f"assemblies.held_out[{i}].set", pair["set"], ("test",)
    yield "training.base_set", training["base_set"], ("train", "test")
    yield "training.stimulus_set", training["stimulus_set"], ("train",)
    evaluation = config["evaluation"]
    for key, names, splits in (
        ("assemblies.people.sets", assemblies["people"]["sets"], ("test",)),
        # the decoder is fitted on the train split, its errors are compared on the test split
        ("evaluation.behavior.sets", evaluation["behavior"]["sets"], ("train", "test")),
        ("evaluation.robustness.sets", evaluation["robustness"]["sets"], ("test",)),
    ):
        yield from ((f"{key}[{i}]", name, splits) for i, name in enumerate(names))


def _unknown_sets(config: dict) -> Iterator[str]:
    known = config["stimuli"]["sets"]
    for key, name, _ in _sets_used(config):
        if name not in known:
            yield f"{key}: no image set {name!r} in stimuli.sets; {_near(name, known)}"


def _missing_splits(config: dict) -> Iterator[str]:
    for key, name, splits in _sets_used(config):
        for split in splits:
            if not _n_images(config, name, split):
                yield (f"{key}: set {name!r} has no block with split {split}; "
                       f"add one to stimuli.sets.{name}.blocks")


def _sessions(config: dict) -> Iterator[str]:
    sessions, assemblies = config["recordings"]["sessions"], config["assemblies"]
    names = [session["session"] for session in sessions]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"recordings.sessions: {names.count(name)} sessions are called {name!r}; rename"
    recorded = {(session["animal"], session["set"], session["split"]) for session in sessions}
    for animal, name, split in sorted(recorded):
        if split == "train" and (animal, name, "test") in recorded:
            yield (f"recordings.sessions: animal {animal!r} saw set {name!r} in both splits, which "
                   "one assembly cannot keep apart; record one split")
    needed = [("train_animals", (animal, assemblies["train_set"], "train"))
              for animal in assemblies["train_animals"]]
    needed += [("held_out", (pair["animal"], pair["set"], "test"))
               for pair in assemblies["held_out"]]
    for key, (animal, name, split) in needed:
        if (animal, name, split) not in recorded:
            yield (f"assemblies.{key}: no session of animal {animal!r} with set {name!r} and "
                   f"split {split}; add one to recordings.sessions or drop the animal here")


def _animals(config: dict) -> Iterator[str]:
    assemblies = config["assemblies"]
    held_out = {pair["animal"] for pair in assemblies["held_out"]}
    for animal in sorted(held_out & set(assemblies["train_animals"])):
        yield f"assemblies.held_out: {animal!r} is also in train_animals; keep it in one of them"


def _choices(config: dict) -> Iterator[str]:
    """Find keys that name what another key does not list."""
    assemblies, evaluation = config["assemblies"], config["evaluation"]
    held_out = ("assemblies.held_out", [pair["set"] for pair in assemblies["held_out"]])
    methods = [condition["method"] for condition in config["training"]["conditions"]]
    behavior, robustness = evaluation["behavior"], evaluation["robustness"]
    choices = {
        "training.stimulus_set": ("assemblies.train_set", [assemblies["train_set"]]),
        "evaluation.headline_method": ("training.conditions", methods),
        "evaluation.behavior.sets": ("assemblies.people.sets", assemblies["people"]["sets"]),
        "evaluation.behavior.headline_sets": ("evaluation.behavior.sets", behavior["sets"]),
        "evaluation.robustness.headline_epsilon_255": ("epsilon_255", robustness["epsilon_255"]),
        "figures.figure_2a_set": held_out,
        "figures.figure_2b_set": held_out,
    }
    for path, (where, listed) in choices.items():
        value = reduce(getitem, path.split("."), config)
        for found in value if isinstance(value, list) else [value]:
            if found not in listed:
                yield (f"{path}: found {found!r}, expected one of {where}: "
                       f"{', '.join(map(str, dict.fromkeys(listed)))}")


def _ranges(config: dict) -> Iterator[str]:
    for section, lower, upper, may_equal in RANGES:
        values = config["recordings"][section]
        if values[lower] > values[upper] or (values[lower] == values[upper] and not may_equal):
            relation = "at most" if may_equal else "less than"
            yield (f"recordings.{section}.{lower}: found {values[lower]}, expected {relation} "
                   f"{upper} = {values[upper]}")


def _steps(config: dict) -> Iterator[str]:
    training = config["training"]
    every, onset, n_steps = (training[k] for k in ("validation_every", "onset_step", "n_steps"))
    if onset >= n_steps:
        yield f"training.onset_step: found {onset}, expected less than n_steps = {n_steps}"
    for key, steps in (("onset_step", onset), ("segment_steps", training["segment_steps"]),
                       ("n_steps - training.onset_step", n_steps - onset)):
        if steps % every:
            yield (f"training.{key}: found {steps}, expected a multiple of validation_every = "
                   f"{every} (every segment ends with a checkpoint)")


def _batch_sizes(config: dict) -> Iterator[str]:
    teacher, training = config["recordings"]["teacher"], config["training"]
    n_base = _n_images(config, training["base_set"], "train")
    n_train = _n_images(config, training["stimulus_set"], "train")
    n_target = n_train - round(n_train * config["assemblies"]["test_fraction"])
    n_teacher = _n_images(config, teacher["set"], "train")
    for key, size, n_images, where in (
        ("recordings.teacher", teacher["batch_size"], n_teacher, "to train the teacher on"),
        ("training.pretrain", training["pretrain"]["batch_size"], n_base, "of the base task"),
        ("training", training["batch_size"], n_base, "of the base task"),
        ("training", training["batch_size"], n_target, "with a neural target after test_fraction"),
    ):
        if size > n_images:
            yield f"{key}.batch_size: found {size}, expected at most the {n_images} images {where}"


def _conditions(config: dict) -> Iterator[str]:
    methods = sorted(path.stem for path in ALIGNMENT.glob("[!_]*.py"))
    seen: dict[str, int] = {}
    for i, condition in enumerate(config["training"]["conditions"]):
        if condition["method"] not in methods:
            yield (f"training.conditions[{i}].method: no italign/alignment/"
                   f"{condition['method']}.py; {_near(condition['method'], methods)}")
        for p in condition["p"]:
            first = seen.setdefault(f"{float(p)} {_without_p(condition)}", i)
            if first != i:
                yield (f"training.conditions[{i}].p: {p} repeats conditions[{first}]; "
                       "remove it from one of them")


def _without_p(condition: dict) -> str:
    rest = {key: value for key, value in condition.items() if key != "p"}
    return json.dumps({**rest, "target": str(rest["target"]).lower()}, sort_keys=True)


def _n_images(config: dict, name: str, split: str) -> int:
    chosen = config["stimuli"]["sets"][name]
    per_category = sum(b["per_category"] for b in chosen["blocks"] if b["split"] == split)
    return per_category * len(chosen["categories"])


def _near(name: str, known: dict | list) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known) or 'none'}"
