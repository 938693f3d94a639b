"""The registry of outside files, `resources/datasets.tsv` (columns: resources/README.md).

Only the standard library: the config is checked with it at every start.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from italign.plugins import pick
from italign.resources.standing_in import noted_stand_in


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
    stands_for: str = ""
    known_as: str = ""

    @property
    def filenames(self) -> list[str]:
        """Names that the same bytes have on other people's disks, ours first."""
        return [self.filename, *self.known_as.split()]

    @property
    def urls(self) -> list[str]:
        """Addresses of the same bytes, in the order of the tries."""
        return self.url.split()

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


def find_stand_ins(known: Mapping[str, Dataset], name: str) -> list[Dataset]:
    """Rows whose files may take the place of another one where only they are at hand.

    Parameters
    ----------
    known : mapping of str to Dataset
        The registry.
    name : str
        Of the one that is asked for.

    Returns
    -------
    list of Dataset
        Those with ``stands_for: name``, in the order of the registry.
    """
    return [entry for entry in known.values() if entry.stands_for == name]


def describe_files(files: Iterable[str | Path], path: str | Path) -> tuple[str, str]:
    """Licences and citations of files, found by their names; stand-ins are named.

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
    known = read_registry(path)
    by_filename = {dataset.filename: dataset for dataset in known.values()}
    licences, citations = {}, {}  # as ordered sets
    for file in map(Path, files):
        entry = by_filename.get(file.name)
        stand_in = known.get(noted_stand_in(file) or "")
        if entry is None:
            licence, citation = "not stated", f"{file.name} (not registered)"
        elif stand_in:
            licence = stand_in.licence
            citation = f"{stand_in.citation} ({stand_in.name} in place of {entry.name})"
        else:
            licence, citation = entry.licence, entry.citation
        licences[licence] = citations[citation] = None
    return "; ".join(licences), "; ".join(citations)
