"""Where files from outside are, and what a world lacks of them, told at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from italign.resources.absence import how_to_get
from italign.resources.mirrors import find_copy
from italign.resources.packaged import checked_package_file, is_packaged
from italign.resources.registry import Dataset, find_stand_ins
from italign.resources.standing_in import noted_stand_in

COLUMNS = ["name", "filename", "access", "licence", "taken", "place"]


@dataclass(frozen=True)
class Place:
    """Where a registered file is, or will come from.

    Attributes
    ----------
    state : str
        here, mirror, package, or address (it will be downloaded).
    place : str
        A path, or the address.
    taken : str
        Dataset whose bytes those are: the one asked for, or its stand-in.
    """

    state: str
    place: str
    taken: str


def find_place(
    dataset: Dataset, known: dict[str, Dataset], folders: Sequence[Path], here: Path
) -> Place:
    """Look for one file, as `fetching.fetch` would.

    Parameters
    ----------
    dataset : Dataset
        The file.
    known : dict of str to Dataset
        The registry.
    folders : sequence of Path
        Mirrors.
    here : Path
        Where fetched files lie.

    Returns
    -------
    Place
        The first that there is.

    Raises
    ------
    ValueError
        If there is none: one line with how to get it.
    """
    fetched = here / dataset.filename
    if fetched.exists():
        return Place("here", str(fetched), noted_stand_in(fetched) or dataset.name)
    taken, found, refused = find_copy([dataset, *find_stand_ins(known, dataset.name)], folders)
    if found:
        return Place("mirror", str(found), taken.name)
    try:
        if is_packaged(dataset):
            return Place("package", str(checked_package_file(dataset)), dataset.name)
        if not (dataset.urls and dataset.hashes):
            raise ValueError("")
    except ValueError as error:
        raise ValueError(how_to_get(dataset, str(error), folders, refused)) from error
    return Place("address", dataset.urls[0], dataset.name)


def place_files(
    names: Sequence[str], known: dict[str, Dataset], folders: Sequence[Path], here: Path
) -> tuple[pd.DataFrame, list[str]]:
    """Look for registered files, here, in mirrors and in packages.

    Parameters
    ----------
    names : sequence of str
        Rows of the registry that a world uses.
    known, folders, here
        As for `find_place`.

    Returns
    -------
    table : pandas.DataFrame
        One row per file that there is; ``place`` is a path, or the address that a public file will
        be fetched from; ``taken`` is another name where a stand-in is there instead.
    absent : list of str
        Of each of the others, what was found and how to get it.
    """
    rows, absent = [], []
    for name in names:
        entry = known[name]
        try:
            found = find_place(entry, known, folders, here)
        except ValueError as error:
            absent.append(str(error))
        else:
            rows.append((name, entry.filename, entry.access, entry.licence, found.taken,
                         found.place))
    return pd.DataFrame(rows, columns=COLUMNS), absent


def refuse_absent(absent: Sequence[str]) -> None:
    """Stop if something is missing.

    Parameters
    ----------
    absent : sequence of str
        What is missing and how to get it, a line or more each.

    Raises
    ------
    ValueError
        With all of them.
    """
    if absent:
        raise ValueError(f"{len(absent)} of this world's files are missing:\n" + "\n".join(absent))
