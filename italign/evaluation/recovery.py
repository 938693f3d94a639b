"""How well ceilings recover the noiseless CKA where it was planted (validation only)."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from italign.assemblies.ceilings import RULES, ceiling_factor, rules_from_hsic
from italign.assemblies.halves import drawn_averages
from italign.evaluation.similarity import ESTIMATORS, cka_from_grams, linear_gram
from italign.evaluation.subsets import subset_gram, subset_hsic

N_GROUPS = 20  # of the jackknife
N_POPULATIONS = 200  # independent Gaussian ones, for the chance level


def grouped_jackknife(
    statistic: Callable[[np.ndarray], np.ndarray], n_items: int, n_groups: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give a statistic and its standard error by leaving out one random group of items at a time.

    A bootstrap would show the same stimulus twice; such pairs have no noise between them, which
    raises unbiased CKA. Leaving out never duplicates.

    Parameters
    ----------
    statistic : callable
        Which items are kept, bool (n_subsets, n_items) -> values (..., n_subsets).
    n_items : int
        Items (stimuli); the unit of resampling.
    n_groups : int
        At least 2 and at most `n_items`; `n_items` is the delete-one jackknife.
    seed : int
        Of the grouping.

    Returns
    -------
    value, standard_error : numpy.ndarray, (...)
        Of all items.

    Raises
    ------
    ValueError
        If there are fewer than 2 groups or fewer items than groups.
    """
    if not 2 <= n_groups <= n_items:
        raise ValueError(f"{n_groups} groups of {n_items} items, expected at least 2 groups and an "
                         "item in each")
    order = np.random.default_rng(seed).permutation(n_items)
    kept = np.ones((1 + n_groups, n_items), bool)  # all of them, then one group less
    for row, group in enumerate(np.array_split(order, n_groups), start=1):
        kept[row, group] = False
    values = statistic(kept)
    return values[..., 0], np.sqrt((n_groups - 1) * values[..., 1:].var(axis=-1))


def recover_cka(
    model: np.ndarray, noiseless: np.ndarray, responses: np.ndarray, n_splits: int, seed: int,
    n_drawn: int | None = None,
) -> pd.DataFrame:
    """CKA of a model with noiseless and measured responses, and what the ceilings make of it.

    Parameters
    ----------
    model : numpy.ndarray, (n_stimuli, n_features)
        Features.
    noiseless : numpy.ndarray, (n_stimuli, n_neuroids)
        Planted responses.
    responses : numpy.ndarray, (n_stimuli, n_repetitions, n_neuroids)
        Measured responses, NaN where a repetition is missing.
    n_splits : int
        Random trial halves behind ceilings and, if repetitions are drawn, behind the raw CKA.
    seed : int
        Of trial halves and of the jackknife's groups.
    n_drawn : int, optional
        Repetitions drawn per stimulus, anew for every split; all if None.

    Returns
    -------
    pandas.DataFrame
        One row per estimator and rule: noiseless (CKA with the planted responses), raw (with the
        average over the repetitions drawn), ceiling, ceiled (raw / ceiling) and error (ceiled minus
        noiseless); each with the suffix ``_se`` the standard error over stimuli, by a jackknife of
        `N_GROUPS` groups that repeats every split.

    Raises
    ------
    ValueError
        If a site has fewer than two, or than `n_drawn`, repetitions of a stimulus.
    """
    fixed = [linear_gram(features) for features in (model, noiseless)]
    drawn = [tuple(map(linear_gram, averages))
             for averages in drawn_averages(responses, n_splits, seed, n_drawn)]
    factor = ceiling_factor(responses, n_drawn)
    values, errors = grouped_jackknife(
        lambda kept: _recovered(fixed, drawn, kept, factor), len(model), N_GROUPS, seed
    )
    index = pd.MultiIndex.from_product([RULES, ESTIMATORS], names=["rule", "estimator"])
    names = ("noiseless", "raw", "ceiling", "ceiled", "error")
    columns = {name: value.ravel() for name, value in zip(names, values, strict=True)}
    columns |= {f"{name}_se": error.ravel() for name, error in zip(names, errors, strict=True)}
    return pd.DataFrame(columns, index).reset_index()


def chance_cka(responses: np.ndarray, estimator: str, seed: int) -> tuple[float, float]:
    """CKA of responses with independent Gaussian populations of the same shape.

    Parameters
    ----------
    responses : numpy.ndarray, (n_stimuli, n_neuroids)
        Averages over trials.
    estimator : {"biased", "unbiased"}
        Of CKA.
    seed : int
        Of the populations.

    Returns
    -------
    tuple of float
        Mean over `N_POPULATIONS` populations (about 0 if unbiased, the chance level if biased) and
        the standard error of that mean.
    """
    rng = np.random.default_rng(seed)
    gram = linear_gram(responses)
    values = [
        cka_from_grams(gram, linear_gram(rng.standard_normal(responses.shape)), estimator)
        for _ in range(N_POPULATIONS)
    ]
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(N_POPULATIONS))


def _recovered(fixed: list, drawn: list, kept: np.ndarray, factor: float) -> np.ndarray:
    """Noiseless, raw, ceiling, ceiled, error: (5, n_rules, n_estimators, n_subsets)."""
    model, noiseless = (subset_gram(gram, kept) for gram in fixed)
    model_variance = subset_hsic(model, model)
    truth = _cka(subset_hsic(model, noiseless), model_variance, subset_hsic(noiseless, noiseless))
    raw, ceiling = 0.0, 0.0
    for grams in drawn:
        first, second, average = (subset_gram(gram, kept) for gram in grams)
        variance = subset_hsic(average, average)
        raw += _cka(subset_hsic(model, average), model_variance, variance) / len(drawn)
        ceiling += rules_from_hsic(subset_hsic(first, second), subset_hsic(first, first),
                                   subset_hsic(second, second), variance, factor) / len(drawn)
    ceiled = raw / ceiling
    return np.stack([np.broadcast_to(values, ceiling.shape)
                     for values in (truth, raw, ceiling, ceiled, ceiled - truth)])


def _cka(shared: np.ndarray, variance_x: np.ndarray, variance_y: np.ndarray) -> np.ndarray:
    return shared / np.sqrt(variance_x * variance_y)
