"""What a world lacks of the files from outside, told at once instead of one job at a time."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from italign.resources.mirrors import find_in_mirrors
from italign.resources.registry import Dataset

COLUMNS = ["name", "filename", "access", "licence", "place"]


def place_files(datasets: Sequence[Dataset], folders: Sequence[Path], here: Path) -> pd.DataFrame:
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
    pandas.DataFrame
        One row per file; ``place`` is a path, the address that a public file will be fetched from,
        or empty where a private one was not found.
    """
    rows = [(entry.name, entry.filename, entry.access, entry.licence, _place(entry, folders, here))
            for entry in datasets]
    return pd.DataFrame(rows, columns=COLUMNS)


def _place(dataset: Dataset, folders: Sequence[Path], here: Path) -> str:
    fetched = here / dataset.filename
    if fetched.exists():
        return str(fetched)
    return str(find_in_mirrors(dataset, folders)[0] or dataset.url)


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
