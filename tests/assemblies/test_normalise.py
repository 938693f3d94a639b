"""Standardised sessions: gain and offset vanish, differences between stimuli stay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from italign.assemblies.layout import Placement
from italign.assemblies.normalise import zscore_sessions

RATES = arrays(np.float64, (7, 3), elements=st.integers(0, 50).map(lambda count: 10.0 * count))


def zscore(rates_hz, rows, columns=None):
    """Of sessions of all sites, unless columns are given."""
    columns = columns or [np.arange(rate.shape[1]) for rate in rates_hz]
    placement = Placement(rows, columns, [np.arange(len(row)) for row in rows],
                          1 + max(map(max, rows)), 1 + max(map(max, columns)))
    return zscore_sessions(rates_hz, placement, "sim1, hvm")


@given(RATES, st.integers(1, 8), st.integers(-50, 50))
def test_gain_and_offset_of_a_session_vanish(rate_hz, gain, offset_hz):
    row = np.array([0, 1, 2, 3, 0, 1, 0])
    plain, changed = zscore([rate_hz, rate_hz * gain + offset_hz], [row, row])
    np.testing.assert_allclose(changed, plain, atol=1e-9)


def test_every_varying_site_has_mean_zero_and_sd_one_in_each_session():
    rng = np.random.default_rng(0)
    rows = [np.repeat(np.arange(4), n) for n in (1, 75)]
    for z in zscore([rng.gamma(2, 10, (len(row), 5)) for row in rows], rows):
        np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(z.std(axis=0), 1)


def test_sessions_of_other_stimuli_keep_the_differences_between_them():
    """Dim images on one day and bright ones on the other, of other gain; four on both."""
    rng = np.random.default_rng(0)
    drive_hz = np.linspace(0, 40, 20)
    days = [np.repeat([*range(10), 10, 11], 8), np.repeat([8, 9, *range(10, 20)], 8)]
    rates_hz = [gain * (drive_hz[row] + rng.normal(0, 2, len(row)))[:, None] + offset_hz
                for row, gain, offset_hz in zip(days, (1, 3), (5, 30), strict=True)]
    z, row = np.concatenate(zscore(rates_hz, days))[:, 0], np.concatenate(days)
    mean = np.bincount(row, z) / np.bincount(row)
    assert np.corrcoef(mean, drive_hz)[0, 1] > 0.99


def test_how_often_a_shared_stimulus_is_shown_counts_nothing():
    """Two stimuli, of which each day shows the other one more often: no noise, no difference."""
    days = [np.array([0, 0, 0, 0, 1]), np.array([0, 1, 1, 1, 1])]
    first, second = zscore([np.array([[10.0], [30.0]])[row] for row in days], days)
    assert first[[0, 4], 0] == pytest.approx([-1, 1])
    assert second[[0, 4], 0] == pytest.approx([-1, 1])


def test_sites_share_the_stimuli_of_their_own_sessions():
    """The third session shows other stimuli, but to a site of its own."""
    rng = np.random.default_rng(1)
    rows = [np.repeat(np.arange(4), 3), np.repeat(np.arange(4), 3), np.repeat([4, 5], 3)]
    columns = [np.array([0, 1]), np.array([1, 0]), np.array([2])]
    rates_hz = [rng.gamma(2, 10, (len(row), len(column)))
                for row, column in zip(rows, columns, strict=True)]
    for z in zscore(rates_hz, rows, columns):
        np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    columns[2] = np.array([1])
    with pytest.raises(ValueError, match=r"sim1, hvm: the sessions of 1 of 2 sites share 0 "
                                         r"stimuli, expected at least 2 .* to none"):
        zscore(rates_hz, rows, columns)


def test_a_site_that_never_varies_is_zero():
    (z,) = zscore([np.array([[0.1, 0.0]] * 3)], [np.arange(3)])
    np.testing.assert_array_equal(z, np.zeros((3, 2)))
