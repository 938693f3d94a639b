"""One line on a file that cannot be had: what it is, what was tried, what to do."""

from collections.abc import Sequence
from pathlib import Path

from italign.resources.mirrors import VARIABLE
from italign.resources.registry import Dataset

RESUMED = "run again, which goes on where it stopped, or "


def how_to_get(
    dataset: Dataset, problem: str, folders: Sequence[Path], refused: Sequence[str]
) -> str:
    """Say of a file that it could not be fetched, why, and where to put a copy.

    Parameters
    ----------
    dataset : Dataset
        Row of the registry.
    problem : str
        What was tried, with the address; empty for a file that has none.
    folders : sequence of Path
        Mirrors that were searched.
    refused : sequence of str
        Files of that name with another hash, see `find_in_mirrors`.

    Returns
    -------
    str
        One line.
    """
    searched = ", ".join(map(str, folders)) or "no folder that is named as a mirror exists"
    found = "".join(f"; refused {file}" for file in refused)
    again = RESUMED if dataset.urls and "(after" in problem else ""
    return (f"{dataset.name} ({dataset.filename}, {_size(dataset)}, licence {dataset.licence}"
            f"{_way(dataset, problem)}; {again}put a copy into a folder named in resources.mirrors "
            f"or {VARIABLE} (searched: {searched}{found})").replace("\n", " ")


def _way(dataset: Dataset, problem: str) -> str:
    if dataset.access == "private":
        return f") is private: ask {dataset.obtain}"
    if dataset.access == "mirror":
        return f") has no address: {dataset.obtain}"
    return f"): {problem}"


def _size(dataset: Dataset) -> str:
    return f"{int(dataset.bytes):,} bytes" if dataset.bytes else "size not published"
