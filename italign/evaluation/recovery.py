"""How well ceilings recover the noiseless CKA where it was planted (validation only)."""

from collections.abc import Callable

import numpy as np

from italign.assemblies.ceilings import attainable_from_grams
from italign.assemblies.halves import half_averages
from italign.evaluation.similarity import cka_from_grams, linear_gram

N_GROUPS = 20  # of the jackknife
N_SPLITS = 20  # trial halves behind a standard error
N_POPULATIONS = 200  # independent Gaussian ones, for the chance level


def grouped_jackknife(
    statistic: Callable[[np.ndarray], np.ndarray], n_items: int, n_groups: int, seed: int
) -> np.ndarray:
    """Standard error of a statistic by leaving out one random group of items at a time.

    A bootstrap would show the same stimulus twice; such pairs have no noise between them, which
    raises unbiased CKA. Leaving out never duplicates.

    Parameters
    ----------
    statistic : callable
        Indices of the kept items -> array of any shape.
    n_items : int
        Items (stimuli); the unit of resampling.
    n_groups : int
        At least 2 and at most `n_items`; `n_items` is the delete-one jackknife.
    seed : int
        Of the grouping.

    Returns
    -------
    numpy.ndarray
        Standard errors, shaped like the statistic.

    Raises
    ------
    ValueError
        If there are fewer than 2 groups or fewer items than groups.
    """
    if not 2 <= n_groups <= n_items:
        raise ValueError(f"{n_groups} groups of {n_items} items, expected at least 2 groups and an "
                         "item in each")
    order = np.random.default_rng(seed).permutation(n_items)
    left_out = np.array([
        statistic(np.setdiff1d(order, group)) for group in np.array_split(order, n_groups)
    ])
    return np.sqrt((n_groups - 1) * left_out.var(axis=0))


def recover_cka(
    model: np.ndarray, noiseless: np.ndarray, responses: np.ndarray, estimator: str, seed: int
) -> dict[str, float]:
    """CKA of a model with noiseless and measured responses, and what the ceilings make of it.

    Ceilings, and with them the standard errors, rest on `N_SPLITS` trial halves; the jackknife
    repeats all of them per group. More halves leave the standard errors as they are, which the
    stimuli dominate; for an estimate to report, use the ceiling file's splits.

    Parameters
    ----------
    model : numpy.ndarray, (n_stimuli, n_features)
        Features.
    noiseless : numpy.ndarray, (n_stimuli, n_neuroids)
        Planted responses.
    responses : numpy.ndarray, (n_stimuli, n_repetitions, n_neuroids)
        Measured responses, NaN where a repetition is missing.
    estimator : {"biased", "unbiased"}
        Of CKA.
    seed : int
        Of trial halves and of the jackknife's groups.

    Returns
    -------
    dict of str to float
        ``cka_noiseless``, ``raw``, ``ceiled_split_half``, ``ceiled_attainable`` and, each with the
        suffix ``_se``, their standard errors over stimuli; ``error_split_half_se`` and
        ``error_attainable_se`` are those of ceiled minus noiseless.
    """
    average = np.nanmean(responses, axis=1, dtype=np.float64)
    grams = [linear_gram(features) for features in (model, noiseless, average)]
    halves = [tuple(map(linear_gram, pair)) for pair in half_averages(responses, N_SPLITS, seed)]
    everything = np.arange(len(model))
    values = _recovered(grams, halves, everything, estimator)
    errors = grouped_jackknife(
        lambda kept: np.array(list(_recovered(grams, halves, kept, estimator).values())),
        len(model), N_GROUPS, seed,
    )
    return values | {f"{name}_se": float(e) for name, e in zip(values, errors, strict=True)}


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


def _recovered(grams, halves, kept, estimator) -> dict[str, float]:
    model, noiseless, average = (_subset(gram, kept) for gram in grams)
    pairs = [(_subset(first, kept), _subset(second, kept)) for first, second in halves]
    truth = cka_from_grams(model, noiseless, estimator)
    raw = cka_from_grams(model, average, estimator)
    split_half = np.mean([cka_from_grams(*pair, estimator) for pair in pairs])
    attainable = np.mean([attainable_from_grams(*pair, average, estimator) for pair in pairs])
    return {
        "cka_noiseless": float(truth),
        "raw": float(raw),
        "ceiled_split_half": float(raw / split_half),
        "ceiled_attainable": float(raw / attainable),
        "error_split_half": float(raw / split_half - truth),
        "error_attainable": float(raw / attainable - truth),
    }


def _subset(gram: np.ndarray, kept: np.ndarray) -> np.ndarray:
    return gram[np.ix_(kept, kept)]
