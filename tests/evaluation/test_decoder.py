"""The decoder: probabilities, labels by column, the optimum, refusals."""

import numpy as np
import pytest

from italign.evaluation.decoder import decoder_probabilities


def clusters(seed, n_per_category=30, n_features=4):
    """Three Gaussian clouds at fixed centres, other noise per seed."""
    labels = np.repeat(np.arange(3), n_per_category)
    noise = np.random.default_rng(seed).standard_normal((len(labels), n_features))
    return 3 * np.eye(3, n_features)[labels] + noise, labels


def test_rows_are_probabilities_and_columns_categories():
    features, labels = clusters(0)
    new, new_labels = clusters(1)
    p = decoder_probabilities(features, labels, new, 1.0)
    assert np.allclose(p.sum(1), 1)
    assert (p.argmax(1) == new_labels).mean() > 0.9


def test_units_and_offsets_of_features_change_nothing():
    features, labels = clusters(2)
    new, _ = clusters(3)
    scale, offset = np.array([1e-3, 1, 50, 1e4]), np.array([5, -3, 1e3, 0])
    p = decoder_probabilities(features, labels, new, 1e-3)
    changed = decoder_probabilities(features * scale + offset, labels, new * scale + offset, 1e-3)
    assert np.allclose(p, changed, atol=1e-6)


def test_gradient_of_the_penalised_likelihood_vanishes():
    """Second formula: weights read off the logits satisfy W / C = sum of (truth - p) x."""
    features, labels = clusters(4)
    inverse_regularisation = 0.01
    mean, sd = features.mean(0), features.std(0)
    probes = np.vstack([mean, mean + np.diag(sd)])  # logits at 0 and at each unit vector
    log_p = np.log(decoder_probabilities(features, labels, probes, inverse_regularisation))
    log_p -= log_p.mean(1, keepdims=True)
    weights = log_p[1:] - log_p[0]
    p = decoder_probabilities(features, labels, features, inverse_regularisation)
    pull = ((features - mean) / sd).T @ (np.eye(3)[labels] - p)
    assert np.allclose(weights, inverse_regularisation * pull, atol=1e-4)


def test_strong_regularisation_knows_nothing():
    features, labels = clusters(5)
    assert np.allclose(decoder_probabilities(features, labels, features, 1e-9), 1 / 3, atol=1e-4)


@pytest.mark.parametrize(
    ("labels", "n_features", "bad", "message"),
    [
        (np.repeat([0, 2], 45), 4, 0.0, "fit on images of every category"),
        (np.zeros(90, int), 4, 0.0, "fit on images of every category"),
        (np.repeat([0, 1], 45), 3, 0.0, "same features"),
        (np.repeat([0, 1], 45), 4, np.nan, "testing features hold 4 NaN"),
    ],
)
def test_bad_input_is_refused(labels, n_features, bad, message):
    features, _ = clusters(6)
    new = features[:2, :n_features].copy()
    new[0] += bad
    with pytest.raises(ValueError, match=message):
        decoder_probabilities(features, labels, new, 1.0)


def test_no_images_are_refused():
    features, labels = clusters(6)
    with pytest.raises(ValueError, match=r"testing features have shape \(0, 4\), expected"):
        decoder_probabilities(features, labels, features[:0], 1.0)


def test_constant_features_contribute_nothing_and_are_named(caplog):
    features, labels = clusters(7)
    new, _ = clusters(8)
    dead, dead_new = (np.insert(values, [1, 3], fill, axis=1)
                      for values, fill in ((features, 0.3), (new, [0.3, 55.0])))
    p = decoder_probabilities(dead.astype(np.float32), labels, dead_new.astype(np.float32), 0.1)
    assert [record.getMessage() for record in caplog.records] == [
        "2 of 6 features are constant over the 90 fitting images, the first in column 1: they "
        "contribute nothing"]
    plain = decoder_probabilities(features.astype(np.float32), labels, new.astype(np.float32), 0.1)
    assert np.allclose(p, plain, atol=1e-5)
    assert len(caplog.records) == 1


def test_a_network_that_does_not_respond_is_refused():
    with pytest.raises(ValueError, match="all 4 features are constant over the 9 fitting images"):
        decoder_probabilities(np.ones((9, 4)), np.arange(9) % 3, np.ones((2, 4)), 1.0)
