"""Licences of data that are not plainly free, shown once before they are first used."""

import logging
import re
import sys
from pathlib import Path

from italign.resources.registry import Dataset

MARKER = ".licences-shown"  # beside the fetched files: gone with them
FREE = re.compile(r"(MIT|BSD|Apache|CC0|L?GPL|CC BY(?!-N))\b")  # NC, ND: not free


def is_free(licence: str) -> bool:
    """Say whether anyone may use and pass on what has this licence.

    Parameters
    ----------
    licence : str
        As in the registry; several are separated by semicolons and all count.

    Returns
    -------
    bool
        False for what is not stated, for research terms and for licences with NC or ND.
    """
    return all(FREE.match(part.strip()) for part in licence.split(";"))


def show_licence(dataset: Dataset, here: Path) -> None:
    """Log licence and citation; if not free, show them on the console, once per folder.

    Parameters
    ----------
    dataset : Dataset
        About to be taken.
    here : Path
        Where fetched files lie.
    """
    logging.info("%s: licence %s; cite %s", dataset.filename, dataset.licence, dataset.citation)
    marker = here / MARKER
    shown = marker.read_text(encoding="utf-8").splitlines() if marker.exists() else []
    if is_free(dataset.licence) or dataset.name in shown:
        return
    # A job's own stderr goes to its log; this is for whoever sits before the console.
    print(f"licence of {dataset.name} ({dataset.filename}): {dataset.licence}; cite "
          f"{dataset.citation}; ask before you pass it on", file=sys.__stderr__, flush=True)
    here.mkdir(parents=True, exist_ok=True)
    with marker.open("a", encoding="utf-8") as handle:
        handle.write(f"{dataset.name}\n")
