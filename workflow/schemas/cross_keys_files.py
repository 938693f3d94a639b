"""Contradictions around files from outside: they are registered, and something reads them."""

from collections.abc import Iterator
from pathlib import Path

from hints import hint

from italign.resources.registry import read_registry

ROOT = Path(__file__).parents[2]


def file_problems(config: dict) -> Iterator[str]:
    """Find image sets, responses, choices and weights from files that cannot be read.

    Parameters
    ----------
    config : dict
        The merged config.

    Yields
    ------
    str
        One line per problem.
    """
    for name, entry in config["stimuli"]["sets"].items():
        yield from _set_problems(f"stimuli.sets.{name}", entry)
    for i, entry in enumerate(config["assemblies"]["prepared"]):
        yield from _unknown_source(f"assemblies.prepared[{i}].source", entry["source"],
                                   "assemblies/sources")
    for name, entry in config["assemblies"]["people"]["trials"].items():
        yield from _unknown_source(f"assemblies.people.trials.{name}.source", entry["source"],
                                   "assemblies/choices")
    known = list(read_registry(ROOT / "resources" / "datasets.tsv"))
    for key, dataset in _datasets(config):
        if dataset not in known:
            yield f"{key}: no {dataset!r} in resources/datasets.tsv; {hint(dataset, known)}"


def _set_problems(key: str, entry: dict) -> Iterator[str]:
    source = entry["source"]
    named = {block.get("files", block["split"]) for block in entry["blocks"]}
    if source == "rendered":
        yield from _size_problems(key, entry, "per_category")
    elif source == "folder":
        if "folder" not in entry:
            yield f"{key}.folder: missing, expected the folder that holds train/ and val/"
    else:
        yield from _unknown_source(f"{key}.source", source, "stimuli/sources")
        yield from _size_problems(key, entry, "n_images")
        given = set(entry.get("files", {}))
        for name in sorted(named - given):
            yield f"{key}.files: nothing for {name}, expected registered files of its blocks"
        for name in sorted(given - named - {"reference"}):
            yield (f"{key}.files.{name}: no block reads it, expected "
                   f"{', '.join(sorted(named))}; name it in a block (files: {name}) or take it out")
        yield from _block_problems(key, entry)


def _size_problems(key: str, entry: dict, size: str) -> Iterator[str]:
    """Rendered sets have images per noun; files hold as many as they hold."""
    labelled = any(block.get("labelled", True) for block in entry["blocks"])
    if (labelled and len(entry["categories"]) < 2) or not entry["blocks"]:
        yield f"{key}: expected two or more categories, and blocks"
    for i, block in enumerate(entry["blocks"]):
        found = sorted({"per_category", "n_images"} & set(block))
        if found != [size]:
            yield (f"{key}.blocks[{i}]: found {' and '.join(found) or 'no size'}, expected {size} "
                   f"(source: {entry['source']})")


def _block_problems(key: str, entry: dict) -> Iterator[str]:
    """Parts of objects are ranges."""
    for i, block in enumerate(entry["blocks"]):
        start, stop = block.get("of_each_object", [0, 1])
        if start >= stop:
            yield (f"{key}.blocks[{i}].of_each_object: found [{start}, {stop}], expected the "
                   "first to be less")


def _unknown_source(key: str, source: str, folder: str) -> Iterator[str]:
    known = sorted(p.stem for p in (ROOT / "italign" / folder).glob("[!_]*.py"))
    if source not in known:
        yield f"{key}: no italign/{folder}/{source}.py; {hint(source, known)}"


def _datasets(config: dict) -> Iterator[tuple[str, str]]:
    """Give each key that names a registered file, and the name."""
    for name, entry in config["stimuli"]["sets"].items():
        for split, files in entry.get("files", {}).items():
            yield from ((f"stimuli.sets.{name}.files.{split}", file) for file in files)
    for i, entry in enumerate(config["assemblies"]["prepared"]):
        yield from ((f"assemblies.prepared[{i}].files", file) for file in entry["files"])
    for name, entry in config["assemblies"]["people"]["trials"].items():
        yield from ((f"assemblies.people.trials.{name}.files", file) for file in entry["files"])
    weights = config["training"]["pretrain"]["weights"]
    if weights is not None:
        yield "training.pretrain.weights", weights
