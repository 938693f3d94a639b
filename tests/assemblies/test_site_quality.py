"""Reliability and its interval, signal to noise, d' and Fano factor against planted values."""

import numpy as np
import pytest

from italign.assemblies.quality import (
    fano_factor,
    reliability_interval,
    signal_to_noise,
    split_half_reliability,
    visual_drive_dprime,
)
from italign.recordings.quality import column_correlation


def sites(signal_sd, n_stimuli=400, n_repetitions=10, seed=0):
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal((n_stimuli, 1, len(signal_sd))) * signal_sd
    return 5 + signal + rng.standard_normal((n_stimuli, n_repetitions, len(signal_sd)))


def test_reliability_is_the_variance_ratio_of_the_average():
    signal_sd, n_repetitions = np.array([0.2, 0.5, 1, 2]), 10
    expected = signal_sd**2 / (signal_sd**2 + 1 / n_repetitions)
    measured = split_half_reliability(sites(signal_sd, 4000), 20, seed=0)
    assert np.allclose(measured, expected, atol=0.02)


def test_reliability_of_two_repetitions_is_their_corrected_correlation():
    responses = sites(np.array([1.0, 0.4]), n_repetitions=2)
    r = [np.corrcoef(responses[:, 0, k], responses[:, 1, k])[0, 1] for k in range(2)]
    expected = [2 * v / (1 + v) for v in r]
    # Halves swap between stimuli, which leaves only sampling differences.
    assert np.allclose(split_half_reliability(responses, 50, seed=0), expected, atol=0.03)


@pytest.mark.parametrize("n_repetitions", [2, 3, 5, 8])
def test_odd_numbers_of_repetitions_bias_nothing(n_repetitions):
    """Within 4 SE over 200 sites; the halves of 3 are 1 and 1, extended to 3."""
    responses = sites(np.full(200, 2 / 3), 1000, n_repetitions)
    expected = 1 / (1 + 2.25 / n_repetitions)
    found = split_half_reliability(responses, 10, 0)
    standard_error = found.std(ddof=1) / np.sqrt(200)
    assert standard_error < 0.004
    assert abs(found.mean() - expected) < 4 * standard_error
    low, high = reliability_interval(responses[:, :, :20], 10, 0)
    assert np.mean((low < expected) & (expected < high)) > 0.8


def test_each_site_is_extended_by_its_own_repetitions():
    """Half of the stimuli twice, half five times: noise of (1/2 + 1/5) / 2."""
    responses = sites(np.full(200, 2 / 3), 1000, 5)
    responses[:500, 2:, :100] = np.nan
    found = split_half_reliability(responses, 10, 0)
    for part, noise in ((slice(100), 0.35), (slice(100, 200), 0.2)):
        assert found[part].mean() == pytest.approx(1 / (1 + 2.25 * noise), abs=0.01)


def test_missing_trials_cost_no_more_than_their_share():
    responses = sites(np.full(30, 0.5), n_stimuli=300)
    fewer = responses.copy()
    fewer[np.random.default_rng(1).random(responses.shape[:2]) < 0.4] = np.nan
    keep = np.isfinite(fewer[:, :, 0]).sum(1) >= 2
    measured = split_half_reliability(fewer[keep], 20, seed=0).mean()
    noise = (1 / np.isfinite(fewer[keep]).sum(axis=1)).mean()
    assert measured == pytest.approx(0.25 / (0.25 + noise), abs=0.02)


def test_limits_of_reliability():
    noise = np.random.default_rng(2).standard_normal((3000, 8, 5))
    assert np.allclose(split_half_reliability(noise, 20, 0), 0, atol=0.1)
    exact = np.broadcast_to(np.arange(20.0)[:, None, None], (20, 4, 1))
    assert split_half_reliability(exact, 5, 0) == pytest.approx(1)
    dead = np.zeros((20, 4, 1))
    assert split_half_reliability(dead, 5, 0) == 0


def test_intervals_hold_the_planted_reliability_as_often_as_they_say():
    """95 % over 20 draws of 30 sites, within 3 SE of that share."""
    signal_sd = np.tile([0.2, 0.5, 1], 10)
    expected = signal_sd**2 / (signal_sd**2 + 1 / 10)
    held = []
    for seed in range(20):
        low, high = reliability_interval(sites(signal_sd, 120, seed=seed), 10, seed)
        held.append((low <= expected) & (expected <= high))
    assert np.mean(held) == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 600))


