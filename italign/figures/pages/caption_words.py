"""What a caption's template may name: config, claims as text, rows of the figure's table."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from italign.figures.similarity_words import axes_sentence, axis_words, similarity_sentence

ABSENT = "not in this cohort"


def caption_variables(config: Mapping, name: str, entry: Mapping,
                      statistics: pd.DataFrame | None, table: pd.DataFrame | None) -> dict:
    """Collect what a template may name.

    Parameters
    ----------
    config : mapping
        The whole merged config.
    name : str
        Of the figure, e.g. ``figure_3a``.
    entry : mapping
        Its ``label``, ``panel`` (entry of config.figures, or None) and ``source``.
    statistics : pandas.DataFrame or None
        As written by `summarise_cohort`; None in a world without models.
    table : pandas.DataFrame or None
        The figure's own numbers.

    Returns
    -------
    dict
        config, figure, label, panel, source; ``seeds_words``, how many seeds train (``2 seeds``),
        if the config trains any; ``region`` of the brains, ``similarity`` (what it is), ``axes``
        (what it is the mean of), ``held_out`` (every held-out animal times its set); the functions
        ``axes_of`` (those of a set), ``counted``, ``claim`` and ``rows``.
    """
    seeds = config.get("training", {}).get("seeds")
    return {"config": config, "figure": name,
            **{key: entry[key] for key in ("label", "panel", "source")},
            **({"seeds_words": counted(len(seeds), "seed")} if seeds else {}),
            **(_similarity(config) if "assemblies" in config else {}),
            "counted": counted, "claim": _claims(statistics), "rows": _rows(name, table)}


def _similarity(config: Mapping) -> dict:
    sets = [axis["set"] for axis in config["assemblies"]["held_out"]]
    words = [axis_words(axis, config) for axis in config["assemblies"]["held_out"]]
    return {"region": config["assemblies"]["region"], "axes": axes_sentence(config),
            "held_out": ", ".join(words),
            "axes_of": lambda shown: ", ".join(words[i] for i, name in enumerate(sets)
                                               if name == shown),
            "similarity": similarity_sentence(config["evaluation"]["headline"])}


def counted(number: float, word: str) -> str:
    """Write a number with the word for what it counts: ``1 seed``, ``2 seeds``."""
    return f"{number:.0f} {word}" if number == 1 else f"{number:.0f} {word}s"


def _claims(statistics: pd.DataFrame | None) -> Callable[..., str]:
    def claim(name: str, **columns: str | float) -> str:
        if statistics is None:
            return ABSENT
        found = statistics[statistics["name"] == name]
        for column, value in columns.items():
            found = found[found[column] == value]
        if len(found) > 1:
            differ = [key for key in found if found[key].nunique() > 1 and key not in columns]
            raise ValueError(f"{len(found)} claims {name!r} {columns or ''}, expected one; they "
                             f"differ in {differ}: name one of these in the template")
        return claim_words(found.iloc[0]) if len(found) else ABSENT

    return claim


def _rows(name: str, table: pd.DataFrame | None) -> Callable[..., list[dict]]:
    def rows(mark: str | None = None) -> list[dict]:
        if table is None:
            raise ValueError(f"{name} has no table, so its caption cannot count rows: "
                             "take rows() out of its template")
        if mark is not None and "mark" not in table:
            raise ValueError(f"{name}.csv has no column mark, so its caption cannot ask for rows "
                             f"{mark!r}; found {list(table.columns)}")
        chosen = table if mark is None else table[table["mark"] == mark]
        return chosen.astype(object).where(chosen.notna(), None).to_dict("records")

    return rows


def claim_words(row: pd.Series) -> str:
    """Write a claim as ``0.89 [0.75, 0.97], n = 14``, with what its note says of it.

    Parameters
    ----------
    row : pandas.Series
        estimate, low, high, n, note.

    Returns
    -------
    str
        Two decimals, or three if the estimate is smaller than 0.1.
    """
    note = f" ({row['note']})" if row["note"] else ""
    if np.isnan(row["estimate"]):
        return f"none{note}, n = {row['n']:.0f}"
    decimals = 2 if abs(row["estimate"]) >= 0.1 else 3
    number, low, high = (f"{row[key]:.{decimals}f}" for key in ("estimate", "low", "high"))
    interval = "" if np.isnan(row["low"]) else f" [{low}, {high}]"
    return f"{number}{interval}, n = {row['n']:.0f}{note}"
