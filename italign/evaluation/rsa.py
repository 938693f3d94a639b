"""Representational similarity analysis (RSA): are the same stimuli far apart in two populations?

    RDM[i, j] = 1 - Pearson r of stimuli i and j across features          (correlation distance)
    spearman  = Pearson r of the ranks of the upper triangles,  cosine = u'v / (|u| |v|)

Kriegeskorte et al. 2008; both comparisons as in rsatoolbox, the first as in Brain-Score.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import squareform

from italign.evaluation.products import Products, constant_patterns, stimulus_products
from italign.messages import first_names

METRICS = ("spearman", "cosine")


def correlation_rdm(features: np.ndarray | Products) -> np.ndarray:
    """Distances of all pairs of stimuli: 1 - Pearson r across features.

    Parameters
    ----------
    features : numpy.ndarray, (n_stimuli, n_features), or Products
        At least two features.

    Returns
    -------
    numpy.ndarray, (n_pairs,)
        Upper triangle in the order of `scipy.spatial.distance.pdist`, in [0, 2]; 0 is the same
        pattern.

    Raises
    ------
    ValueError
        As `stimulus_products`, or if a stimulus has the same value in all features.
    """
    products = features if isinstance(features, Products) else stimulus_products(features)
    constant = constant_patterns(products)
    if constant.size:
        raise ValueError(f"{constant.size} of {len(products.sums)} stimuli (rows "
                         f"{first_names(constant)}) have constant values in all "
                         f"{products.n_features} features, so they have no correlation distance: "
                         "check the layer, or take more sites")
    covariance = products.covariance()
    sd = np.sqrt(covariance.diagonal())
    return np.clip(1 - squareform(covariance / sd / sd[:, None], checks=False), 0, 2)


def rsa(rdm_x: np.ndarray, rdm_y: np.ndarray, metric: str = "spearman") -> float:
    """Compare two RDMs.

    Parameters
    ----------
    rdm_x, rdm_y : numpy.ndarray, (n_pairs,)
        Upper triangles, from `correlation_rdm`, over the same stimuli in the same order.
    metric : {"spearman", "cosine"}
        ``spearman`` sees the order of distances; ``cosine`` their ratios, with chance near 1.

    Returns
    -------
    float
        Higher is closer; in [-1, 1] (spearman) or [0, 1] (cosine).

    Raises
    ------
    ValueError
        If the numbers of pairs differ, all distances are the same, or the metric is unknown.
    """
    if rdm_x.shape != rdm_y.shape:
        raise ValueError(f"RDMs have {rdm_x.shape} and {rdm_y.shape} pairs, expected the same: "
                         "join the two sides by stimulus_id")
    return float(unit_pairs(rdm_x, metric) @ unit_pairs(rdm_y, metric))


def unit_pairs(rdm: np.ndarray, metric: str) -> np.ndarray:
    """Distances as a vector of length 1, whose product with another is their similarity.

    Parameters
    ----------
    rdm : numpy.ndarray, (n_pairs,)
        From `correlation_rdm`.
    metric : {"spearman", "cosine"}
        ``spearman``: ranks less their mean, ties sharing theirs. ``cosine``: distances.

    Raises
    ------
    ValueError
        If the metric is unknown, or the vector has no length: all distances are the same, or 0.
    """
    if metric not in METRICS:
        raise ValueError(f"metric is {metric!r}, expected one of {', '.join(METRICS)}")
    values = average_ranks(rdm) - (len(rdm) + 1) / 2 if metric == "spearman" else rdm
    length = np.linalg.norm(values)
    if not length > 0:
        raise ValueError(f"all {len(rdm)} distances are {rdm[0]:.3g}, expected them to differ: "
                         "all stimuli are alike, or equally different")
    return values / length


def average_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, ties sharing their mean: `scipy.stats.rankdata`, but faster."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]


class SubsetPairs(NamedTuple):
    """`unit_pairs` of one side, with sums over the pairs (each twice) of subsets of the stimuli."""

    pairs: np.ndarray  # (n_stimuli, n_stimuli), 0 on the diagonal
    kept: np.ndarray  # (n_subsets, n_stimuli), 1 where a stimulus belongs to the subset, else 0
    total: np.ndarray  # (n_subsets,)
    squares: np.ndarray  # (n_subsets,)


def subset_pairs(pairs: np.ndarray, kept: np.ndarray) -> SubsetPairs:
    """Prepare `unit_pairs` (n_pairs,) of all stimuli for `subset_rsa`."""
    square, kept = squareform(pairs, checks=False), kept.astype(np.float64)
    return SubsetPairs(square, kept, _sum(square, kept), _sum(square**2, kept))


def subset_rsa(x: SubsetPairs, y: SubsetPairs, metric: str) -> np.ndarray:
    """RSA over the pairs within every subset of the stimuli.

    Parameters
    ----------
    x, y : SubsetPairs
        Of the same subsets and metric.
    metric : {"spearman", "cosine"}
        ASSUME: spearman keeps the ranks that pairs have among all stimuli; ranking every half anew
        takes far longer, and halves then spread the same to 5 %.

    Returns
    -------
    numpy.ndarray, (n_subsets,)
        As `rsa`.
    """
    shared = _sum(x.pairs * y.pairs, x.kept)
    if metric == "cosine":
        return shared / np.sqrt(x.squares * y.squares)
    n_kept = x.kept.sum(axis=1)
    n = n_kept * (n_kept - 1)
    variances = (x.squares - x.total**2 / n) * (y.squares - y.total**2 / n)
    return (shared - x.total * y.total / n) / np.sqrt(variances)


def _sum(pairs: np.ndarray, kept: np.ndarray) -> np.ndarray:
    return ((kept @ pairs) * kept).sum(axis=1)
