r"""Ceilings of CKA: what a perfect model of a noisily measured population could reach.

Let F (n_stimuli, n_neuroids) be the noiseless responses, Y = F + E their measured average, and
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
0.

The other rules start from the CKA of trial halves, which the paper divides by (caption of figure
1; its procedure is not published). Over n repetitions HSIC(Y, Y) = HSIC(F, F) (1 + a/n + b/n^2),
a from signal times noise, b from noise times noise. Halves have h repetitions each; of an odd n one
is in neither, but in Y, which changes none of the expectations above. Where b is negligible,
unbiased CKA gives

    attainable     = (1 + a/n)^(-1/2)
    split_half     = (1 + a/h)^(-1)      halves are noisier, and both sides of the CKA are noisy
    spearman_brown = (1 + a/n)^(-1)      noise of the whole, but still on both sides: attainable^2
    square_root    = (1 + a/h)^(-1/2)    noise on one side, but that of a half

where spearman_brown extends c = split_half to k = n / h times the repetitions of a half,

    k c / (1 + (k - 1) c) = k / (1 + a/h + k - 1) = (1 + a/n)^(-1)      for c = (1 + a/h)^(-1),

so that ceiled scores are too high by split_half most, then spearman_brown or square_root.
"""

import numpy as np

from italign.assemblies.halves import (
    drawn_averages,
    extension_factor,
    require_repetitions,
    spearman_brown,
)
from italign.evaluation.similarity import ESTIMATORS, linear_gram, linear_hsic

RULES = ("split_half", "spearman_brown", "square_root", "attainable")


def cka_ceiling(
    responses: np.ndarray, n_splits: int, seed: int, estimator: str, rule: str = "split_half",
    n_drawn: int | None = None,
) -> np.ndarray:
    """Ceiling of CKA by one rule; the default is the paper's.

    Parameters
    ----------
    responses, n_splits, seed, n_drawn
        As `cka_ceilings`.
    estimator : {"biased", "unbiased"}
        Of CKA.
    rule : {"split_half", "spearman_brown", "square_root", "attainable"}
        See `rules_from_hsic`.

    Returns
    -------
    numpy.ndarray, (n_splits,)
        At most 1 but for chance, higher is more reproducible. Divide a raw CKA by the mean.

    Raises
    ------
    ValueError
        If a site has too few repetitions of a stimulus, or a name is unknown.
    """
    for name, known in ((estimator, ESTIMATORS), (rule, RULES)):
        if name not in known:
            raise ValueError(f"{name!r} is not one of {', '.join(known)}")
    ceilings = cka_ceilings(responses, n_splits, seed, n_drawn)
    return ceilings[RULES.index(rule), ESTIMATORS.index(estimator)]


def cka_ceilings(
    responses: np.ndarray, n_splits: int, seed: int, n_drawn: int | None = None
) -> np.ndarray:
    """Ceilings of CKA by all rules and both estimators.

    Parameters
    ----------
    responses : numpy.ndarray, (n_stimuli, n_repetitions, n_neuroids)
        NaN where a repetition is missing; at least two repetitions of each stimulus.
    n_splits : int
        Random splits.
    seed : int
        Of the splits.
    n_drawn : int, optional
        Repetitions drawn per stimulus, anew for every split; all if None.

    Returns
    -------
    numpy.ndarray, (n_rules, n_estimators, n_splits)
        In the order of `RULES` and `ESTIMATORS`. ASSUME: the mean over splits is the ceiling; the
        paper states neither this nor a number of splits.

    Raises
    ------
    ValueError
        If a site has fewer than two, or than `n_drawn`, repetitions of a stimulus.
    """
    factor = ceiling_factor(responses, n_drawn)
    splits = [
        _split_ceilings(*map(linear_gram, averages), factor)
        for averages in drawn_averages(responses, n_splits, seed, n_drawn)
    ]
    return np.stack(splits, axis=-1)


def ceiling_factor(responses: np.ndarray, n_drawn: int | None = None) -> float:
    """`extension_factor` over all stimuli and sites, for the CKA of their halves.

    Parameters
    ----------
    responses, n_drawn
        As `cka_ceilings`.

    Returns
    -------
    float
        2 to 3.

    Raises
    ------
    ValueError
        If a site has fewer than two repetitions of a stimulus.
    """
    require_repetitions(responses)
    if n_drawn is not None:
        return n_drawn / (n_drawn // 2)
    return float(extension_factor(np.isfinite(responses).sum(axis=1).ravel()))


def rules_from_hsic(
    shared: np.ndarray, first: np.ndarray, second: np.ndarray, average: np.ndarray,
    factor: float = 2,
) -> np.ndarray:
    """Ceilings by all rules, from the HSIC of one split.

    Parameters
    ----------
    shared : numpy.ndarray
        HSIC of the two halves' averages, HSIC(Y1, Y2); any shape.
    first, second, average : numpy.ndarray
        HSIC of either half, and of the average over all repetitions, with itself; the same shape.
    factor : float
        How many times a half's repetitions all of them are, as from `ceiling_factor`.

    Returns
    -------
    numpy.ndarray, (n_rules, ...)
        In the order of `RULES`. With c = split_half: spearman_brown is the function of that name of
        c and the factor, square_root = sqrt(max(c, 0)). attainable is 0 where the halves share
        nothing (their HSIC may fall below 0 by chance).
    """
    split_half = shared / np.sqrt(first * second)
    return np.stack([
        split_half,
        spearman_brown(split_half, factor),
        np.sqrt(np.maximum(split_half, 0)),
        np.sqrt(np.maximum(shared, 0) / average),
    ])


def _split_ceilings(gram_first, gram_second, gram_average, factor: float) -> np.ndarray:
    pairs = ((gram_first, gram_second), (gram_first, gram_first), (gram_second, gram_second),
             (gram_average, gram_average))
    return rules_from_hsic(*np.array([
        [linear_hsic(*pair, estimator) for estimator in ESTIMATORS] for pair in pairs
    ]), factor)
