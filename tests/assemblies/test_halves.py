"""Random halves: each repetition at most once, equal in size, whatever is missing."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from italign.assemblies.halves import (
    drawn_averages,
    extension_factor,
    half_averages,
    require_repetitions,
    spearman_brown,
)


def test_halves_contain_each_repetition_once():
    """Powers of two as responses: a half's sum names its members."""
    responses = np.broadcast_to(2.0 ** np.arange(6)[None, :, None], (50, 6, 2))
    for first, second in half_averages(responses, 5, seed=0):
        assert np.allclose(3 * first + 3 * second, 63)
        assert np.array_equal(first[:, 0], first[:, 1])  # sites share trials
        assert len(np.unique(first[:, 0])) > 10  # each stimulus has its own halves


def test_each_site_halves_its_own_repetitions():
    rng = np.random.default_rng(0)
    responses = np.broadcast_to(2.0 ** np.arange(9)[None, :, None], (40, 9, 3)).copy()
    responses[:, 5:, 1] = np.nan
    responses[:, :7, 2] = np.nan
    responses[rng.random((40, 9)) < 0.2, 0] = np.nan
    own = np.nansum(responses, axis=1).astype(int)
    n_half = np.isfinite(responses).sum(axis=1) // 2
    for halves in half_averages(responses, 10, seed=1):
        first, second = (np.rint(half * n_half).astype(int) for half in halves)
        assert (np.bitwise_count(first) == n_half).all()
        assert (np.bitwise_count(second) == n_half).all()
        assert (first & second == 0).all() and ((first | second) & ~own == 0).all()


def test_another_odd_repetition_is_left_out_of_every_split():
    responses = np.zeros((400, 3, 1))
    responses[:, 0] = 1
    pairs = np.array(list(half_averages(responses, 3, seed=2)))[:, :, :, 0]
    # Of three repetitions, two make the halves: the marked one is in either or in neither.
    assert pairs.mean(axis=(0, 2)) == pytest.approx([1 / 3, 1 / 3], abs=0.05)
    left_out = ~pairs.any(axis=1)
    assert left_out.mean() == pytest.approx(1 / 3, abs=0.05)
    assert (left_out.any(axis=0) & ~left_out.all(axis=0)).mean() > 0.5


@pytest.mark.parametrize("n_drawn", [2, 3, 4, 6])
def test_so_many_repetitions_are_drawn_anew_for_each_split(n_drawn):
    """Powers of two again: the average over all that were drawn names them."""
    responses = np.broadcast_to(2.0 ** np.arange(6)[None, :, None], (200, 6, 2))
    seen = []
    for first, second, both in drawn_averages(responses, 5, 0, n_drawn):
        members = np.rint(both[:, 0] * n_drawn).astype(int)
        assert (np.bitwise_count(members) == n_drawn).all()
        paired = np.rint((first + second)[:, 0] * (n_drawn // 2)).astype(int)
        assert (np.bitwise_count(paired) == n_drawn // 2 * 2).all()
        assert (paired & ~members == 0).all()
        seen.append(members)
    if n_drawn < 6:
        assert len(np.unique(seen)) == comb(6, n_drawn)
        assert not np.array_equal(seen[0], seen[1])


def test_all_drawn_are_the_plain_halves_and_average():
    responses = np.random.default_rng(5).standard_normal((10, 5, 3))
    responses[0, 1:3, 0] = np.nan
    plain, drawn = half_averages(responses, 3, 7), drawn_averages(responses, 3, 7)
    for halves, (first, second, both) in zip(plain, drawn, strict=True):
        assert np.array_equal(halves, (first, second))
        assert np.allclose(both, np.nanmean(responses, axis=1))


def test_sites_draw_from_the_repetitions_they_have():
    responses = np.broadcast_to(2.0 ** np.arange(8)[None, :, None], (50, 8, 2)).copy()
    responses[:, 4:, 1] = np.nan
    _, _, both = next(drawn_averages(responses, 1, 0, 3))
    members = np.rint(both * 3).astype(int)
    assert (np.bitwise_count(members) == 3).all()
    assert (members[:, 1] < 16).all() and (members[:, 0] >= 16).any()
    for n_drawn in (1, 5):
        with pytest.raises(ValueError, match=f"{n_drawn} repetitions are to be drawn, expected 2 "
                                             "to 4"):
            next(drawn_averages(responses, 1, 0, n_drawn))


def test_seed_decides():
    responses = np.random.default_rng(3).standard_normal((10, 4, 2))
    one, two, other = (next(half_averages(responses, 1, seed))[0] for seed in (0, 0, 1))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_single_repetitions_are_named():
    responses = np.ones((3, 2, 2))
    responses[1, 0, 1] = np.nan
    with pytest.raises(ValueError, match=r"1 of 3 stimuli .*\(dog7\)"):
        require_repetitions(responses, ["ape1", "dog7", "car2"])
    with pytest.raises(ValueError, match=r"\(1\)"):
        next(half_averages(responses, 1, 0))
    with pytest.raises(ValueError, match=r"\(n_stimuli, n_repetitions, n_neuroids\)"):
        require_repetitions(np.ones((3, 2)))


@given(st.floats(0.01, 100), st.lists(st.integers(2, 60), min_size=1, max_size=20))
def test_spearman_brown_leads_from_halves_to_all_repetitions(noise_variance, n_repetitions):
    """Signal of variance 1: the correlation of averages is its share of their variance."""
    n_all = np.array(n_repetitions)
    of_halves, of_all = (1 / (1 + noise_variance * np.mean(1 / n)) for n in (n_all // 2, n_all))
    factor = extension_factor(n_all)
    assert 2 <= factor <= 3
    assert spearman_brown(of_halves, factor) == pytest.approx(of_all)
    assert spearman_brown(-of_halves, factor) == -spearman_brown(of_halves, factor)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_even_numbers_are_twice_their_halves(n_pairs):
    """To the last bit: the classic formula holds for them."""
    assert extension_factor(2 * np.array(n_pairs)) == 2
    half = np.linspace(-1, 1, 21)
    assert np.array_equal(spearman_brown(half), 2 * half / (1 + np.abs(half)))


@given(st.floats(1, 3))
def test_spearman_brown_keeps_its_bounds(factor):
    assert spearman_brown(np.array([-1, 0, 1]), factor).tolist() == [-1, 0, 1]
