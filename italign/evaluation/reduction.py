"""Features in as few coordinates as there are stimuli, for regressions that see only angles."""

import numpy as np

MIN_STIMULI = 2  # one has no variation


def fewest_coordinates(features: np.ndarray) -> np.ndarray:
    """Rotate features into a space of no more dimensions than they span, and take off their mean.

    PLS regression on unscaled features and ridge regression, both with an intercept, depend on
    features only by the inner products of stimuli less their mean. They predict the same from
    n_stimuli coordinates as from 25,088 features, in far less time. A QR decomposition
    keeps all digits, where the eigenvectors of a Gram matrix would keep half of them.

    Parameters
    ----------
    features : numpy.ndarray, (n_stimuli, n_features)
        Finite and not constant; features that are the same for all stimuli do no harm.

    Returns
    -------
    numpy.ndarray, float64 (n_stimuli, n_coordinates)
        Coordinates on the principal components, those of largest variance first, in the unit of
        the features. Components at the rounding of the features' own dtype are left out, so that
        there are at most ``min(n_stimuli - 1, n_features)``.

    Raises
    ------
    ValueError
        If features are not a finite matrix of at least two stimuli, or the same for all stimuli.
    """
    features = np.asarray(features)
    _check(features)
    precision = np.finfo(features.dtype if features.dtype.kind == "f" else float).eps
    centred = features - features.mean(axis=0, dtype=np.float64)
    n_stimuli, n_features = centred.shape
    if n_features > n_stimuli:
        centred = np.linalg.qr(centred.T, mode="r").T
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    kept = s > precision * np.linalg.norm(features.astype(np.float64))
    if not kept.any():
        raise ValueError(_constant(n_stimuli))
    return u[:, kept] * s[kept]


def _check(features: np.ndarray) -> None:
    if features.ndim != 2 or len(features) < MIN_STIMULI:
        raise ValueError(f"features have shape {features.shape}, expected (n_stimuli, n_features) "
                         f"with at least {MIN_STIMULI} stimuli; flatten maps first")
    n_bad = int((~np.isfinite(features)).sum())
    if n_bad:
        raise ValueError(f"features hold {n_bad} NaN or infinite values, expected none: did the "
                         "training of this model diverge?")
    if (features == features[0]).all():
        raise ValueError(_constant(len(features)))


def _constant(n_stimuli: int) -> str:
    return (f"features are constant over all {n_stimuli} stimuli, so that they predict nothing: "
            "check the layer")
