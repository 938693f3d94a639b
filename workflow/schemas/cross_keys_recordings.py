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
    ("rates", "psth_start_ms", "psth_end_ms", False),
]


def recording_problems(config: dict, sessions: list[dict]) -> Iterator[str]:
    """Find contradictions within and between `recordings`, its session sheet and `assemblies`.

    Parameters
    ----------
    config : dict
        The merged config.
    sessions : list of dict
        Rows of the session sheet.

    Yields
    ------
    str
        One line per problem.
    """
    for check in (_splits, _needed_sessions, _regions):
        yield from check(config, sessions)
    for check in (_animals, _people, _ranges, _detection, _bins):
        yield from check(config)


def _splits(_config: dict, sessions: list[dict]) -> Iterator[str]:
    recorded = {(s["animal"], s["stimulus_set"], s["split"]) for s in sessions}
    for animal, name, split in sorted(recorded, key=str):
        if split == "train" and (animal, name, "test") in recorded:
            yield (f"session sheet: animal {animal!r} saw set {name!r} in both splits, which "
                   "one assembly cannot keep apart; record one split")


def _needed_sessions(config: dict, sessions: list[dict]) -> Iterator[str]:
    assemblies = config["assemblies"]
    if bool(assemblies["train_animals"]) != bool(assemblies["held_out"]):
        yield ("assemblies: one of train_animals and held_out is empty; name animals in both, or "
               "in none to stop at assemblies and ceilings")
    needed = [("train_animals", animal, assemblies["train_set"], "train")
              for animal in assemblies["train_animals"]]
    needed += [("held_out", pair["animal"], pair["set"], "test") for pair in assemblies["held_out"]]
    prepared = [(entry["animal"], entry["set"]) for entry in assemblies["prepared"]]
    recorded = {(s["animal"], s["stimulus_set"]) for s in sessions}
    for animal, name in sorted({pair for pair in prepared
                                if pair in recorded or prepared.count(pair) > 1}):
        yield (f"assemblies.prepared: animal {animal!r} with set {name!r} is there twice, or also "
               "in the session sheet; keep one")
    for key, animal, name, split in needed:
        if (animal, name) in prepared:
            continue
        shown = [s for s in sessions if (s["animal"], s["stimulus_set"]) == (animal, name)]
        simulated = [s for s in shown if s["format"] == "simulated"]
        if key == "held_out" and len(simulated) > 1:
            yield (f"assemblies.held_out: animal {animal!r} has {len(simulated)} simulated "
                   f"sessions of set {name!r}, expected one: planted truth is compared session by "
                   "session")
        if not any(s["split"] in (split, None) and s["region"] == assemblies["region"]
                   for s in shown):
            yield (f"assemblies.{key}: no session of animal {animal!r} with set {name!r}, split "
                   f"{split} and region {assemblies['region']}; add one to the session sheet or "
                   "to assemblies.prepared, or drop the animal here")


def _regions(config: dict, sessions: list[dict]) -> Iterator[str]:
    """Sites are simulated in one region of the teacher, and a world assembles one region."""
    assembled = config["assemblies"]["region"]
    if sessions and not any(session["region"] == assembled for session in sessions):
        yield (f"assemblies.region: found {assembled}, expected a region of the session sheet: "
               f"{', '.join(sorted({session['region'] for session in sessions}))}")
    simulated = config["recordings"]["teacher"]["model"]["region"]
    for session in sessions:
        if session["format"] == "simulated" and session["region"] != simulated:
            yield (f"session {session['session']}, region: found {session['region']}, expected the "
                   f"simulated recordings.teacher.model.region = {simulated}")


def _animals(config: dict) -> Iterator[str]:
    """Other sessions of a training animal may be compared with, but no claim rests on them."""
    assemblies, trained = config["assemblies"], set(config["assemblies"]["train_animals"])
    held_out = [(pair["animal"], pair["set"]) for pair in assemblies["held_out"]]
    for animal in sorted(trained & {name for name, shown in held_out
                                    if shown == assemblies["train_set"]}):
        yield (f"assemblies.held_out: {animal!r} with set {assemblies['train_set']!r} is also in "
               "train_animals; keep it in one of them")
    axes = config["evaluation"]["headline"]["axes"]
    for i, axis in enumerate(axes or []):
        if (axis["animal"], axis["set"]) not in held_out:
            yield (f"evaluation.headline.axes[{i}]: {axis['animal']}, {axis['set']} is not in "
                   "assemblies.held_out; add it there")
    counted = held_out if axes is None else [(axis["animal"], axis["set"]) for axis in axes]
    for animal in sorted(trained & {name for name, _ in counted}):
        yield (f"evaluation.headline.axes: {animal!r} is in train_animals, expected only animals "
               "that no model was trained on: list them here")


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


def _detection(config: dict) -> Iterator[str]:
    """A band has two edges, in order."""
    detection = config["recordings"]["detection"]
    low, high = detection["band_pass_low_hz"], detection["band_pass_high_hz"]
    if (low is None) != (high is None) or (low is not None and not 0 < low < high):
        yield (f"recordings.detection.band_pass_low_hz: found {low} with band_pass_high_hz = "
               f"{high}, expected 0 < low < high, or null for both")
    start, end = detection["sd_start_s"], detection["sd_end_s"]
    if start is not None and end is not None and start >= end:
        yield f"recordings.detection.sd_start_s: found {start}, expected less than sd_end_s = {end}"


def _bins(config: dict) -> Iterator[str]:
    rates = config["recordings"]["rates"]
    span_ms = rates["psth_end_ms"] - rates["psth_start_ms"]
    if span_ms > 0 and span_ms % rates["psth_bin_ms"]:
        yield (f"recordings.rates.psth_bin_ms: found {rates['psth_bin_ms']}, expected to divide "
               f"psth_end_ms - psth_start_ms = {span_ms}")
    if rates["psth_end_ms"] <= rates["window_start_ms"]:
        yield (f"recordings.rates.psth_end_ms: found {rates['psth_end_ms']}, expected more than "
               f"window_start_ms = {rates['window_start_ms']}: latencies need bins of the response")
