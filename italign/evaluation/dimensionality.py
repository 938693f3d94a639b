"""How many dimensions the variance of a population spreads over, from its Gram matrix.

The non-zero eigenvalues l of the centred Gram matrix are, but for a factor, those of the covariance
of features: the variances along principal components.
"""

import numpy as np

from italign.evaluation.centring import DEGENERATE, double_centred


def participation_ratio(gram: np.ndarray) -> float:
    """Effective number of dimensions: (sum l)^2 / sum l^2 = (tr G)^2 / |G|^2.

    Parameters
    ----------
    gram : numpy.ndarray, (n_stimuli, n_stimuli)
        From `similarity.linear_gram`, or with any mean.

    Returns
    -------
    float
        1 (a line) to n_stimuli - 1 or the number of features, whichever is less (all directions
        alike). Few stimuli show few dimensions: p independent features of equal variance give
        about 1 / (1 / p + 1 / (n_stimuli - 1)), so compare equal numbers of stimuli only.

    Raises
    ------
    ValueError
        If the matrix is not square, not finite, or without variance.
    """
    gram = _centred(gram)
    return float(np.trace(gram) ** 2 / (gram**2).sum())


def components_for(gram: np.ndarray, variance_fraction: float) -> int:
    """Principal components, largest first, that hold a fraction of the variance.

    Parameters
    ----------
    gram : numpy.ndarray, (n_stimuli, n_stimuli)
        From `similarity.linear_gram`, or with any mean.
    variance_fraction : float
        Above 0 and below 1.

    Returns
    -------
    int
        The fewest components that together hold at least that fraction; 1 to n_stimuli - 1.

    Raises
    ------
    ValueError
        As `participation_ratio`, or if the fraction is not between 0 and 1.
    """
    if not 0 < variance_fraction < 1:
        raise ValueError(f"variance_fraction is {variance_fraction}, expected above 0 and below 1")
    eigenvalues = np.linalg.eigvalsh(_centred(gram))[:0:-1].clip(0)  # less the 0 of the mean
    share = np.cumsum(eigenvalues) / eigenvalues.sum()
    # Equal eigenvalues must not need one component more because of rounding.
    return 1 + int(np.searchsorted(share, variance_fraction - 1e-9))


def _centred(gram: np.ndarray) -> np.ndarray:
    gram = np.asarray(gram, dtype=np.float64)
    if gram.ndim != 2 or gram.shape[0] != gram.shape[1] or not np.isfinite(gram).all():
        raise ValueError(f"the Gram matrix has shape {gram.shape} and {np.isnan(gram).sum()} NaN, "
                         "expected a finite (n_stimuli, n_stimuli): check the features")
    centred = double_centred(gram)
    if not np.trace(centred) > DEGENERATE * np.abs(gram).max():
        raise ValueError(f"the features of {len(gram)} stimuli have no variance, expected some: "
                         "check the layer")
    return centred
