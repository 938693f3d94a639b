"""HSIC of many subsets of the stimuli at once, for jackknives of CKA."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SubsetGram:
    """A Gram matrix with its sums over subsets of the stimuli.

    Parameters
    ----------
    off_diagonal : numpy.ndarray, (n_stimuli, n_stimuli)
        The matrix with zeros on its diagonal.
    diagonal : numpy.ndarray, (n_stimuli,)
        The diagonal.
    kept : numpy.ndarray, (n_subsets, n_stimuli)
        1 where a stimulus belongs to the subset, otherwise 0.
    row_sums : numpy.ndarray, (n_subsets, n_stimuli)
        Sums over each row of the subset's part of `off_diagonal`; 0 outside of it.
    """

    off_diagonal: np.ndarray
    diagonal: np.ndarray
    kept: np.ndarray
    row_sums: np.ndarray


def subset_gram(gram: np.ndarray, kept: np.ndarray) -> SubsetGram:
    """Prepare a Gram matrix for `subset_hsic`.

    Parameters
    ----------
    gram : numpy.ndarray, (n_stimuli, n_stimuli)
        From `similarity.linear_gram`, over all stimuli.
    kept : numpy.ndarray, (n_subsets, n_stimuli)
        Which stimuli belong to each subset; at least four.
    """
    kept = kept.astype(np.float64)
    off_diagonal = gram.copy()
    np.fill_diagonal(off_diagonal, 0)
    return SubsetGram(off_diagonal, gram.diagonal(), kept, (kept @ off_diagonal) * kept)


def subset_hsic(x: SubsetGram, y: SubsetGram) -> np.ndarray:
    """HSIC of two Gram matrices over every subset, by both estimators.

    The same as `similarity.linear_hsic` of the submatrices, from sums instead of centred matrices:
    with n stimuli, s the sum of K L, r and t row sums,

        biased:   (s - 2 r.t / n + sum(r) sum(t) / n^2) / (n - 1)^2
        unbiased: (s + sum(r) sum(t) / ((n - 1) (n - 2)) - 2 r.t / (n - 2)) / (n (n - 3))

    the latter without diagonals (Song et al. 2012, equation 5).

    Parameters
    ----------
    x, y : SubsetGram
        Of the same subsets.

    Returns
    -------
    numpy.ndarray, (n_estimators, n_subsets)
        In the order of `similarity.ESTIMATORS`.
    """
    n = x.kept.sum(axis=1)
    product = ((x.kept @ (x.off_diagonal * y.off_diagonal)) * x.kept).sum(axis=1)
    unbiased = product + _totals(x.row_sums, y.row_sums) / ((n - 1) * (n - 2))
    unbiased -= 2 * (x.row_sums * y.row_sums).sum(axis=1) / (n - 2)
    rows_x, rows_y = (gram.row_sums + gram.diagonal * gram.kept for gram in (x, y))
    biased = product + x.kept @ (x.diagonal * y.diagonal) + _totals(rows_x, rows_y) / n**2
    biased -= 2 * (rows_x * rows_y).sum(axis=1) / n
    return np.stack([biased / (n - 1) ** 2, unbiased / (n * (n - 3))])


def _totals(rows_x: np.ndarray, rows_y: np.ndarray) -> np.ndarray:
    return rows_x.sum(axis=1) * rows_y.sum(axis=1)
