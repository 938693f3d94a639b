"""Linear centred kernel alignment (CKA), the paper's similarity of two populations (section 2.4).

    CKA(X, Y) = HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)),    K = X X',  L = Y Y'

from Gram matrices over stimuli (n x n), never from features x features: IT of CORnet-S at 224 px
has 25,088 features, and ||Y'X||_F^2 = <XX', YY'>_F gives the same number from n = 128 rows.

`biased` is the paper's. Its chance level is high when n is small beside the number of features
(0.77 for 128 stimuli, 188 sites, 25,088 features). `unbiased` leaves out the diagonal (Song et al.
2012; Nguyen et al. 2021), so that independent data score 0 on average.

The functions take NumPy arrays or torch tensors and answer in kind: arrays are computed in float64,
tensors in their own dtype with gradients. torch itself is not imported.
"""

import numpy as np

from italign.evaluation.centring import double_centred

ESTIMATORS = ("biased", "unbiased")
MIN_STIMULI = 4  # the unbiased estimator divides by n - 3


def linear_cka(x, y, estimator="biased"):
    """Linear CKA of two sets of features over the same stimuli.

    Parameters
    ----------
    x, y : numpy.ndarray or torch.Tensor, (n_stimuli, n_features_x), (n_stimuli, n_features_y)
        Rows are the same stimuli in the same order. Tensors of half precision are refused, and so
        is autocast: n^2 products of features lose their sum in 16 bits.
    estimator : {"biased", "unbiased"}
        `biased` is the paper's.

    Returns
    -------
    float or torch.Tensor, ()
        Higher is closer. `biased` lies in [0, 1]; `unbiased` is at most 1, around 0 for independent
        data, and can be negative. Unchanged by rotation, shift and scaling of either set.

    Raises
    ------
    ValueError
        If there are fewer than 4 stimuli, unequal numbers of them, NaN, or constant features.
    """
    return cka_from_grams(linear_gram(x), linear_gram(y), estimator)


def linear_gram(features):
    """Gram matrix of features whose mean over stimuli is taken off.

    Parameters
    ----------
    features : numpy.ndarray or torch.Tensor, (n_stimuli, n_features)
        Finite and not constant.

    Returns
    -------
    numpy.ndarray or torch.Tensor, (n_stimuli, n_stimuli)
        Inner products. Both estimators ignore the mean; removing it before the product keeps
        fp32 accurate when responses are small beside their mean.

    Raises
    ------
    ValueError
        If features are not a finite matrix of at least 4 rows, or the same for all stimuli.
    """
    features = checked_features(features)
    centred = features - features.mean(0)
    gram = centred @ centred.T
    if gram.dtype != features.dtype:
        raise ValueError(f"features are {features.dtype} but their product came out as {gram.dtype}"
                         ": compute CKA outside of autocast")
    return gram


def cka_from_grams(gram_x, gram_y, estimator="biased"):
    """CKA of Gram matrices, to score one model against many targets without repeating products.

    Parameters
    ----------
    gram_x, gram_y : numpy.ndarray or torch.Tensor, (n_stimuli, n_stimuli)
        From `linear_gram`, or any symmetric kernel over the same stimuli.
    estimator : {"biased", "unbiased"}
        See `linear_cka`.

    Returns
    -------
    float or torch.Tensor, ()
        As `linear_cka`.

    Raises
    ------
    ValueError
        If the shapes differ, or a kernel has no variance over stimuli or is not finite.
    """
    # CKA ignores scale; traces of one keep squares of fp32 within range.
    gram_x, gram_y = _unit_trace(gram_x, "x"), _unit_trace(gram_y, "y")
    variance_x = linear_hsic(gram_x, gram_x, estimator)
    variance_y = linear_hsic(gram_y, gram_y, estimator)
    for name, variance in (("x", variance_x), ("y", variance_y)):
        if not variance > 0:
            raise ValueError(f"gram_{name} has {estimator} variance {float(variance):.3g} over "
                             "stimuli, expected more than 0: its stimuli are all alike, or "
                             "all equally different")
    return linear_hsic(gram_x, gram_y, estimator) / (variance_x * variance_y) ** 0.5


