"""The linear decoder between a model's features and category probabilities (Brain-Score's)."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def decoder_probabilities(
    train_features: np.ndarray,
    train_labels: np.ndarray,
    test_features: np.ndarray,
    inverse_regularisation: float,
) -> np.ndarray:
    """Fit a multinomial logistic regression on standardised features and apply it.

    Parameters
    ----------
    train_features : numpy.ndarray, (n_train, n_features)
        Penultimate activations of the fitting images.
    train_labels : numpy.ndarray of int, (n_train,)
        Category indices; every one from 0 to the largest occurs.
    test_features : numpy.ndarray, (n_test, n_features)
        Activations of the images to classify; standardised with the mean and SD of fitting.
    inverse_regularisation : float
        C of the L2 penalty (Brain-Score: 0.001).

    Returns
    -------
    numpy.ndarray, (n_test, n_categories)
        Probabilities, rows sum to 1; column c is category c.

    Raises
    ------
    ValueError
        If a category has no fitting image, or features do not match or are not finite.
    """
    classes = np.unique(train_labels)
    if not np.array_equal(classes, np.arange(len(classes))) or len(classes) < 2:
        raise ValueError(f"fitting labels are {classes.tolist()}, expected each of 0, 1, ... at "
                         "least once: fit on images of every category")
    _check_features(train_features, test_features)
    decoder = make_pipeline(
        StandardScaler(), LogisticRegression(C=inverse_regularisation, solver="newton-cg")
    )
    # Activations are fp32; the Newton steps stop short of their tolerance in it.
    decoder.fit(train_features.astype(np.float64), train_labels)
    return decoder.predict_proba(test_features.astype(np.float64))


def _check_features(train_features: np.ndarray, test_features: np.ndarray) -> None:
    shapes = train_features.shape, test_features.shape
    if len(shapes[0]) != 2 or len(shapes[1]) != 2 or shapes[0][1] != shapes[1][1]:
        raise ValueError(f"features have shapes {shapes[0]} and {shapes[1]}, expected (n_images, "
                         "n_features) with the same features for fitting and testing")
    for name, features in (("fitting", train_features), ("testing", test_features)):
        n_bad = int((~np.isfinite(features)).sum())
        if n_bad:
            raise ValueError(f"{name} features hold {n_bad} NaN or infinite of {features.size} "
                             "values, expected none: check the model's activations")
