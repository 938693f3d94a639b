"""HSIC and CKA of many subsets of the stimuli, or of the sites, at once."""

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


def subset_cka(x: SubsetGram, y: SubsetGram, variance_y: np.ndarray) -> np.ndarray:
    """CKA over every subset of the stimuli, by both estimators.

    Parameters
    ----------
    x, y : SubsetGram
        Of the same subsets.
    variance_y : numpy.ndarray, (n_estimators, n_subsets)
        ``subset_hsic(y, y)``, which does not change between models.

    Returns
    -------
    numpy.ndarray, (n_estimators, n_subsets)
        As `similarity.linear_cka`; NaN where a side has no variance above 0 in a subset.
    """
    return cka_ratio(subset_hsic(x, y), subset_hsic(x, x), variance_y)


def centred_hsic(inner, diagonals, traces, n_stimuli: int) -> np.ndarray:
    """HSIC of Gram matrices K, L whose rows sum to 0, by both estimators.

    Without their diagonals k, l the rows of such matrices sum to -k and -l, so that

        biased:   <K, L> / (n - 1)^2
        unbiased: (<K, L> - n / (n - 2) k . l + tr K tr L / ((n - 1) (n - 2))) / (n (n - 3))

    Parameters
    ----------
    inner, diagonals, traces : float or numpy.ndarray, any shape
        <K, L>, k . l and tr K tr L.
    n_stimuli : int
        At least 4.

    Returns
    -------
    numpy.ndarray, (n_estimators, ...)
        As `similarity.linear_hsic`.
    """
    n = n_stimuli
    unbiased = inner - n / (n - 2) * diagonals + traces / ((n - 1) * (n - 2))
    return np.stack([inner / (n - 1) ** 2, unbiased / (n * (n - 3))])


def gram_hsic(gram_x: np.ndarray, gram_y: np.ndarray) -> np.ndarray:
    """HSIC of two Gram matrices from `similarity.linear_gram`, (n_estimators,)."""
    diagonals = gram_x.diagonal() @ gram_y.diagonal()
    traces = gram_x.trace() * gram_y.trace()
    return centred_hsic(np.vdot(gram_x, gram_y), diagonals, traces, len(gram_x))


@dataclass(frozen=True)
class SiteSubsets:
    """Responses of sites with what CKA needs of subsets of the sites.

    Parameters
    ----------
    centred : numpy.ndarray, (n_stimuli, n_sites)
        Responses less their mean over stimuli.
    kept : numpy.ndarray, float (n_subsets, n_sites)
        1 where a site belongs to the subset, otherwise 0.
    variance : numpy.ndarray, (n_estimators, n_subsets)
        HSIC of every subset's Gram matrix with itself.
    """

    centred: np.ndarray
    kept: np.ndarray
    variance: np.ndarray


def site_subsets(responses: np.ndarray, kept: np.ndarray) -> SiteSubsets:
    """Prepare responses for `site_subset_cka`.

    The Gram matrix of a subset is the sum of those of its sites, L_w = sum_s w_s y_s y_s', so that
    HSIC(L_w, L_w) = w' M w with M[s, t] = HSIC(y_s y_s', y_t y_t').

    Parameters
    ----------
    responses : numpy.ndarray, (n_stimuli, n_sites)
        Averages over trials.
    kept : numpy.ndarray, (n_subsets, n_sites)
        Which sites belong to each subset.
    """
    centred, kept = responses - responses.mean(0), kept.astype(np.float64)
    squares = centred**2
    power = squares.sum(0)
    between = centred_hsic((centred.T @ centred) ** 2, squares.T @ squares,
                           np.outer(power, power), len(responses))
    return SiteSubsets(centred, kept, ((kept @ between) * kept).sum(-1))


def site_subset_cka(gram: np.ndarray, sites: SiteSubsets) -> np.ndarray:
    """CKA of a model with every subset of the sites, by both estimators.

    Its HSIC with a subset is the sum of those with the subset's sites, HSIC(K, y_s y_s').

    Parameters
    ----------
    gram : numpy.ndarray, (n_stimuli, n_stimuli)
        Of the model, from `similarity.linear_gram`.
    sites : SiteSubsets
        Of the same stimuli.

    Returns
    -------
    numpy.ndarray, (n_estimators, n_subsets)
        As `similarity.linear_cka`; NaN where a side has no variance above 0.
    """
    y, squares = sites.centred, sites.centred**2
    with_sites = centred_hsic(((gram @ y) * y).sum(0), gram.diagonal() @ squares,
                              gram.trace() * squares.sum(0), len(gram))
    return cka_ratio(with_sites @ sites.kept.T, gram_hsic(gram, gram)[:, None], sites.variance)


def cka_ratio(shared, variance_x, variance_y) -> np.ndarray:
    """CKA from HSIC: shared / sqrt(variance_x variance_y), NaN unless both are above 0."""
    defined = (variance_x > 0) & (variance_y > 0)
    return shared / np.sqrt(np.where(defined, variance_x * variance_y, np.nan))


def _totals(rows_x: np.ndarray, rows_y: np.ndarray) -> np.ndarray:
    return rows_x.sum(axis=1) * rows_y.sum(axis=1)
