"""Contradictions around image sets: those that are used exist, with the images that are needed."""

import ast
from collections.abc import Iterator
from pathlib import Path

from hints import hint

from italign.contracts import NO_CATEGORY

Use = tuple[str, str, tuple[str, ...]]
OBJECTS = Path(__file__).parents[2] / "italign" / "stimuli" / "objects.py"


def unknown_sets(config: dict, sessions: list[dict]) -> Iterator[str]:
    """Find uses of image sets that `stimuli.sets` lacks.

    Parameters
    ----------
    config : dict
        The merged config.
    sessions : list of dict
        Rows of the session sheet.

    Yields
    ------
    str
        One line per use.
    """
    known = config["stimuli"]["sets"]
    for key, name, _ in _sets_used(config, sessions):
        if name not in known:
            yield f"{key}: no image set {name!r} in stimuli.sets; {hint(name, known)}"
    for name, entry in known.items():
        if (other := entry.get("apart_from")) is not None:
            yield from _apart_from(f"stimuli.sets.{name}.apart_from", name, other, known)


def _apart_from(key: str, name: str, other: str, known: dict) -> Iterator[str]:
    if other not in known:
        yield f"{key}: no image set {other!r} in stimuli.sets; {hint(other, known)}"
    elif other == name or known[other]["source"] == "folder" or "apart_from" in known[other]:
        yield (f"{key}: found {other!r}, expected another set whose images are prepared or "
               "rendered here and which is itself apart from none")
    elif known[name]["source"] in ("rendered", "folder"):
        yield f"{key}: set {name!r} is not from files, expected a source that reads them"


def set_problems(config: dict, sessions: list[dict]) -> Iterator[str]:
    """Find sets with impossible contents, and uses that need images which a set lacks.

    Parameters
    ----------
    config : dict
        The merged config; every set that is used exists.
    sessions : list of dict
        Rows of the session sheet.

    Yields
    ------
    str
        One line per problem.
    """
    for check in (_unknown_nouns, _repeated_blocks, _outputs, _batch_sizes):
        yield from check(config)
    uses = list(_sets_used(config, sessions))
    for check in (_missing_splits, _missing_categories):
        yield from check(config, uses)


