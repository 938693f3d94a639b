"""What a world lacks of the files from outside, told at once instead of one job at a time."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from italign.resources.fetching import not_found
from italign.resources.mirrors import find_in_mirrors
from italign.resources.registry import Dataset

COLUMNS = ["name", "filename", "access", "licence", "place"]


def place_files(
    datasets: Sequence[Dataset], folders: Sequence[Path], here: Path
) -> tuple[pd.DataFrame, list[str]]:
    """Look for registered files, here and in mirrors.

    Parameters
    ----------
    datasets : sequence of Dataset
        Rows of the registry that a world uses.
    folders : sequence of Path
        Mirrors.
    here : Path
        Where fetched files lie.

    Returns
    -------
    table : pandas.DataFrame
        One row per file that there is; ``place`` is a path, or the address that a public file will
        be fetched from.
    absent : list of str
        Of each of the others, what was found and how to get it.
    """
    rows, absent = [], []
    for entry in datasets:
        try:
            place = _place(entry, folders, here)
        except ValueError as error:
            absent.append(str(error))
        else:
            rows.append((entry.name, entry.filename, entry.access, entry.licence, place))
    return pd.DataFrame(rows, columns=COLUMNS), absent


def _place(dataset: Dataset, folders: Sequence[Path], here: Path) -> str:
    fetched = here / dataset.filename
    if fetched.exists():
        return str(fetched)
    found, refused = find_in_mirrors(dataset, folders)
    if not found and not dataset.url:
        raise ValueError(not_found(dataset, folders, refused))
    return str(found or dataset.url)


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
