"""Reliability, signal to noise and d' against planted values."""

import numpy as np
import pytest

from italign.assemblies.quality import (
    signal_to_noise,
    split_half_reliability,
    visual_drive_dprime,
)


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


def test_missing_trials_cost_no_more_than_their_share():
    responses = sites(np.full(30, 0.5), n_stimuli=300)
    fewer = responses.copy()
    fewer[np.random.default_rng(1).random(responses.shape[:2]) < 0.4] = np.nan
    keep = np.isfinite(fewer[:, :, 0]).sum(1) >= 2
    measured = split_half_reliability(fewer[keep], 20, seed=0).mean()
    assert measured == pytest.approx(0.25 / (0.25 + 1 / 6), abs=0.04)


def test_limits_of_reliability():
    noise = np.random.default_rng(2).standard_normal((3000, 8, 5))
    assert np.allclose(split_half_reliability(noise, 20, 0), 0, atol=0.1)
    exact = np.broadcast_to(np.arange(20.0)[:, None, None], (20, 4, 1))
    assert split_half_reliability(exact, 5, 0) == pytest.approx(1)
    dead = np.zeros((20, 4, 1))
    assert split_half_reliability(dead, 5, 0) == 0


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
