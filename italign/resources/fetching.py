"""Bring a registered file here, or say exactly what is missing and how to get it."""

import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from italign.io import whole_file
from italign.resources.download import download
from italign.resources.mirrors import VARIABLE, file_hashes, find_in_mirrors, hash_problem
from italign.resources.registry import Dataset

BY_HAND = f"put it into a folder named in resources.mirrors or {VARIABLE}"


def fetch(dataset: Dataset, target: str | Path, folders: Sequence[Path]) -> None:
    """Copy a file from a mirror, or else download it; what does not have its hash never counts.

    Parameters
    ----------
    dataset : Dataset
        Row of the registry.
    target : str or Path
        Appears whole or not at all. A download grows in ``<target>.part`` and is resumed there.
    folders : sequence of Path
        Mirrors, in the order of search.

    Raises
    ------
    ValueError
        If the file is private and in no mirror, or what was downloaded has another hash.
    ConnectionError
        If the download fails.
    """
    target = Path(target)
    logging.info("%s: licence %s; cite %s", dataset.filename, dataset.licence, dataset.citation)
    found, refused = find_in_mirrors(dataset, folders)
    if found:
        logging.info("from mirror %s", found)
        with whole_file(target) as temporary:
            shutil.copyfile(found, temporary)
    elif dataset.url:
        _download(dataset, target)
    else:
        raise ValueError(not_found(dataset, folders, refused))
    logging.info("%d bytes, sha256 %s%s", target.stat().st_size,
                 file_hashes(target, ["sha256"])["sha256"],
                 "" if dataset.hashes else " (its source published none to compare with)")


def _download(dataset: Dataset, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    problem = "it has no published hash"
    while dataset.hashes:
        is_resumed = part.exists()
        logging.info("download %s", dataset.url)
        try:
            download(dataset.url, part)
        except ConnectionError as error:
            raise ConnectionError(f"{error}: run again, which goes on where it stopped, or download"
                                  f" {dataset.filename} by hand and {BY_HAND}") from error
        problem = hash_problem(part, dataset.hashes)
        if not problem:
            return _finish(part, target)
        part.unlink()
        if not is_resumed:  # the beginning may have been of another version: once more, from 0
            break
        logging.info("%s: %s; starting again", dataset.url, problem)
    raise ValueError(f"{dataset.url}: {problem}: the file there is another one, or was changed on "
                     f"the way; get {dataset.filename} elsewhere and {BY_HAND}")


def _finish(part: Path, target: Path) -> None:
    with part.open("rb") as handle:
        os.fsync(handle.fileno())
    os.replace(part, target)


def not_found(dataset: Dataset, folders: Sequence[Path], refused: list[str]) -> str:
    """Say of a private file that it is missing, whom to ask and where to put it.

    Parameters
    ----------
    dataset : Dataset
        Row of the registry.
    folders : sequence of Path
        Mirrors that were searched.
    refused : list of str
        Files of that name with another hash, see `find_in_mirrors`.

    Returns
    -------
    str
        One line, and one more for each refused file.
    """
    searched = ", ".join(map(str, folders)) or "no mirror is named"
    lines = "".join(f"\n{line}" for line in refused)
    return (f"{dataset.filename} is private: ask {dataset.obtain}; {BY_HAND} "
            f"(searched: {searched}){lines}")
