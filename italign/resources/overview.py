"""What of the files from outside is here, in reach, or to be asked for: a table for people."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from italign.resources.missing import Place, find_place
from italign.resources.registry import Dataset

N_LISTED = 20  # more files of one kind are one line
COLUMNS = ["name", "state", "size", "licence", "where"]
STATES = {"here": "present", "mirror": "in a mirror", "package": "from pip, installed",
          "address": "fetchable"}
# of files that are not to be had without doing something
LACKING = {"public": "from pip, not installed", "private": "private", "mirror": "by hand"}


def survey_files(
    names: Sequence[str], known: dict[str, Dataset], folders: Sequence[Path], here: Path
) -> pd.DataFrame:
    """Look for registered files, as a world that runs would.

    Parameters
    ----------
    names : sequence of str
        Rows of the registry.
    known, folders, here
        As for `missing.find_place`.

    Returns
    -------
    pandas.DataFrame
        One row per file: name, state, n_bytes (of the file itself if it is on this machine, else
        the registered size; NaN: unknown), licence, where (path, address or whom to ask).
    """
    rows = [_row(known[name], known, folders, here) for name in names]
    return pd.DataFrame(rows, columns=["name", "state", "n_bytes", "licence", "where"])


def _row(dataset: Dataset, known: dict, folders: Sequence[Path], here: Path) -> tuple:
    try:
        found = find_place(dataset, known, folders, here)
    except ValueError as error:
        state = LACKING[dataset.access]
        return (dataset.name, state, _registered(dataset), dataset.licence,
                dataset.obtain or str(error))
    stands_in = f" ({found.taken} stands in)" if found.taken != dataset.name else ""
    return (dataset.name, STATES[found.state] + stands_in, _size(dataset, found),
            known[found.taken].licence, found.place)


def _size(dataset: Dataset, found: Place) -> float:
    if found.state == "address":
        return _registered(dataset)
    return float(Path(found.place).stat().st_size)


def _registered(dataset: Dataset) -> float:
    return float(dataset.bytes or "nan")


def format_survey(table: pd.DataFrame) -> str:
    """Write the table with sizes for people, many files of one kind as one line, and totals.

    Parameters
    ----------
    table : pandas.DataFrame
        From `survey_files`.

    Returns
    -------
    str
        Lines, the last ones the files and bytes of each state.
    """
    kind = table["name"].str.split("-").str[0] + table["state"] + table["licence"]
    groups = [rows for _, rows in table.groupby((kind != kind.shift()).cumsum())]
    lines = [line for rows in groups
             for line in (_lines(rows) if len(rows) <= N_LISTED else [_one_line(rows)])]
    totals = [f"{state}: {_sum(rows)}" for state, rows in table.groupby("state", sort=False)]
    return "\n".join([*_aligned([COLUMNS, *lines]), *totals, f"in all: {_sum(table)}"])


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as they are, the last one as it is."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)][:-1]
    return ["  ".join([*map(str.ljust, line, widths), line[-1]]) for line in lines]


def _lines(rows: pd.DataFrame) -> list[list[str]]:
    return [[row.name, row.state, readable(row.n_bytes), row.licence, row.where]
            for row in rows.itertuples(index=False)]


def _one_line(rows: pd.DataFrame) -> list[str]:
    first, size = rows.iloc[0], readable(rows["n_bytes"].sum(skipna=False))
    return [f"{first['name'].split('-')[0]}-* ({len(rows)} files)", first["state"], size,
            first["licence"], f"{first['where'].rpartition('/')[0]}/"]


def _sum(rows: pd.DataFrame) -> str:
    """Number of files and bytes."""
    n_files, n_unknown = len(rows), int(rows["n_bytes"].isna().sum())
    size = readable(rows["n_bytes"].sum()) if n_unknown < n_files else "size unknown"
    more = f", {n_unknown} of unknown size" if 0 < n_unknown < n_files else ""
    return f"{n_files} file{'s' * (n_files != 1)}, {size}{more}"


def readable(n_bytes: float) -> str:
    """Size in the unit that suits it; ``?`` where it is unknown (NaN)."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= size:
            return f"{n_bytes / size:.1f} {unit}"
    return "?" if n_bytes != n_bytes else f"{n_bytes:.0f} bytes"
