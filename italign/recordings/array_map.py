"""Where each channel's electrode sits on its array.

Rows count from 0 at the bottom and columns from 0 at the left, as in Blackrock's .cmp files.
"""

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from italign.recordings.presentations import read_columns

COLUMNS = ("channel", "row", "column")
CMP_FIELDS = ("column", "row", "bank", "electrode")
BANK_SIZE = 32  # electrodes on one connector of a Blackrock array
WITHOUT = "correct array_map in the session sheet, or leave it empty"


def read_array_map(path: str | Path) -> pd.DataFrame:
    """Read the positions of an array's electrodes.

    Parameters
    ----------
    path : str or Path
        A .cmp file of Blackrock, or a tab-separated table with the columns channel, row, column.

    Returns
    -------
    pandas.DataFrame
        channel, row (from 0, bottom to top), column (from 0, left to right), all int64; sorted by
        channel. In a .cmp file, channel = 32 x bank (A = 0) + electrode of the bank, which is the
        electrode id of the recording; the label, whose number is another, is not read.

    Raises
    ------
    ValueError
        If the file is missing or empty, a value is not a whole number from 0, or a channel or a
        position occurs twice.
    """
    path = Path(path)
    is_cmp = path.suffix.lower() == ".cmp"
    text = _read_cmp(path) if is_cmp else _read_table(path)
    if text.empty:
        raise ValueError(f"{path}: holds no electrode, expected one per line: "
                         f"{', '.join(CMP_FIELDS if is_cmp else COLUMNS)}")
    table = pd.DataFrame({name: _whole(text[name], name, path) for name in COLUMNS})
    _refuse_repeats(table, ["channel"], path)
    _refuse_repeats(table, ["row", "column"], path)
    return table.sort_values("channel", ignore_index=True)


def default_map(channels: Iterable[int]) -> pd.DataFrame:
    """Lay channels out where no map is given.

    Parameters
    ----------
    channels : iterable of int
        Channel numbers.

    Returns
    -------
    pandas.DataFrame
        As `read_array_map`: ascending channels fill the smallest square that holds them, row by
        row from the bottom.
    """
    ascending = np.sort(np.asarray(list(channels), dtype=np.int64))
    # ASSUME a row-major square grid: it shows every site, but neighbours in it need not be so on
    # the array; the figure says "channel order".
    side = max(1, math.ceil(math.sqrt(len(ascending))))
    row, column = np.divmod(np.arange(len(ascending)), side)
    return pd.DataFrame({"channel": ascending, "row": row, "column": column})


def place_channels(channels: Iterable[int], positions: pd.DataFrame, source: str) -> pd.DataFrame:
    """Look up the position of each channel.

    Parameters
    ----------
    channels : iterable of int
        Channel numbers of a recording.
    positions : pandas.DataFrame
        As from `read_array_map`.
    source : str
        Named in the message.

    Returns
    -------
    pandas.DataFrame
        channel, row, column in the order of `channels`.

    Raises
    ------
    ValueError
        If a channel has no position.
    """
    wanted = pd.Index(list(channels), dtype=np.int64)
    missing = wanted.difference(positions["channel"])
    if len(missing):
        known = positions["channel"]
        raise ValueError(
            f"{source}: {len(missing)} channels have no position in the array map (first: "
            f"{', '.join(map(str, missing[:5]))}; it holds {len(known)} channels, {known.min()} to "
            f"{known.max()}); add them, or correct array_map in the session sheet")
    return positions.set_index("channel").loc[wanted].reset_index()[list(COLUMNS)]


def _read_table(path: Path) -> pd.DataFrame:
    """Text by line of the file."""
    text = read_columns(path, COLUMNS, WITHOUT)
    return text.set_index(text.index + 2)


def _read_cmp(path: Path) -> pd.DataFrame:
    """Text by line of the file: col, row, bank, elec after // comments and a description."""
    if not path.exists():
        raise ValueError(f"{path}: not found; {WITHOUT}")
    lines = enumerate(map(str.split, path.read_text(encoding="latin-1").splitlines()), start=1)
    entries = dict([(n, line) for n, line in lines if line and not line[0].startswith("//")][1:])
    electrodes = {str(electrode) for electrode in range(1, BANK_SIZE + 1)}
    for number, entry in entries.items():
        if len(entry) < 4 or entry[2] not in set("ABCDEFGH") or entry[3] not in electrodes:
            raise ValueError(f"{path}: line {number}, {' '.join(entry)!r}, is no electrode of a "
                             ".cmp file, expected column, row, bank (A to H), electrode (1 to 32)")
    text = pd.DataFrame([entry[:4] for entry in entries.values()], columns=list(CMP_FIELDS),
                        index=list(entries))
    bank = text["bank"].map(lambda letter: ord(letter) - ord("A"))
    return text.assign(channel=(BANK_SIZE * bank + text["electrode"].astype(int)).astype(str))


def _whole(text: pd.Series, name: str, path: Path) -> pd.Series:
    good = text.str.strip().str.fullmatch(r"\d+")
    if not good.all():
        line = good.idxmin()
        raise ValueError(f"{path}: column {name!r} holds {text[line]!r} in line {line}, expected a "
                         "whole number from 0")
    return text.astype(np.int64)


def _refuse_repeats(table: pd.DataFrame, names: list[str], path: Path) -> None:
    repeated = table[table.duplicated(names)]
    if len(repeated):
        what = ", ".join(f"{name} {repeated.iloc[0][name]}" for name in names)
        raise ValueError(f"{path}: {what} occurs more than once, expected each once; correct the "
                         "array map")
