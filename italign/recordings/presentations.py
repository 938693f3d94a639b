"""The presentation table of a session: one row per image shown, in time order.

Tab-separated: onset_s, stimulus_id, trial, position (in the trial, from 0), aborted (1 where the
animal broke fixation on this image).
"""

import difflib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from italign.io import write_table

COLUMNS = ("onset_s", "stimulus_id", "trial", "position", "aborted")


def read_presentations(path: str | Path) -> pd.DataFrame:
    """Read and check a presentation table.

    Parameters
    ----------
    path : str or Path
        Tab-separated file with the columns above; more columns are kept out.

    Returns
    -------
    pandas.DataFrame
        onset_s float (ascending), stimulus_id str, trial and position int, aborted bool.

    Raises
    ------
    ValueError
        If the file is missing, lacks a column, has no row, or holds a value out of range.
    """
    if not Path(path).exists():
        raise ValueError(f"{path}: not found; a session needs its presentation table")
    try:
        text = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    except pd.errors.EmptyDataError:
        raise ValueError(f"{path}: is empty, expected a header {', '.join(COLUMNS)}") from None
    missing = [name for name in COLUMNS if name not in text]
    if missing:
        raise ValueError(f"{path}: column {', '.join(missing)} is missing (found: "
                         f"{', '.join(text)}); expected tab-separated {', '.join(COLUMNS)}")
    if text.empty:
        raise ValueError(f"{path}: holds no presentation, expected at least one row")
    table = pd.DataFrame({name: _parse(text[name], name, path) for name in COLUMNS})
    _check_order(table["onset_s"].to_numpy(), path)
    return table.astype({"aborted": bool})


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
            "correct the ids, or the session's `set` and `split`"
        )


def _parse(text: pd.Series, name: str, path: str | Path) -> pd.Series:
    """Turn one column of strings into its type, naming the first value that does not fit."""
    if name == "stimulus_id":
        values, good, expected = text, text.str.len() > 0, "a stimulus id"
    else:
        values = pd.to_numeric(text, errors="coerce")
        good, expected = np.isfinite(values), "a finite number"
    if name in ("trial", "position"):
        good, expected = good & (values % 1 == 0) & (values >= 0), "a whole number from 0"
    if name == "aborted":
        good, expected = values.isin([0, 1]), "0 or 1"
    if not good.all():
        row = int(np.flatnonzero(~good)[0])
        raise ValueError(f"{path}: column {name!r} holds {text[row]!r} in row {row} "
                         f"({int((~good).sum())} such of {len(text)}), expected {expected}")
    return values.astype(int) if name in ("trial", "position", "aborted") else values


def _check_order(onset_s: np.ndarray, path: str | Path) -> None:
    late = np.flatnonzero(np.diff(onset_s) <= 0)
    if late.size:
        row = int(late[0]) + 1
        raise ValueError(f"{path}: onset_s {onset_s[row]} in row {row} does not come after "
                         f"{onset_s[row - 1]}; sort the table by onset and drop repeated rows")
