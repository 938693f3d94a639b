"""Similarity of a cohort to one held-out animal, with what images and their order contribute.

CKA of every run at its last checkpoint, by both estimators, on all test images and on those that
are apart from the training images; the spread that sampling other images would give (half-samples,
see `half_samples`); and the CKA of the same matrices when the order of the images is shuffled.
"""

from dataclasses import dataclass

import numpy as np

from italign.evaluation.centring import double_centred
from italign.evaluation.half_samples import half_samples
from italign.evaluation.subsets import (
    centred_hsic,
    cka_ratio,
    gram_hsic,
    subset_cka,
    subset_gram,
    subset_hsic,
)

IMAGES = ("all", "apart")
LEAST_IMAGES = 16  # half of those apart still has the 4 of unbiased CKA
ORDERS_AT_ONCE = 16


@dataclass(frozen=True)
class Similarity:
    """CKA of every run with one animal and set, or the mean over several.

    Parameters
    ----------
    animal, stimulus_set : str
        Names; ``mean`` of several.
    n_images : tuple of int
        For each of `IMAGES`.
    value, chance : numpy.ndarray, (n_estimators, n_image_choices, n_runs)
        CKA, and its mean over all orders of the images.
    spread : numpy.ndarray, (n_estimators, n_image_choices, n_runs, n_resamples)
        What other images would add to the value: deviations of half-samples from their mean. The
        halves are the same for all runs, so that differences between runs keep what they share.
    shuffled : numpy.ndarray, (n_estimators, n_image_choices, n_runs, n_permutations)
        CKA with the animal's images in random orders, the same for all runs.
    """

    animal: str
    stimulus_set: str
    n_images: tuple[int, int]
    value: np.ndarray
    chance: np.ndarray
    spread: np.ndarray
    shuffled: np.ndarray


def similarity_of(grams: np.ndarray, brain: np.ndarray, is_apart: np.ndarray, names: dict,
                  n_resamples: int, n_permutations: int, seed: int) -> Similarity:
    """Compare a cohort with one animal and set.

    Parameters
    ----------
    grams : numpy.ndarray, (n_runs, n_images, n_images)
        Of every run, in any precision; centred or not.
    brain : numpy.ndarray, (n_images, n_images)
        Of the animal, from `similarity.linear_gram`.
    is_apart : numpy.ndarray of bool, (n_images,)
        Images that are left when those most like the training images go.
    names : dict
        ``animal`` and ``stimulus_set``.
    n_resamples, n_permutations, seed : int
        Half-samples, orders of the images, and the seed of both; the same for all animals of a set,
        so that the images that they share are drawn together.

    Raises
    ------
    ValueError
        If fewer than 16 images are apart.
    """
    choices = np.ones(len(brain), dtype=bool), is_apart
    if choices[1].sum() < LEAST_IMAGES:
        raise ValueError(f"{names['animal']}, {names['stimulus_set']}: {choices[1].sum()} of "
                         f"{len(brain)} images are apart from the training images, expected at "
                         f"least {LEAST_IMAGES}: lower evaluation.generalisation.apart_fraction")
    parts = [_part(grams, brain, rows, n_resamples, n_permutations, seed) for rows in choices]
    stacked = [np.stack(found, axis=1) for found in zip(*parts, strict=True)]
    return Similarity(**names, n_images=tuple(int(rows.sum()) for rows in choices),
                      **dict(zip(("value", "chance", "spread", "shuffled"), stacked, strict=True)))


def mean_similarity(similarities: list[Similarity]) -> Similarity:
    """Mean over animals and sets, run by run, resample by resample."""
    means = {name: np.mean([getattr(one, name) for one in similarities], axis=0)
             for name in ("value", "chance", "spread", "shuffled")}
    sizes = {one.stimulus_set: one.n_images for one in similarities}  # animals share images
    n_images = tuple(int(n) for n in np.sum(list(sizes.values()), axis=0))
    return Similarity("mean", "mean", n_images, **means)


