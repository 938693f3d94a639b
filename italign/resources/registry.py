"""The registry of outside files, `resources/datasets.tsv` (columns: resources/README.md).

Only the standard library: the config is checked with it at every start.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from italign.plugins import pick


@dataclass(frozen=True)
class Dataset:
    """One row of the registry; every value as it is written there, empty where it is unknown."""

    name: str
    version: str
    filename: str
    url: str
    sha256: str
    sha1: str
    md5: str
    bytes: str
    licence: str
    access: str
    citation: str
    obtain: str

    @property
    def hashes(self) -> dict[str, str]:
        """Published hashes by kind; a sha256 may be its first eight digits."""
        kinds = {"sha256": self.sha256, "sha1": self.sha1, "md5": self.md5}
        return {kind: value for kind, value in kinds.items() if value}


def read_registry(path: str | Path) -> dict[str, Dataset]:
    """Read every row, by name.

    Parameters
    ----------
    path : str or Path
        ``resources/datasets.tsv``.

    Returns
    -------
    dict of str to Dataset
        In the order of the file.
    """
    with Path(path).open(newline="", encoding="utf-8") as handle:
        rows = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["name"]: Dataset(**row) for row in rows}


def find_dataset(path: str | Path, name: str) -> Dataset:
    """Look one row up.

    Raises
    ------
    ValueError
        With near matches if there is none of that name.
    """
    return pick(read_registry(path), name, f"dataset of {path}")


def describe_files(files: Iterable[str | Path], path: str | Path) -> tuple[str, str]:
    """Licences and citations of files, found by their names.

    Parameters
    ----------
    files : iterable of str or Path
        Fetched files; a file that is not registered has neither.
    path : str or Path
        ``resources/datasets.tsv``.

    Returns
    -------
    licence, citation : str
        Each once, joined by semicolons.
    """
    by_filename = {dataset.filename: dataset for dataset in read_registry(path).values()}
    found = [by_filename.get(Path(file).name) for file in files]
    licences = dict.fromkeys(entry.licence if entry else "not stated" for entry in found)
    citations = dict.fromkeys(
        entry.citation if entry else f"{Path(file).name} (not registered)"
        for entry, file in zip(found, files, strict=True)
    )
    return "; ".join(licences), "; ".join(citations)
