"""Random halves: every repetition once, balanced, whatever is missing."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from italign.assemblies.halves import (
    drawn_averages,
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
    present = np.isfinite(responses)
    total, count = np.nansum(responses, axis=1), present.sum(axis=1)
    for first, second in half_averages(responses, 10, seed=1):
        small, large = count // 2, count - count // 2
        either = np.isclose(small * first + large * second, total) | np.isclose(
            large * first + small * second, total
        )
        assert either.all()


def test_the_odd_repetition_falls_to_either_half():
    responses = np.zeros((400, 3, 1))
    responses[:, 0] = 1
    first, _ = next(half_averages(responses, 1, seed=2))
    share = [(first == value).mean() for value in (0, 0.5, 1)]
    # Halves of one or two: the marked repetition is alone 1/6, paired 1/3, elsewhere 1/2.
    assert share == pytest.approx([1 / 2, 1 / 3, 1 / 6], abs=0.08)


@pytest.mark.parametrize("n_drawn", [2, 3, 4, 6])
def test_so_many_repetitions_are_drawn_anew_for_each_split(n_drawn):
    """Powers of two again: the average over all that were drawn names them."""
    responses = np.broadcast_to(2.0 ** np.arange(6)[None, :, None], (200, 6, 2))
    seen = []
    for first, second, both in drawn_averages(responses, 5, 0, n_drawn):
        members = np.rint(both[:, 0] * n_drawn).astype(int)
        assert (np.bitwise_count(members) == n_drawn).all()
        small, large = n_drawn // 2, n_drawn - n_drawn // 2
        halves = np.stack([small * first + large * second, large * first + small * second])
        assert np.isclose(halves, both * n_drawn).any(axis=0).all()
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


@given(st.floats(0.01, 100), st.integers(1, 50))
def test_spearman_brown_leads_from_halves_to_all_repetitions(noise_variance, n_per_half):
    """Signal of variance 1: the correlation of averages is its share of their variance."""
    of_halves, of_all = (1 / (1 + noise_variance / n) for n in (n_per_half, 2 * n_per_half))
    assert spearman_brown(of_halves) == pytest.approx(of_all)
    assert spearman_brown(-of_halves) == -spearman_brown(of_halves)


def test_spearman_brown_keeps_its_bounds():
    assert spearman_brown(np.array([-1, 0, 1])).tolist() == [-1, 0, 1]
