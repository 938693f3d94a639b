"""Chance levels in closed form against permutations of the stimuli."""

from itertools import permutations

import numpy as np
import pytest
from scipy.spatial.distance import squareform

from italign.evaluation.chance import biased_cka_chance, cosine_chance
from italign.evaluation.rsa import correlation_rdm, rsa
from italign.evaluation.similarity import cka_from_grams, linear_gram


def values(features_x, features_y, orders):
    """Every measure under every order of the stimuli of one side, (n_orders, 4)."""
    gram_x, gram_y = linear_gram(features_x), linear_gram(features_y)
    rdm_x, rdm_y = correlation_rdm(features_x), squareform(correlation_rdm(features_y))
    found = []
    for order in orders:
        place = np.ix_(order, order)
        moved = squareform(rdm_y[place])
        found.append([cka_from_grams(gram_x, gram_y[place]),
                      cka_from_grams(gram_x, gram_y[place], "unbiased"),
                      rsa(rdm_x, moved, "spearman"), rsa(rdm_x, moved, "cosine")])
    return np.array(found)


def expected(features_x, features_y):
    return np.array([biased_cka_chance(linear_gram(features_x), linear_gram(features_y)), 0, 0,
                     cosine_chance(correlation_rdm(features_x), correlation_rdm(features_y))])


def features(seed, n):
    rng = np.random.default_rng(seed)
    x = 1 + rng.standard_normal((n, 6))
    return x, x[:, :4] + rng.standard_normal((n, 4))


@pytest.mark.parametrize("seed", range(3))
def test_closed_forms_are_the_mean_over_all_orders(seed):
    pair = features(seed, 5)
    found = values(*pair, permutations(range(5)))
    assert found.mean(0) == pytest.approx(expected(*pair), abs=1e-12)


def test_closed_forms_are_the_mean_of_2000_sampled_orders():
    pair = features(7, 24)
    rng = np.random.default_rng(0)
    found = values(*pair, [rng.permutation(24) for _ in range(2000)])
    standard_error = found.std(0) / np.sqrt(2000)
    assert (np.abs(found.mean(0) - expected(*pair)) < 4 * standard_error).all()
    assert (standard_error < 0.003).all()


def test_chance_of_isotropic_data_is_that_of_their_dimensions():
    """Expectation for independent features: 1 / sqrt((1 + (n - 1) / p) (1 + (n - 1) / q))."""
    rng = np.random.default_rng(1)
    n, p, q = 128, 188, 25_088  # a batch of the paper, its sites, and IT of CORnet-S
    chance = biased_cka_chance(*(linear_gram(rng.standard_normal((n, k))) for k in (p, q)))
    assert chance == pytest.approx(1 / np.sqrt((1 + 127 / p) * (1 + 127 / q)), rel=0.01)
    assert chance == pytest.approx(0.77, abs=0.01)