def test_intervals_lie_around_the_estimates_and_narrow_with_stimuli():
    widths = []
    for n_stimuli in (200, 1800):
        responses = sites(np.full(20, 0.5), n_stimuli)
        estimate = split_half_reliability(responses, 10, 4)
        low, high = reliability_interval(responses, 10, 4)
        assert ((low < estimate) & (estimate < high)).all()
        widths.append((high - low).mean())
    assert widths[0] / widths[1] == pytest.approx(3, rel=0.05)  # 1 / sqrt(n)
    assert np.array_equal(reliability_interval(np.zeros((20, 4, 2)), 3, 0), np.zeros((2, 2)))


def test_a_plan_of_resampling_counts_stimuli_as_often_as_it_says():
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((2, 12, 3))
    x[:, 2] = 0.1
    times = rng.multinomial(12, np.full(12, 1 / 12), size=4)
    found = column_correlation(x, y, times)
    for row, weights in zip(found, times, strict=True):
        again = np.repeat(np.arange(12), weights)
        expected = [np.corrcoef(x[again, k], y[again, k])[0, 1] for k in range(2)]
        assert row[:2] == pytest.approx(expected)
        assert np.isnan(row[2])


def test_signal_to_noise_is_the_planted_ratio():
    signal_sd = np.array([0.5, 1, 3])
    measured = signal_to_noise(sites(signal_sd, 4000, 40))
    assert np.allclose(measured, np.sqrt(signal_sd**2 + 1 / 40), rtol=0.04)
    assert np.isnan(signal_to_noise(np.ones((5, 4, 1)))).all()


def test_visual_drive_is_the_distance_in_sd():
    rng = np.random.default_rng(3)
    baseline = rng.standard_normal((300, 10, 2)) + 4
    driven = rng.standard_normal((300, 10, 2)) + [6, 4]
    driven[0, 0], baseline[0, 0] = np.nan, np.nan
    assert np.allclose(visual_drive_dprime(driven, baseline), [2, 0], atol=0.08)


def counts_in_hz(rng, mean_count, fano, shape, window_ms):
    """Negative binomial counts of that variance over mean, as rates."""
    gain = rng.gamma(mean_count / (fano - 1), fano - 1, shape) if fano > 1 else mean_count
    return rng.poisson(gain, shape) * 1e3 / window_ms


@pytest.mark.parametrize("fano", [1, 1.5, 3])
def test_fano_factor_is_variance_over_mean_of_counts(fano):
    rng = np.random.default_rng(6)
    responses = counts_in_hz(rng, 8, fano, (300, 400, 2), window_ms=100)
    assert np.allclose(fano_factor(responses, 100), fano, rtol=0.02)
    # Other stimuli drive more, which is no variability.
    responses *= np.linspace(1, 1.0001, 300)[:, None, None]
    assert np.allclose(fano_factor(responses, 100), fano, rtol=0.02)


def test_few_repetitions_of_poisson_counts_show_less_by_the_share_stated():
    rng = np.random.default_rng(7)
    for n_repetitions, less in ((8, 0.09), (16, 0.05)):
        responses = counts_in_hz(rng, 20, 1, (4000, n_repetitions, 1), 100)
        assert fano_factor(responses, 100)[0] == pytest.approx(1 - less, abs=0.02)


def test_fano_factor_scales_with_the_count_and_ignores_silent_stimuli():
    rng = np.random.default_rng(8)
    responses = counts_in_hz(rng, 3, 2, (50, 12, 2), 100)
    responses[0, 3:] = np.nan
    expected = fano_factor(responses, 100)
    assert np.allclose(fano_factor(2 * responses, 100), 2 * expected)
    assert np.allclose(fano_factor(responses, 200), 2 * expected)
    silent = np.concatenate([np.zeros((80, 12, 2)), responses])
    assert np.allclose(fano_factor(silent, 100), expected)
    assert np.isnan(fano_factor(np.zeros((5, 4, 1)), 100)).all()
