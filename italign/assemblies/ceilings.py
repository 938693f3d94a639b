r"""Ceilings of CKA: what a perfect model of a noisily measured population could reach.

Let F (n_stimuli, n_sites) be the noiseless responses, Y = F + E their measured average, and
Y1 = F + E1, Y2 = F + E2 averages over two halves of the trials. Assume only that the noise has mean
zero and is independent between stimuli and between trials; it may be correlated between sites and
have any size. Off the diagonal, the expected Gram matrix of Y is then that of F, and the expected
product of the Gram matrices of Y1 and Y2 is that of F with itself. Unbiased HSIC uses nothing else:

    E HSIC(X, Y) = HSIC(X, F) for any model X,        E HSIC(Y1, Y2) = HSIC(F, F).

Hence the CKA of the noiseless population with the measured average is

    attainable = sqrt(HSIC(Y1, Y2) / HSIC(Y, Y))

and   CKA(X, Y) / attainable = HSIC(X, Y) / sqrt(HSIC(X, X) HSIC(Y1, Y2))  estimates  CKA(X, F)

without any Spearman-Brown assumption. With the biased estimator the noise stays on the diagonals,
and the ratio falls low as noise grows; with the unbiased one it is unstable once attainable nears
0. The paper divides by the CKA of trial halves (caption of figure 1),
which is lower than what a perfect model reaches against the average over all trials.
"""

import numpy as np

from italign.assemblies.halves import half_averages, require_repetitions
from italign.evaluation.similarity import linear_cka, linear_gram, linear_hsic


def cka_ceiling(responses: np.ndarray, n_splits: int, seed: int, estimator: str) -> np.ndarray:
    """CKA of the averages over random halves of the trials, the paper's ceiling.

    Parameters
    ----------
    responses : numpy.ndarray, (n_stimuli, n_repetitions, n_neuroids)
        NaN where a repetition is missing; at least two repetitions of each stimulus.
    n_splits : int
        Random splits.
    seed : int
        Of the splits.
    estimator : {"biased", "unbiased"}
        Of CKA.

    Returns
    -------
    numpy.ndarray, (n_splits,)
        At most 1, higher is more reproducible. ASSUME: no Spearman-Brown correction, and the mean
        over splits is the ceiling; the paper states neither.

    Raises
    ------
    ValueError
        If a site has fewer than two repetitions of a stimulus.
    """
    splits = half_averages(responses, n_splits, seed)
    return np.array([linear_cka(first, second, estimator) for first, second in splits])


def attainable_ceiling(
    responses: np.ndarray, n_splits: int, seed: int, estimator: str
) -> np.ndarray:
    """CKA that the noiseless population would reach with the average over all trials.

    Parameters
    ----------
    responses, n_splits, seed, estimator
        As `cka_ceiling`. Unbiased estimates need ``estimator="unbiased"`` (see the module).

    Returns
    -------
    numpy.ndarray, (n_splits,)
        0 or more; around 1 for noiseless data. Divide a raw CKA by the mean.

    Raises
    ------
    ValueError
        If a site has fewer than two repetitions of a stimulus.
    """
    require_repetitions(responses)
    gram_all = linear_gram(np.nanmean(responses, axis=1, dtype=np.float64))
    splits = half_averages(responses, n_splits, seed)
    return np.array([
        attainable_from_grams(linear_gram(first), linear_gram(second), gram_all, estimator)
        for first, second in splits
    ])


def attainable_from_grams(
    gram_first: np.ndarray, gram_second: np.ndarray, gram_all: np.ndarray, estimator: str
) -> float:
    """Attainable CKA of one split: sqrt(HSIC(half 1, half 2) / HSIC(all, all)).

    Parameters
    ----------
    gram_first, gram_second, gram_all : numpy.ndarray, (n_stimuli, n_stimuli)
        Gram matrices of the two halves' averages and of the average over all trials.
    estimator : {"biased", "unbiased"}
        Of HSIC.

    Returns
    -------
    float
        0 where the halves share nothing (their HSIC may fall below 0 by chance).
    """
    shared = linear_hsic(gram_first, gram_second, estimator)
    return float(np.sqrt(max(shared, 0.0) / linear_hsic(gram_all, gram_all, estimator)))
