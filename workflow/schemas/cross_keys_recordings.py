"""Contradictions around sessions, animals and people: what is recorded is what is assembled."""

from collections.abc import Iterator

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


def recording_problems(config: dict) -> Iterator[str]:
    """Find contradictions within and between `recordings` and `assemblies`.

    Parameters
    ----------
    config : dict
        The merged config.

    Yields
    ------
    str
        One line per problem.
    """
    for check in (_sessions, _needed_sessions, _animals, _region, _people, _ranges):
        yield from check(config)


def _sessions(config: dict) -> Iterator[str]:
    sessions = config["recordings"]["sessions"]
    names = [session["session"] for session in sessions]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"recordings.sessions: {names.count(name)} sessions are called {name!r}; rename"
    recorded = _recorded(config)
    for animal, name, split in sorted(recorded):
        if split == "train" and (animal, name, "test") in recorded:
            yield (f"recordings.sessions: animal {animal!r} saw set {name!r} in both splits, which "
                   "one assembly cannot keep apart; record one split")


def _needed_sessions(config: dict) -> Iterator[str]:
    recorded, assemblies = _recorded(config), config["assemblies"]
    needed = [("train_animals", (animal, assemblies["train_set"], "train"))
              for animal in assemblies["train_animals"]]
    needed += [("held_out", (pair["animal"], pair["set"], "test"))
               for pair in assemblies["held_out"]]
    for key, (animal, name, split) in needed:
        n_sessions = sum((s["animal"], s["set"]) == (animal, name)
                         for s in config["recordings"]["sessions"])
        if key == "held_out" and n_sessions > 1:
            yield (f"assemblies.held_out: animal {animal!r} has {n_sessions} sessions of set "
                   f"{name!r}, expected one: the planted truth is compared session by session")
        if (animal, name, split) not in recorded:
            yield (f"assemblies.{key}: no session of animal {animal!r} with set {name!r} and "
                   f"split {split}; add one to recordings.sessions or drop the animal here")


def _recorded(config: dict) -> set[tuple[str, str, str]]:
    return {(session["animal"], session["set"], session["split"])
            for session in config["recordings"]["sessions"]}


def _animals(config: dict) -> Iterator[str]:
    assemblies = config["assemblies"]
    held_out = {pair["animal"] for pair in assemblies["held_out"]}
    for animal in sorted(held_out & set(assemblies["train_animals"])):
        yield f"assemblies.held_out: {animal!r} is also in train_animals; keep it in one of them"


def _region(config: dict) -> Iterator[str]:
    """Sites are simulated in one region of the teacher; of another region there are none."""
    simulated = config["recordings"]["teacher"]["model"]["region"]
    if config["assemblies"]["region"] != simulated:
        yield (f"assemblies.region: found {config['assemblies']['region']}, expected the simulated "
               f"recordings.teacher.model.region = {simulated}")


def _people(config: dict) -> Iterator[str]:
    people = config["assemblies"]["people"]
    if people["n_observers"] < people["responses_per_image"]:
        yield (f"assemblies.people.n_observers: found {people['n_observers']}, expected at least "
               f"responses_per_image = {people['responses_per_image']} (each observer sees an "
               "image once)")


def _ranges(config: dict) -> Iterator[str]:
    for section, lower, upper, may_equal in RANGES:
        values = config["recordings"][section]
        if values[lower] > values[upper] or (values[lower] == values[upper] and not may_equal):
            relation = "at most" if may_equal else "less than"
            yield (f"recordings.{section}.{lower}: found {values[lower]}, expected {relation} "
                   f"{upper} = {values[upper]}")
