"""The paper's numbers, read from a table of resources/published and checked."""

from pathlib import Path

import pandas as pd

TEXT = ("figure", "quantity", "mark", "target", "labels", "adversarial", "animal", "stimulus_set",
        "categories", "read_from", "source", "note")
NUMBERS = ("p", "steps_since_onset", "x", "value", "low", "high", "sd", "p_value", "n", "precision")
COLUMNS = ("figure", "quantity", "mark", "target", "labels", "p", "adversarial", "animal",
           "stimulus_set", "categories", "steps_since_onset", "x", "value", "low", "high", "sd",
           "p_value", "n", "read_from", "precision", "source", "note")
COMPARED_NUMBERS = ("p", "steps_since_onset", "x", "published", "published_low", "published_high",
                    "published_value", "precision", "ours", "estimate", "low", "high", "n",
                    "difference")
WORDS = {
    "figure": {"1b", "1c", "2a", "2b", "3a", "3b", "3c", "3d", "4a", "4b", "a1", "text"},
    "quantity": {"similarity", "raw_similarity", "ceiling", "behavior", "robustness", "probe",
                 "accuracy", "pearson_r", "slope", "intercept", "ks", "n_models"},
    "mark": {"line", "base", "condition", "start", "final", "trajectory", "extent", "statistic"},
    "target": {"", "true", "shuffled", "random"},
    "labels": {"", "on", "off"},
    "adversarial": {"", "off"},
    "categories": {"", "all", "overlapping"},
    "read_from": {"printed", "digitised", "derived", "text"},
}
KEY = ("figure", "quantity", "mark", "target", "labels", "p", "adversarial", "animal",
       "stimulus_set", "categories", "steps_since_onset", "x", "read_from", "source")


def read_published(path: str | Path) -> pd.DataFrame:
    """Read a table of published values.

    Parameters
    ----------
    path : str or Path
        CSV with `COLUMNS`; resources/published/README.md says what they hold.

    Returns
    -------
    pandas.DataFrame
        Empty cells are ``""`` in `TEXT` and NaN in `NUMBERS`.

    Raises
    ------
    ValueError
        If columns differ, a word is not one of `WORDS`, a precision is missing, a row has no
        number, or two rows share their `KEY`.
    """
    table = pd.read_csv(path, dtype=dict.fromkeys(TEXT, str))
    if list(table.columns) != list(COLUMNS):
        raise ValueError(f"{path}: columns {list(table.columns)}, expected {list(COLUMNS)}; "
                         "compare with resources/published/README.md")
    table = table.fillna(dict.fromkeys(TEXT, ""))
    problems = [f"column {name!r} holds {found!r}, expected one of {sorted(allowed)}"
                for name, allowed in WORDS.items()
                for found in sorted(set(table[name]) - allowed)]
    wrong = {
        "no precision": table["precision"].isna() | (table["precision"] < 0),
        "none of value, low and high": table[["value", "low", "high"]].isna().all(axis=1),
        "the same key as another row": table.duplicated(list(KEY), keep=False),
    }
    problems += [f"row {row + 2} has {what}" for what, rows in wrong.items()
                 for row in table.index[rows]]
    if problems:
        raise ValueError("\n".join(f"{path}: {problem}" for problem in problems))
    return table


def read_compared(path: str | Path) -> pd.DataFrame:
    """Read a table of `compare_published`, claims or values, with text kept as text.

    Returns
    -------
    pandas.DataFrame
        Columns of `COMPARED_NUMBERS` are numbers, NaN where empty; of the claims, ``published`` is
        text. All other columns are text, ``""`` where empty.
    """
    header = pd.read_csv(path, nrows=0).columns
    numbers = [name for name in header if name in COMPARED_NUMBERS
               and not (name == "published" and "claim" in header)]
    text = {name: str for name in header if name not in numbers}
    return pd.read_csv(path, dtype=text, keep_default_na=False,
                       na_values={name: [""] for name in numbers})


def rows_of(published: pd.DataFrame, **where: str | float) -> pd.DataFrame:
    """Rows whose columns have the given words or numbers (NaN: an empty cell)."""
    for column, value in where.items():
        cells = published[column]
        published = published[cells.isna() if value != value else cells == value]
    return published
