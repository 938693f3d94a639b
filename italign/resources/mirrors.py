"""Local folders that are searched for registered files, and the hashes that decide."""

import hashlib
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from italign.resources.registry import Dataset

VARIABLE = "ITALIGN_MIRRORS"
CHUNK = 1 << 20


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
    """Search folders and all below them by file name; only a file with the right hash counts.

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
    paths = _named(dataset.filename, folders)
    if not dataset.hashes:
        return _only(list(paths)), refused
    for path in paths:
        problem = hash_problem(path, dataset.hashes)
        if not problem:
            return path, refused
        logging.warning("%s is not taken: %s", path, problem)
        refused.append(f"{path}: {problem}")
    return None, refused


def hash_problem(path: Path, published: dict[str, str]) -> str:
    """Compare a file with published hashes.

    Parameters
    ----------
    path : Path
        The file.
    published : dict of str to str
        Hexadecimal by kind; fewer digits than the kind has are its first digits.

    Returns
    -------
    str
        What was found and expected; empty if all agree.
    """
    found = file_hashes(path, published)
    return "; ".join(
        f"{kind} is {found[kind]}, expected {expected}{'' if _is_whole(kind, expected) else '...'}"
        for kind, expected in published.items() if not found[kind].startswith(expected.lower())
    )


def file_hashes(path: Path, kinds: Iterable[str]) -> dict[str, str]:
    """Hash a file in one reading.

    Parameters
    ----------
    path : Path
        The file.
    kinds : iterable of str
        sha256, sha1, md5.

    Returns
    -------
    dict of str to str
        Hexadecimal digits by kind.
    """
    digests = {kind: hashlib.new(kind, usedforsecurity=False) for kind in kinds}
    with path.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            for digest in digests.values():
                digest.update(chunk)
    return {kind: digest.hexdigest() for kind, digest in digests.items()}


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


def _is_whole(kind: str, digits: str) -> bool:
    return len(digits) == 2 * hashlib.new(kind, usedforsecurity=False).digest_size
