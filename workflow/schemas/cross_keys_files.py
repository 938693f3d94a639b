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
                                   "assemblies")
    known = list(read_registry(ROOT / "resources" / "datasets.tsv"))
    for key, dataset in _datasets(config):
        if dataset not in known:
            yield f"{key}: no {dataset!r} in resources/datasets.tsv; {hint(dataset, known)}"


def _set_problems(key: str, entry: dict) -> Iterator[str]:
    source, splits = entry["source"], {block["split"] for block in entry["blocks"]}
    if source == "rendered":
        yield from _size_problems(key, entry, "per_category")
    elif source == "folder":
        if "folder" not in entry:
            yield f"{key}.folder: missing, expected the folder that holds train/ and val/"
    else:
        yield from _unknown_source(f"{key}.source", source, "stimuli")
        yield from _size_problems(key, entry, "n_images")
        for split in sorted(splits - set(entry.get("files", {}))):
            yield f"{key}.files: nothing for split {split}, expected registered files of its blocks"


def _size_problems(key: str, entry: dict, size: str) -> Iterator[str]:
    """Rendered sets have images per noun; files hold as many as they hold."""
    if len(entry["categories"]) < 2 or not entry["blocks"]:
        yield f"{key}: expected two or more categories, and blocks"
    for i, block in enumerate(entry["blocks"]):
        found = sorted({"per_category", "n_images"} & set(block))
        if found != [size]:
            yield (f"{key}.blocks[{i}]: found {' and '.join(found) or 'no size'}, expected {size} "
                   f"(source: {entry['source']})")


def _unknown_source(key: str, source: str, stage: str) -> Iterator[str]:
    known = sorted(p.stem for p in (ROOT / "italign" / stage / "sources").glob("[!_]*.py"))
    if source not in known:
        yield f"{key}: no italign/{stage}/sources/{source}.py; {hint(source, known)}"


def _datasets(config: dict) -> Iterator[tuple[str, str]]:
    """Give each key that names a registered file, and the name."""
    for name, entry in config["stimuli"]["sets"].items():
        for split, files in entry.get("files", {}).items():
            yield from ((f"stimuli.sets.{name}.files.{split}", file) for file in files)
    for i, entry in enumerate(config["assemblies"]["prepared"]):
        yield f"assemblies.prepared[{i}].file", entry["file"]
    for name, files in config["assemblies"]["people"]["trials"].items():
        yield from ((f"assemblies.people.trials.{name}", file) for file in files)
    weights = config["training"]["pretrain"]["weights"]
    if weights is not None:
        yield "training.pretrain.weights", weights