def linear_hsic(gram_x, gram_y, estimator="biased"):
    """Hilbert-Schmidt independence criterion of two Gram matrices.

    Parameters
    ----------
    gram_x, gram_y : numpy.ndarray or torch.Tensor, (n_stimuli, n_stimuli)
        Symmetric; centring is not needed.
    estimator : {"biased", "unbiased"}
        ``biased``: <HKH, HLH> / (n - 1)^2. ``unbiased`` (Song et al. 2012), written with U-centred
        matrices, which have a zero diagonal and rows that sum to 0: <U(K), U(L)> / (n (n - 3)).

    Returns
    -------
    float or torch.Tensor, ()
        Shared variance; 0 (unbiased: on average) for independent data.

    Raises
    ------
    ValueError
        If the matrices are not square, differ in size, have fewer than 4 rows, or the estimator
        is unknown.
    """
    _check_grams(gram_x, gram_y, estimator)
    n = gram_x.shape[0]
    if estimator == "biased":
        return (double_centred(gram_x) * double_centred(gram_y)).sum() / (n - 1) ** 2
    return (_u_centre(gram_x) * _u_centre(gram_y)).sum() / (n * (n - 3))


def _u_centre(gram):
    n = gram.shape[0]
    off_diagonal = 1 - _identity_like(gram)
    gram = gram * off_diagonal
    rows = gram.sum(1) / (n - 2)
    return (gram - rows - rows[:, None] + rows.sum() / (n - 1)) * off_diagonal


def _identity_like(gram):
    if _is_tensor(gram):
        return gram.new_ones(gram.shape[0]).diag()
    return np.eye(gram.shape[0])


def _unit_trace(gram, name):
    trace = gram.diagonal().sum()
    if not trace > 0:
        raise ValueError(f"gram_{name} has trace {float(trace):.3g}, expected a finite number "
                         "above 0: its features are constant or not finite")
    return gram / trace


def _is_tensor(values):
    return hasattr(values, "new_ones")


def checked_features(features):
    """Features as a finite matrix that is not constant, arrays in float64; see `linear_gram`."""
    if not _is_tensor(features):
        features = np.asarray(features, dtype=np.float64)
    elif features.dtype.itemsize < 4:
        raise ValueError(f"features are {features.dtype}, expected at least 32 bits: call .float()")
    if features.ndim != 2 or features.shape[0] < MIN_STIMULI:
        raise ValueError(f"features have shape {tuple(features.shape)}, expected (n_stimuli, "
                         f"n_features) with at least {MIN_STIMULI} stimuli; flatten maps first")
    n_bad = int((~(abs(features) < float("inf"))).sum())
    if n_bad:
        raise ValueError(f"features hold {n_bad} NaN or infinite values, expected none: average "
                         "over the repetitions that exist, drop sites that have none")
    if bool((features == features[0]).all()):
        raise ValueError(f"features are constant over all {features.shape[0]} stimuli, so their "
                         "similarity to anything is undefined: check the layer or the sites")
    return features


def _check_grams(gram_x, gram_y, estimator):
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator is {estimator!r}, expected one of {', '.join(ESTIMATORS)}")
    if _is_tensor(gram_x) != _is_tensor(gram_y):
        raise ValueError(f"got {type(gram_x).__name__} and {type(gram_y).__name__}, expected two "
                         "NumPy arrays or two tensors: convert one")
    shapes = tuple(gram_x.shape), tuple(gram_y.shape)
    n = shapes[0][0]
    if shapes[0] != (n, n) or shapes[0] != shapes[1] or n < MIN_STIMULI:
        raise ValueError(f"Gram matrices have shapes {shapes[0]} and {shapes[1]}, expected the "
                         f"same (n_stimuli, n_stimuli) with at least {MIN_STIMULI} stimuli: join "
                         "the two sides by stimulus_id")