def known_nouns() -> list[str]:
    """Read the keys of the table `italign.stimuli.objects.NOUNS`, in order.

    The file is parsed, not imported: importing it loads torch, seconds at every start.

    Returns
    -------
    list of str
        Nouns that can be rendered.
    """
    (table,) = (node.value for node in ast.parse(OBJECTS.read_text(encoding="utf-8")).body
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NOUNS")
    return [ast.literal_eval(key) for key in table.keys]


def _sets_used(config: dict, sessions: list[dict]) -> Iterator[Use]:
    """Give each use of an image set: key, name of the set, splits that must have images.

    A recorded session may have shown images that this world does not hold: its rates and
    assemblies need none.
    """
    recordings, assemblies, training = (config[s] for s in ("recordings", "assemblies", "training"))
    yield "recordings.teacher.set", recordings["teacher"]["set"], ("train",)
    for i, entry in enumerate(assemblies["prepared"]):
        yield f"assemblies.prepared[{i}].set", entry["set"], ()
    for session in sessions:
        if session["format"] == "simulated":
            yield (f"session {session['session']}, stimulus_set", session["stimulus_set"],
                   (session["split"],))
    for name in assemblies["people"]["trials"]:
        yield f"assemblies.people.trials.{name}", name, ()
    yield "assemblies.train_set", assemblies["train_set"], ("train",)
    for i, pair in enumerate(assemblies["held_out"]):
        yield f"assemblies.held_out[{i}].set", pair["set"], ("test",)
    yield "training.base_set", training["base_set"], ("train", "test")
    yield "training.stimulus_set", training["stimulus_set"], ("train",)
    # the decoder is fitted on the train split, its errors are compared on the test split
    for measure, options in config["evaluation"]["measures"].items():
        for i, name in enumerate((options or {}).get("sets", [])):
            yield f"evaluation.measures.{measure}.sets[{i}]", name, ("train", "test")
    for i, name in enumerate(config["evaluation"]["robustness"]["sets"]):
        yield f"evaluation.robustness.sets[{i}]", name, ("test",)


def _unknown_nouns(config: dict) -> Iterator[str]:
    nouns = known_nouns()
    for name, chosen in config["stimuli"]["sets"].items():
        for i, noun in enumerate(chosen["categories"]):
            if noun == NO_CATEGORY:
                yield (f"stimuli.sets.{name}.categories[{i}]: {noun!r} stands for images without "
                       "a noun (labelled: false); call it otherwise")
            elif chosen["source"] == "rendered" and noun not in nouns:
                yield (f"stimuli.sets.{name}.categories[{i}]: no noun {noun!r} in "
                       f"italign/stimuli/objects.py; {hint(noun, nouns)}")


def _repeated_blocks(config: dict) -> Iterator[str]:
    """Stimulus ids count images within split and variation: a second block would repeat them."""
    for name, chosen in config["stimuli"]["sets"].items():
        if chosen["source"] != "rendered":
            continue
        kinds = [(block["split"], block["variation"]) for block in chosen["blocks"]]
        for split, variation in sorted({kind for kind in kinds if kinds.count(kind) > 1}):
            yield (f"stimuli.sets.{name}.blocks: found several with split {split} and variation "
                   f"{variation}; merge them into one with the sum of per_category")


def _outputs(config: dict) -> Iterator[str]:
    """Published weights have an output for every noun of their set, each another."""
    for name, chosen in config["stimuli"]["sets"].items():
        if "outputs" not in chosen:
            continue
        key, count = f"stimuli.sets.{name}.outputs", chosen["outputs"]["count"]
        places = chosen["outputs"]["places"]
        if sorted(places) != sorted(chosen["categories"]):
            yield f"{key}.places: found {', '.join(places)}, expected the set's categories"
        if len(set(places.values())) < len(places) or max(places.values()) >= count:
            yield f"{key}.places: expected different numbers below count = {count}"


def _missing_splits(config: dict, uses: list[Use]) -> Iterator[str]:
    for key, name, splits in uses:
        folder = config["stimuli"]["sets"][name]["source"] == "folder"
        if folder and key != "training.base_set":
            yield f"{key}: set {name!r} is a folder, which only training.base_set can be"
        for split in () if folder else splits:
            if not _n_images(config, name, split):
                yield (f"{key}: set {name!r} has no block with split {split}; "
                       f"add one to stimuli.sets.{name}.blocks")


def _missing_categories(config: dict, uses: list[Use]) -> Iterator[str]:
    """Simulated brain and people know the teacher's nouns; models name the stimulus set's."""
    teacher = ("recordings.teacher.set", config["recordings"]["teacher"]["set"])
    trained = ("training.stimulus_set", config["training"]["stimulus_set"])
    must_contain = {"session ": teacher, "evaluation.measures.behavior": teacher,
                    "evaluation.robustness": trained}
    sets = config["stimuli"]["sets"]
    recorded = config["assemblies"]["people"]["trials"]
    for key, name, _ in uses:
        if key.startswith("evaluation.measures.behavior") and name in recorded:
            continue
        if name == config["training"]["base_set"]:  # attacked on the outputs of the base task
            continue
        for user, (container_key, container) in must_contain.items():
            known = sets[container]["categories"]
            missing = [noun for noun in sets[name]["categories"] if noun not in known]
            if missing and key.startswith(user):
                yield (f"{key}: set {name!r} shows {', '.join(missing)}, which {container_key} = "
                       f"{container!r} lacks; add to stimuli.sets.{container}.categories, or name "
                       "another set here")


def _batch_sizes(config: dict) -> Iterator[str]:
    teacher, training = config["recordings"]["teacher"], config["training"]
    n_train = _n_images(config, training["stimulus_set"], "train")
    n_target = n_train - round(n_train * config["assemblies"]["test_fraction"])
    sizes = [("training", training["batch_size"], n_target, "with a neural target after "
              "test_fraction")]
    if config["stimuli"]["sets"][training["base_set"]]["source"] != "folder":
        n_base = _n_images(config, training["base_set"], "train")
        sizes += [("training.pretrain", training["pretrain"]["batch_size"], n_base,
                   "of the base task"),
                  ("training", training["batch_size"], n_base, "of the base task")]
    if config["stimuli"]["sets"][teacher["set"]]["source"] == "rendered":
        sizes += [("recordings.teacher.optimisation", teacher["optimisation"]["batch_size"],
                   _n_images(config, teacher["set"], "train"), "to train the teacher on")]
    for key, size, n_images, where in sizes:
        if size > n_images:
            yield f"{key}.batch_size: found {size}, expected at most the {n_images} images {where}"


def _n_images(config: dict, name: str, split: str) -> int:
    """Images of a split; blocks of files tell their number, rendered ones that of each noun."""
    chosen = config["stimuli"]["sets"][name]
    blocks = [block for block in chosen["blocks"] if block["split"] == split]
    n_nouns = len(chosen["categories"])
    return sum(b.get("n_images", b.get("per_category", 0) * n_nouns) for b in blocks)
