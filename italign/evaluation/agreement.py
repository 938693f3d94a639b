"""Pearson agreement of patterns of model and people, over random halves of the trials."""

import numpy as np


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
    if not known.any() or not np.ptp(one) or not np.ptp(other):
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


def check_model(model: np.ndarray, people: np.ndarray) -> None:
    """Refuse a model's pattern that is unknown where people's is known."""
    known = ~np.isnan(people)
    n_missing = int(np.isnan(model[known]).sum())
    if n_missing:
        raise ValueError(f"{n_missing} of {known.sum()} (image, distractor) cells that people "
                         "answered have no model value, expected a probability for every category "
                         "offered: give the decoder all categories of the set")


def check_people(people: np.ndarray) -> None:
    """Refuse a pattern of people that does not vary."""
    known = people[~np.isnan(people)]
    if not known.size or not np.ptp(known):
        raise ValueError(f"people's {known.size} (image, distractor) cells do not differ within "
                         "categories, expected several responses to each: collect more")
