"""The presentation table of a session: one row per image shown, in time order.

Tab-separated: onset_s, stimulus_id, trial, position (in the trial, from 0), aborted (1 where the
animal broke fixation on this image: it was shown, but does not count). The table that a session
sheet names may lack onset_s where a sync channel gives the times, and may have a column code: the
number that the stimulus computer sent with each image.
"""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from italign.io import write_table

COLUMNS = ("onset_s", "stimulus_id", "trial", "position", "aborted")


def read_presentations(
    path: str | Path, required: Sequence[str] = COLUMNS, optional: Sequence[str] = ()
) -> pd.DataFrame:
    """Read and check a presentation table.

    Parameters
    ----------
    path : str or Path
        Tab-separated file with the columns above.
    required, optional : sequence of str
        Columns that must and that may be there; all others are left out.

    Returns
    -------
    pandas.DataFrame
        onset_s float (ascending), stimulus_id str, trial, position and code int, aborted bool.

    Raises
    ------
    ValueError
        If the file is missing, lacks a column, has no row, or holds a value out of range.
    """
    text = read_columns(path, required, "a session needs its presentation table")
    if text.empty:
        raise ValueError(f"{path}: holds no presentation, expected at least one row")
    names = [*required, *(name for name in optional if name in text)]
    table = pd.DataFrame({name: _parse(text[name], name, path) for name in names})
    if "onset_s" in table:
        check_ascending(table["onset_s"].to_numpy(), "onset_s", path)
    return table.astype({"aborted": bool})


def read_columns(path: str | Path, required: Sequence[str], need: str) -> pd.DataFrame:
    """Read a tab-separated file as text, with the columns that it must have.

    Parameters
    ----------
    path : str or Path
        With a header.
    required : sequence of str
        Names of columns.
    need : str
        Why the file is needed, or what to do without it, for the message.

    Returns
    -------
    pandas.DataFrame
        All columns, str. Row r is line r + 2 of the file: a blank line is a row of empty cells,
        except at the end.

    Raises
    ------
    ValueError
        If the file is missing, empty, or lacks a column.
    """
    if not Path(path).exists():
        raise ValueError(f"{path}: not found; {need}")
    try:
        text = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False,
                           skip_blank_lines=False)
    except pd.errors.EmptyDataError:
        raise ValueError(f"{path}: is empty, expected a header {', '.join(required)}") from None
    missing = [name for name in required if name not in text]
    if missing:
        raise ValueError(f"{path}: column {', '.join(missing)} is missing (found: "
                         f"{', '.join(text)}); expected tab-separated {', '.join(required)}")
    filled = np.flatnonzero((text != "").any(axis=1))
    return text[: filled[-1] + 1 if filled.size else 0]


def check_ascending(time_s: np.ndarray, name: str, path: str | Path) -> None:
    """Refuse times that do not come one after the other, naming the first line."""
    late = np.flatnonzero(np.diff(time_s) <= 0)
    if late.size:
        row = int(late[0]) + 1
        raise ValueError(f"{path}: {name} {time_s[row]} in line {row + 2} does not come after "
                         f"{time_s[row - 1]}; sort the table by {name} and drop repeated rows")


def write_presentations(table: pd.DataFrame, path: str | Path) -> None:
    """Write a presentation table, whole or not at all."""
    write_table(table[list(COLUMNS)], path, separator="\t")


def number_repetitions(stimulus_id: Iterable[str]) -> np.ndarray:
    """Count how often each row's stimulus occurred in the rows before.

    Parameters
    ----------
    stimulus_id : iterable of str
        In time order.

    Returns
    -------
    numpy.ndarray
        int64 (n_presentations,), from 0.
    """
    shown = pd.Series(list(stimulus_id), dtype=object)
    return shown.groupby(shown).cumcount().to_numpy()


def check_known_stimuli(shown: Iterable[str], known: Iterable[str], source: str | Path) -> None:
    """Refuse presentations of images that the stimulus set does not have.

    Parameters
    ----------
    shown, known : iterable of str
        Stimulus ids of the presentations and of the stimulus set.
    source : str or Path
        Named in the message.

    Raises
    ------
    ValueError
        With the first unknown ids and the known ids nearest to the first.
    """
    known = list(known)
    unknown = sorted(set(shown) - set(known))
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=3) or known[:3]
        raise ValueError(
            f"{source}: {len(unknown)} stimulus ids are not in the stimulus set (first: "
            f"{', '.join(unknown[:5])}; nearest known to {unknown[0]}: {', '.join(near)}); "
            "correct the ids, or the session's stimulus_set and split"
        )


def _parse(text: pd.Series, name: str, path: str | Path) -> pd.Series:
    """Turn one column of strings into its type, naming the first value that does not fit."""
    if name == "stimulus_id":
        values, good, expected = text, text.str.len() > 0, "a stimulus id"
    else:
        values = pd.to_numeric(text, errors="coerce")
        good, expected = np.isfinite(values), "a finite number"
    if name in ("trial", "position", "code"):
        good, expected = good & (values % 1 == 0) & (values >= 0), "a whole number from 0"
    if name == "aborted":
        good, expected = values.isin([0, 1]), "0 or 1"
    if not good.all():
        row = int(np.flatnonzero(~good)[0])
        raise ValueError(f"{path}: column {name!r} holds {text[row]!r} in line {row + 2} "
                         f"({int((~good).sum())} such of {len(text)}), expected {expected}")
    return values if name in ("stimulus_id", "onset_s") else values.astype(int)
