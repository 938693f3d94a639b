"""Local folders that are searched for registered files; hashes decide."""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from italign.resources.hashes import file_hashes, hash_problem
from italign.resources.registry import Dataset

VARIABLE = "ITALIGN_MIRRORS"


def mirror_folders(configured: Iterable[str]) -> list[Path]:
    """Folders of the config, then those of the environment variable ITALIGN_MIRRORS.

    Parameters
    ----------
    configured : iterable of str
        ``resources.mirrors``.

    Returns
    -------
    list of Path
        Those that exist; of the others the log tells.
    """
    named = [*configured, *filter(None, os.environ.get(VARIABLE, "").split(os.pathsep))]
    folders = [Path(name).expanduser() for name in dict.fromkeys(named)]
    for folder in folders:
        if not folder.is_dir():
            logging.warning("mirror %s is no folder and is left out", folder)
    return [folder for folder in folders if folder.is_dir()]


def find_in_mirrors(dataset: Dataset, folders: Iterable[Path]) -> tuple[Path | None, list[str]]:
    """Search folders and all below them by file names; only a file with the right hash counts.

    Parameters
    ----------
    dataset : Dataset
        What to look for. Without a published hash any file of that name counts, unless two differ.
    folders : iterable of Path
        In the order of search.

    Returns
    -------
    path : Path or None
        The first file that counts.
    refused : list of str
        Files of that name with another hash, found and expected, one line each.

    Raises
    ------
    ValueError
        If there is no published hash and two files of that name differ.
    """
    refused = []
    paths = (path for name in dataset.filenames for path in _named(name, folders))
    if not dataset.hashes:
        return _only(list(paths)), refused
    for path in paths:
        problem = hash_problem(path, dataset.hashes)
        if not problem:
            return path, refused
        logging.warning("%s is not taken: %s", path, problem)
        refused.append(f"{path}: {problem}")
    return None, refused


def find_copy(
    wanted: Sequence[Dataset], folders: Sequence[Path]
) -> tuple[Dataset, Path | None, list[str]]:
    """Search mirrors for a file, then for those that may stand in for it.

    Parameters
    ----------
    wanted : sequence of Dataset
        The one that is asked for, then its stand-ins (`registry.find_stand_ins`).
    folders : sequence of Path
        In the order of search.

    Returns
    -------
    dataset : Dataset
        Whose file was found; the one asked for if none was.
    path : Path or None
        The file.
    refused : list of str
        As of `find_in_mirrors`, of all that were searched for.
    """
    refused = []
    for dataset in wanted:
        path, others = find_in_mirrors(dataset, folders)
        refused += others
        if path:
            return dataset, path, refused
    return wanted[0], None, refused


def _named(filename: str, folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        direct = folder / filename
        if direct.is_file():  # spares walking a folder of a million images
            yield direct
        yield from (path for path in sorted(folder.rglob(filename))
                    if path != direct and path.is_file())


def _only(paths: list[Path]) -> Path | None:
    """The file of an unpublished hash; copies of it may lie in several places."""
    by_hash = {file_hashes(path, ["sha256"])["sha256"]: path for path in reversed(paths)}
    if len(by_hash) > 1:
        lines = "; ".join(f"{path} (sha256 {digest})" for digest, path in by_hash.items())
        raise ValueError(f"{len(by_hash)} different files of one name, and no published hash to "
                         f"choose by: {lines}; leave only the right one in the mirrors")
    return next(iter(by_hash.values()), None)
