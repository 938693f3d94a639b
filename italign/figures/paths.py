"""Inputs of a rule as a script gets them: one path as a word, several as a list."""

from collections.abc import Sequence
from pathlib import Path


def listed(given: Sequence[str] | str) -> list[str]:
    """Paths as a list, however many there are."""
    return [given] if isinstance(given, str) else list(given)


def by_stem(given: Sequence[str] | str) -> dict[str, str]:
    """Paths by file name without suffix, which is the name of a figure or caption."""
    return {Path(path).stem: path for path in listed(given)}
