"""Responses of one animal to images that only another saw, predicted from a network's features."""

import logging
from collections.abc import Callable

import numpy as np
from sklearn.linear_model import RidgeCV

LEAST_FITTED = 20  # images
# Penalty, where features have a mean squared length of one: from hardly any to all but the mean.
PENALTIES = np.logspace(-5, 2, 15)


def fitted(features: np.ndarray, responses: np.ndarray,
           ) -> tuple[Callable[[np.ndarray], np.ndarray], float]:
    """Fit a ridge regression from features to an animal's responses.

    Parameters
    ----------
    features : numpy.ndarray, (n_images, n_features)
        Of a network, of images that the animal saw.
    responses : numpy.ndarray, (n_images, n_sites)
        Its averages over repetitions.

    Returns
    -------
    predict : callable
        From features of other images (n_others, n_features) to responses (n_others, n_sites).
    penalty : float
        Chosen among `PENALTIES` by leaving one image out (of those that the animal saw), the same
        for all sites: it sets how many dimensions of the features the sites seem to share.
    """
    mean = features.mean(0, dtype=np.float64)
    length = np.sqrt(((features - mean) ** 2).sum(1).mean())
    # Sites that fire more are not to decide for all; CKA weighs them by their variance again.
    scale = np.where(responses.std(0) > 0, responses.std(0), 1)
    ridge = RidgeCV(alphas=PENALTIES).fit((features - mean) / length, responses / scale)
    if ridge.alpha_ in PENALTIES[[0, -1]]:
        logging.warning("ridge: the penalty of %d images is at the end of its range, %g",
                        len(features), ridge.alpha_)

    def predict(others: np.ndarray) -> np.ndarray:
        return ridge.predict((others - mean) / length).reshape(len(others), -1) * scale

    return predict, float(ridge.alpha_)