def _part(grams, brain, rows, n_resamples, n_permutations, seed) -> tuple[np.ndarray, ...]:
    """Value, chance, spread and shuffled CKA over some of the images, estimators first."""
    brain = double_centred(brain[np.ix_(rows, rows)])
    grams = np.stack([double_centred(gram[np.ix_(rows, rows)]) for gram in grams])
    own = gram_hsic(brain, brain)[:, None]
    hsic = np.stack([_with_itself_and(gram.astype(np.float64), brain) for gram in grams], axis=-1)
    variances, value = hsic[0], cka_ratio(hsic[1], hsic[0], own)
    # As of `chance.biased_cka_chance`; the unbiased estimator's is 0.
    traces = np.trace(grams, axis1=1, axis2=2) * np.trace(brain)
    norms = np.linalg.norm(grams, axis=(1, 2)) * np.linalg.norm(brain)
    chance = np.stack([traces / ((len(brain) - 1) * norms), np.zeros(len(grams))])
    spread = half_spread(grams, brain, n_resamples, seed)
    orders = np.random.default_rng(seed).permuted(
        np.tile(np.arange(len(brain)), (n_permutations, 1)), axis=1)
    shuffled = cka_ratio(shuffled_hsic(grams, brain, orders), variances[..., None], own[..., None])
    return value, chance, spread, shuffled


def _with_itself_and(gram: np.ndarray, brain: np.ndarray) -> np.ndarray:
    """HSIC with itself and with the brain, (2, n_estimators)."""
    return np.stack([gram_hsic(gram, gram), gram_hsic(gram, brain)])


def half_spread(grams: np.ndarray, brain: np.ndarray, n_resamples: int, seed: int) -> np.ndarray:
    """Deviations of CKA in random halves of the images, scaled to samples of all images.

    Parameters
    ----------
    grams, brain : numpy.ndarray, (n_runs, n_images, n_images) and (n_images, n_images)
        Gram matrices.
    n_resamples, seed : int
        Of the halves.

    Returns
    -------
    numpy.ndarray, (n_estimators, n_runs, n_resamples)
        NaN where CKA is undefined in some half.
    """
    n = len(brain)
    kept = subset_gram(brain, half_samples(n, n_resamples, seed))
    variance = subset_hsic(kept, kept)
    halves = np.stack([subset_cka(subset_gram(gram.astype(np.float64), kept.kept), kept, variance)
                       for gram in grams], axis=1)
    scale = np.sqrt((n // 2) / (n - n // 2))
    return scale * (halves - halves.mean(-1, keepdims=True))


def shuffled_hsic(grams: np.ndarray, brain: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """HSIC of every run with a brain whose images are in other orders.

    Parameters
    ----------
    grams : numpy.ndarray, (n_runs, n_images, n_images)
        Rows sum to 0; their precision is that of the products.
    brain : numpy.ndarray, (n_images, n_images)
        Rows sum to 0.
    orders : numpy.ndarray of int, (n_orders, n_images)
        Permutations.

    Returns
    -------
    numpy.ndarray, (n_estimators, n_runs, n_orders)
        As `similarity.linear_hsic` of grams and brain[order][:, order].
    """
    n_runs, n = grams.shape[:2]
    flat, brain = grams.reshape(n_runs, n * n), brain.astype(grams.dtype)
    inner = np.empty((n_runs, len(orders)))
    for start in range(0, len(orders), ORDERS_AT_ONCE):
        chunk = orders[start : start + ORDERS_AT_ONCE]
        moved = np.stack([brain[order][:, order].ravel() for order in chunk])
        inner[:, start : start + len(chunk)] = flat @ moved.T
    diagonals = np.diagonal(grams, axis1=1, axis2=2) @ brain.diagonal()[orders].T
    traces = np.trace(grams, axis1=1, axis2=2)[:, None] * np.trace(brain)
    return centred_hsic(inner, diagonals, np.broadcast_to(traces, inner.shape), n)


def p_value(value: float, null: np.ndarray) -> float:
    """Share of a null distribution that is at least as high, the value itself counted in.

    One-sided: CKA below chance is no similarity. Never 0 (Phipson and Smyth 2010).
    """
    return float((1 + np.sum(null >= value)) / (1 + len(null)))
