"""Mean responses to all and to preferred stimuli: plain sums, no circularity, planted latency."""

import numpy as np
import pytest

from italign.assemblies.latency import half_height_latency
from italign.assemblies.layout import Placement, stack_repetitions
from italign.assemblies.preferred import (
    mean_psth,
    pool_counts,
    preferred_psth,
    preferred_stimuli,
)

START = np.arange(-50, 250, 10.0)
BIN_MS = np.full(30, 10.0)
IN_WINDOW = (START >= 70) & (START < 170)


def one_session(counts, row):
    """Placement of a session of all sites, and its rates in the window by repetition."""
    placement = Placement([row], [np.arange(counts.shape[1])], [np.arange(len(row))],
                          row.max() + 1, counts.shape[1])
    return placement, stack_repetitions([counts[:, :, IN_WINDOW].sum(axis=2) / 0.1], placement)


def response(counts, row):
    """Mean response to preferred stimuli and its standard error."""
    placement, rates_hz = one_session(counts, row)
    return preferred_psth(*pool_counts([counts], placement), preferred_stimuli(rates_hz), BIN_MS)


def test_sums_are_those_of_each_sites_repetitions():
    """Three sessions of other sites; a site's parity counts its own repetitions only."""
    rng = np.random.default_rng(0)
    rows = [rng.integers(4, size=n) for n in (30, 25, 41)]
    columns = [np.array([2, 0]), np.array([1]), np.array([0, 1, 2])]
    counts = [rng.poisson(2, (len(row), len(column), 5)).astype(np.uint16)
              for row, column in zip(rows, columns, strict=True)]
    placement = Placement(rows, columns, [np.arange(len(row)) for row in rows], 4, 3)
    total, square, n_presentations = pool_counts(iter(counts), placement)
    bin_ms = np.array([10.0, 10, 20, 20, 5])
    psth_hz = mean_psth(total, n_presentations, bin_ms)
    for site in range(3):
        seen = [(c[:, list(column).index(site)], row) for c, row, column
                in zip(counts, rows, columns, strict=True) if site in column]
        values, row = (np.concatenate(parts) for parts in zip(*seen, strict=True))
        assert psth_hz[site] == pytest.approx(values.mean(axis=0) * 1e3 / bin_ms)
        for stimulus in range(4):
            own = values[row == stimulus].astype(float)
            assert np.array_equal(square[site, stimulus], (own**2).sum(axis=0))
            for half in range(2):
                assert np.array_equal(total[site, half, stimulus], own[half::2].sum(axis=0))
                assert n_presentations[site, half, stimulus] == len(own[half::2])


def test_large_counts_do_not_overflow_their_squares():
    counts = np.full((4, 1, 2), 60_000, np.uint16)
    placement = Placement([np.zeros(4, int)], [np.array([0])], [np.arange(4)], 1, 1)
    total, square, _ = pool_counts([counts], placement)
    assert (total == 120_000).all() and square == pytest.approx(4 * 60_000.0**2)


@pytest.mark.parametrize(("n_stimuli", "n_preferred"), [(2, 1), (7, 1), (8, 2), (21, 5)])
def test_a_quarter_is_chosen_by_the_other_half(n_stimuli, n_preferred):
    rng = np.random.default_rng(1)
    rates_hz = rng.normal(size=(n_stimuli, 5, 6))
    rates_hz[:, 4, :3] = np.nan
    preferred = preferred_stimuli(rates_hz)
    assert preferred.shape == (6, 2, n_stimuli)
    assert (preferred.sum(axis=2) == n_preferred).all()
    for half in range(2):
        mean_hz = np.nanmean(rates_hz[:, 1 - half::2], axis=1).T
        lowest = np.where(preferred[:, half], mean_hz, np.inf).min(axis=1)
        highest_other = np.where(preferred[:, half], -np.inf, mean_hz).max(axis=1)
        assert (lowest >= highest_other).all()


