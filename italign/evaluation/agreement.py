"""Pearson agreement of patterns of model and people, over random halves of the trials."""

from collections.abc import Sequence

import numpy as np

ROUNDING = 1e-12  # d' that differ by less are equal: patterns are differences of quantiles


def pearson(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson r over the cells that both have.

    Parameters
    ----------
    one, other : numpy.ndarray
        Patterns of one shape, NaN where unknown.

    Returns
    -------
    float
        In [-1, 1]; NaN where one of them does not vary.
    """
    known = ~np.isnan(one) & ~np.isnan(other)
    one, other = one[known], other[known]
    if not _varies(one) or not _varies(other):
        return np.nan
    return float(np.corrcoef(one, other)[0, 1])


def over_repetitions(raw: np.ndarray, ceiling: np.ndarray) -> tuple[float, float, float]:
    """Mean raw, mean ceiling and mean of raw / sqrt(ceiling) of each repetition.

    Parameters
    ----------
    raw, ceiling : numpy.ndarray, (n_repetitions,)
        Pearson r of model and first half of people, and of the two halves.

    Returns
    -------
    tuple of float
        Raw and ceiling in [-1, 1]; ceiled, about 1 for a model as good as people, is NaN unless
        every ceiling is above 0.
    """
    ceiled = raw / np.sqrt(np.where(ceiling > 0, ceiling, np.nan))
    return float(raw.mean()), float(ceiling.mean()), float(ceiled.mean())


def half_ceilings(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> np.ndarray:
    """Pearson r of the two halves of people in each division, (n_repetitions,).

    Parameters
    ----------
    first, second : sequence of numpy.ndarray
        Patterns of both halves in each division.

    Returns
    -------
    numpy.ndarray, (n_repetitions,)
        In [-1, 1]; NaN where the halves share no cells.

    Raises
    ------
    ValueError
        If the pattern of a first half, with which models are compared, does not vary.
    """
    for pattern in first:
        check_people(pattern)
    return np.array([pearson(*halves) for halves in zip(second, first, strict=True)])


def check_people(people: np.ndarray) -> None:
    """Refuse a pattern of people that does not vary."""
    known = people[~np.isnan(people)]
    if not _varies(known):
        raise ValueError(f"people's pattern has {known.size} values that do not differ, expected "
                         "several responses to each image and distractor: collect more")


def _varies(values: np.ndarray) -> bool:
    return bool(values.size) and np.ptp(values) > ROUNDING
