"""Category probabilities of a model: by a linear decoder (Brain-Score's), or by its own outputs."""

import logging

import numpy as np
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from italign.evaluation.study import NO_NOUN, Look, Study


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
        If a category has no fitting image, or features do not match, are not finite or are all
        constant over the fitting images.

    Notes
    -----
    Some constant features are common in ReLU networks (dead units). They keep scale 1, as with
    Brain-Score; their weight is 0, so that they contribute nothing. One line in the log says so.
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


def decoded(
    look: Look, study: Study, stimulus_set: str, inverse_regularisation: float
) -> np.ndarray:
    """Probabilities of a set's test images by a decoder fitted to its train images with a noun.

    Fitted once per look, whichever measures ask.

    Parameters
    ----------
    look : Look
        With penultimate activations of both splits of the set.
    study : Study
        With their nouns.
    stimulus_set : str
        The set.
    inverse_regularisation : float
        As in `decoder_probabilities`, with the same errors.

    Returns
    -------
    numpy.ndarray, (n_test, n_categories)
        Columns are `Study.categories` of the set.
    """
    key = "decoded", stimulus_set, inverse_regularisation
    if key not in look.cache:
        train, test = (look.seen[stimulus_set, split]["penultimate"] for split in ("train", "test"))
        labels = study.truth(stimulus_set, "train")
        has_noun = labels != NO_NOUN
        look.cache[key] = decoder_probabilities(
            train[has_noun], labels[has_noun], test, inverse_regularisation)
    return look.cache[key]


def from_outputs(look: Look, study: Study, stimulus_set: str) -> np.ndarray | None:
    """Probabilities of a set's test images by the model's own outputs, without a decoder.

    Parameters
    ----------
    look : Look
        With logits of the test split.
    study : Study
        With the nouns of the outputs.
    stimulus_set : str
        The set.

    Returns
    -------
    numpy.ndarray, (n_test, n_categories), or None
        Softmax over the outputs that are nouns of the set: those of the stimulus labels if they
        were trained and name all of them, else those of the base task if they do; else None. None
        for a set without nouns.
    """
    n_base = len(study.base_categories)
    labels = study.label_categories if look.has_labels else ()
    wanted = study.categories(stimulus_set)
    for nouns, first in ((labels, n_base), (study.base_categories, 0)):
        place = {noun: first + i for i, noun in enumerate(nouns)}
        if wanted and place.keys() >= set(wanted):
            columns = [place[noun] for noun in wanted]
            logits = look.seen[stimulus_set, "test"]["logits"][:, columns]
            return softmax(logits.astype(np.float64), axis=1)
    return None


def _check_features(train_features: np.ndarray, test_features: np.ndarray) -> None:
    shapes = train_features.shape, test_features.shape
    if len(shapes[0]) != 2 or len(shapes[1]) != 2 or shapes[0][1] != shapes[1][1]:
        raise ValueError(f"features have shapes {shapes[0]} and {shapes[1]}, expected (n_images, "
                         "n_features) with the same features for fitting and testing")
    for name, features in (("fitting", train_features), ("testing", test_features)):
        if not features.size:
            raise ValueError(f"{name} features have shape {features.shape}, expected at least one "
                             "image and one feature: check the split of the set and the layer")
        n_bad = int((~np.isfinite(features)).sum())
        if n_bad:
            raise ValueError(f"{name} features hold {n_bad} NaN or infinite of {features.size} "
                             "values, expected none: check the model's activations")
    _check_constant(np.ptp(train_features, axis=0) == 0, len(train_features))


def _check_constant(constant: np.ndarray, n_images: int) -> None:
    if constant.all():
        raise ValueError(f"all {constant.size} features are constant over the {n_images} fitting "
                         "images, expected them to differ: the network does not respond to its "
                         "images; check its weights and the layer")
    if constant.any():
        logging.getLogger(__name__).warning(
            "%d of %d features are constant over the %d fitting images, the first in column %d: "
            "they contribute nothing", constant.sum(), constant.size, n_images, constant.argmax())
