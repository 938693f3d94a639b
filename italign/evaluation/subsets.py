"""HSIC and CKA of many subsets of the stimuli, or of the sites, at once."""

from dataclasses import dataclass

import numpy as np

from italign.evaluation.similarity import CENTRES, ESTIMATORS, linear_hsic


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
    return ratio(subset_hsic(x, y), subset_hsic(x, x), variance_y)


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
    HSIC(L_w, L_w) = w' M w with M[s, t] = HSIC(y_s y_s', y_t y_t'). With sums q_s = |y_s|^2 and
    Q[s, t] = sum_i y_is^2 y_it^2 of centred responses, the row sums without diagonals are -y_is^2:

        biased:   M = (y_s . y_t)^2 / (n - 1)^2
        unbiased: M = ((y_s . y_t)^2 - Q + q_s q_t / ((n - 1) (n - 2)) - 2 Q / (n - 2)) / (n (n - 3))

    Parameters
    ----------
    responses : numpy.ndarray, (n_stimuli, n_sites)
        Averages over trials.
    kept : numpy.ndarray, (n_subsets, n_sites)
        Which sites belong to each subset.
    """
    n, kept = len(responses), kept.astype(np.float64)
    centred = responses - responses.mean(0)
    squares = centred**2
    shared, quartic = (centred.T @ centred) ** 2, squares.T @ squares
    power = squares.sum(0)
    unbiased = shared - quartic + np.outer(power, power) / ((n - 1) * (n - 2))
    unbiased -= 2 * quartic / (n - 2)
    variance = [((kept @ m) * kept).sum(1)
                for m in (shared / (n - 1) ** 2, unbiased / (n * (n - 3)))]
    return SiteSubsets(centred, kept, np.stack(variance))


def site_subset_cka(gram: np.ndarray, sites: SiteSubsets) -> np.ndarray:
    """CKA of a model with every subset of the sites, by both estimators.

    HSIC is linear in the sites' Gram matrices: of a centred kernel K it is w . a with
    a_s = y_s' K y_s, where K is double-centred (biased) or U-centred (unbiased).

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
    n, y = len(gram), sites.centred
    sizes = {"biased": (n - 1) ** 2, "unbiased": n * (n - 3)}
    by_site = [((CENTRES[name](gram) @ y) * y).sum(0) / sizes[name] for name in ESTIMATORS]
    variance = np.array([[linear_hsic(gram, gram, name)] for name in ESTIMATORS])
    return ratio(np.array(by_site) @ sites.kept.T, variance, sites.variance)


def ratio(shared: np.ndarray, variance_x: np.ndarray, variance_y: np.ndarray) -> np.ndarray:
    """CKA from HSIC: shared / sqrt(variance_x variance_y), NaN unless both are above 0."""
    defined = (variance_x > 0) & (variance_y > 0)
    return shared / np.sqrt(np.where(defined, variance_x * variance_y, np.nan))


def _totals(rows_x: np.ndarray, rows_y: np.ndarray) -> np.ndarray:
    return rows_x.sum(axis=1) * rows_y.sum(axis=1)
