"""Similarity expected without any relation: its exact mean over all orders of the stimuli.

One side keeps its order, the other takes each of n! orders. A pair of different stimuli then meets
every other pair equally often, and a stimulus every other stimulus, so that the means have closed
forms. They are exactly 0 for unbiased CKA, whose matrices have zero diagonals and rows that sum
to 0, and for Spearman's r of RDMs, whose ranks are centred.
"""

import numpy as np


def biased_cka_chance(gram_x: np.ndarray, gram_y: np.ndarray) -> float:
    """Mean of biased CKA over all orders of the stimuli of one side.

    The entries of a centred Gram matrix sum to 0, so those off the diagonal sum to minus the trace:

        E <K, PLP'> = tr K tr L / n + tr K tr L / (n (n - 1)) = tr K tr L / (n - 1)

    and |PLP'| = |L|.

    Parameters
    ----------
    gram_x, gram_y : numpy.ndarray, (n_stimuli, n_stimuli)
        Centred: from `similarity.linear_gram`.

    Returns
    -------
    float
        In (0, 1]; approaches 0 as stimuli outnumber the dimensions of either side.
    """
    traces = np.trace(gram_x) * np.trace(gram_y)
    return float(traces / ((len(gram_x) - 1) * np.linalg.norm(gram_x) * np.linalg.norm(gram_y)))


def cosine_chance(rdm_x: np.ndarray, rdm_y: np.ndarray) -> float:
    """Mean of the cosine of two RDMs over all orders of the stimuli of one side.

    Parameters
    ----------
    rdm_x, rdm_y : numpy.ndarray, (n_pairs,)
        Upper triangles, from `rsa.correlation_rdm`.

    Returns
    -------
    float
        In [0, 1]; near 1 where distances differ little beside their mean.
    """
    norms = np.linalg.norm(rdm_x) * np.linalg.norm(rdm_y)
    return float(rdm_x.sum() * rdm_y.sum() / (len(rdm_x) * norms))