def test_choosing_stimuli_makes_no_response_of_noise():
    """Chosen and shown in the same presentations, the window's rate would be higher by a third."""
    rng = np.random.default_rng(2)
    row = np.repeat(np.arange(40), 6)
    counts = rng.poisson(0.1, (240, 400, 30))
    psth_hz, _ = response(counts, row)
    inside, outside = (psth_hz[:, part].mean(axis=1) for part in (IN_WINDOW, ~IN_WINDOW))
    difference = inside - outside
    standard_error = difference.std(ddof=1) / np.sqrt(400)
    assert standard_error < 0.1
    assert abs(difference.mean()) < 4 * standard_error
    placement, rates_hz = one_session(counts, row)
    circular = preferred_stimuli(rates_hz)[:, ::-1]
    psth_hz, _ = preferred_psth(*pool_counts([counts], placement), circular, BIN_MS)
    assert (psth_hz[:, IN_WINDOW].mean() - psth_hz[:, ~IN_WINDOW].mean()) > 3


@pytest.mark.parametrize("n_repetitions", [2, 5, 12])
def test_errors_are_those_over_repetitions_not_over_stimuli(n_repetitions):
    """SD over recordings of the same tuned sites; the preference is the same in all of them."""
    rng = np.random.default_rng(3)
    row = np.repeat(np.arange(16), n_repetitions)
    mean = np.where(np.arange(16) < 4, [[8.0], [4]], 0.5).T  # two sites, whose stimuli differ much
    mean[:4] *= [[1], [2], [1], [2]]
    counts = rng.poisson(np.tile(mean[row][:, :, None], (1, 150, 30)))
    psth_hz, error_hz = response(counts, row)
    for site in range(2):
        found, claimed = psth_hz[site::2], error_hz[site::2]
        ratio = claimed.mean() / found.std(axis=0, ddof=1).mean()
        # Never less than a Poisson process: E max(0, z) = 0.4 SD of the variance, half of it in SE.
        above = 0.2 * np.sqrt(2 / (4 * (n_repetitions - 1)))
        assert ratio == pytest.approx(1 + above, abs=0.05)


def test_repetitions_that_agree_by_chance_have_the_error_of_a_poisson_process():
    counts = np.ones((8, 1, 30), int)
    psth_hz, error_hz = response(counts, np.repeat(np.arange(4), 2))
    assert psth_hz == pytest.approx(np.full((1, 30), 100))
    assert error_hz == pytest.approx(np.full((1, 30), 100 / np.sqrt(2)))  # one in either half


@pytest.mark.parametrize("preferring", [0.05, 0.25, 1])
@pytest.mark.parametrize(("baseline_hz", "added_hz"), [(2, 40), (10, 40), (10, 150)])
@pytest.mark.parametrize("latency_ms", [60, 83, 120])
def test_planted_latencies_are_found_in_selective_and_unselective_sites(
    preferring, baseline_hz, added_hz, latency_ms
):
    """40 stimuli, 20 times each; a response to some of them or to all."""
    rng = np.random.default_rng(4)
    row = rng.permutation(np.repeat(np.arange(40), 20))
    share = np.clip((START + 10 - latency_ms) / 10, 0, 1)  # of each bin, from the latency on
    drive = (rng.permuted(np.tile(np.arange(40), (60, 1)), axis=1) < 40 * preferring).T[row]
    rate_hz = baseline_hz + added_hz * drive[:, :, None] * share
    counts = rng.poisson(rate_hz / 100)
    found = half_height_latency(*response(counts, row), np.full(60, float(baseline_hz)), START,
                                START + 10)
    is_found = np.isfinite(found)
    if preferring == 0.05 and added_hz == 40:  # two stimuli of ten: a fifth of the response
        assert is_found.mean() > 0
    else:
        assert is_found.mean() > 0.95
        assert np.median(found[is_found]) == pytest.approx(latency_ms, abs=4)
    assert np.mean(np.abs(found - latency_ms) > 20) < 0.06
