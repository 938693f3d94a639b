"""Reliability and latency against the truth that only a simulation knows."""

import numpy as np
import pandas as pd
import pytest

from italign.assemblies.latency import half_height_latency
from italign.assemblies.layout import Placement
from italign.assemblies.preferred import pool_counts, preferred_psth, preferred_stimuli
from italign.assemblies.quality import split_half_reliability
from italign.recordings.presentations import number_repetitions
from italign.recordings.protocol import schedule_trials
from italign.recordings.quality import column_correlation
from italign.recordings.rates import bin_counts, window_rates
from italign.recordings.spiking import (
    rate_trace,
    spike_times_ms,
    temporal_kernel,
    trial_gain,
    window_mean,
)

EDGES_MS = np.arange(-50, 251, 10.0)
N_STIMULI, N_REPETITIONS, N_SITES = 250, 8, 12


@pytest.fixture(scope="module")
def session():
    """Responses of a spike-only session, gain and bleeding-over included, and what was planted."""
    rng = np.random.default_rng(0)
    table, duration_ms = schedule_trials(
        np.arange(N_STIMULI), N_REPETITIONS, rng, image_on_ms=100, image_off_ms=100,
        fixation_ms=300, intertrial_ms=500, images_per_trial_min=5, images_per_trial_max=10,
        aborted_fraction=0.05,
    )
    latency_ms = rng.uniform(60, 90, N_SITES)
    kernel = temporal_kernel(latency_ms, 100)
    evoked_hz = rng.beta(1, 2, (N_STIMULI, N_SITES)) * np.linspace(20, 120, N_SITES)
    evoked = evoked_hz[table.stimulus_id] * trial_gain(len(table), N_SITES, 0.25, rng)
    onset_ms = np.rint(table.onset_s * 1e3).astype(int)
    trace = rate_trace(onset_ms, evoked, kernel, np.full(N_SITES, 15.0), duration_ms)
    times_ms = [spike_times_ms(trace[:, site], rng) for site in range(N_SITES)]
    channel = np.repeat(np.arange(N_SITES), [len(times) for times in times_ms])
    valid = table[table.aborted == 0]
    events = (np.concatenate(times_ms) / 1e3, channel, valid.onset_s.to_numpy(), N_SITES)
    rate_hz = window_rates(*events)
    responses = np.empty((N_STIMULI, N_REPETITIONS, N_SITES))
    responses[valid.stimulus_id, number_repetitions(valid.stimulus_id)] = rate_hz
    return {"responses": responses, "latency_ms": latency_ms,
            "stimulus": valid.stimulus_id.to_numpy(),
            "planted_hz": 15.0 + evoked_hz * window_mean(kernel, (70, 170)),
            "counts": bin_counts(*events, EDGES_MS),
            "baseline_hz": window_rates(*events, (0, 50)).mean(axis=0)}


def test_spearman_brown_recovers_the_squared_correlation_with_the_truth(session):
    responses, planted_hz = session["responses"], session["planted_hz"]
    truth = column_correlation(responses.mean(axis=1), planted_hz) ** 2
    estimate = split_half_reliability(responses, 20, seed=0)
    assert truth.min() < 0.5 < 0.8 < truth.max()
    # Over 250 stimuli a single site's estimate has an SE of up to 0.05.
    np.testing.assert_allclose(estimate, truth, atol=0.15)
    assert estimate.mean() == pytest.approx(truth.mean(), abs=0.03)


def test_mean_rates_are_the_planted_ones_plus_what_bleeds_over(session):
    responses, planted_hz = session["responses"], session["planted_hz"]
    excess_hz = responses.mean(axis=(0, 1)) - planted_hz.mean(axis=0)
    evoked_hz = planted_hz.mean(axis=0) - 15
    # The image 200 ms earlier adds its own mean response 270-370 ms after onset: under 5 %.
    error_hz = pd.DataFrame(responses.mean(axis=1)).sem().to_numpy()
    assert (np.abs(excess_hz) < 0.05 * evoked_hz + 4 * error_hz).all()


def test_half_height_comes_a_fixed_time_after_the_planted_onset(session):
    order = np.arange(len(session["stimulus"]))
    placement = Placement([session["stimulus"]], [np.arange(N_SITES)], [order], N_STIMULI, N_SITES)
    psth = preferred_psth(*pool_counts([session["counts"]], placement),
                          preferred_stimuli(session["responses"]), np.diff(EDGES_MS))
    found = half_height_latency(*psth, session["baseline_hz"], EDGES_MS[:-1], EDGES_MS[1:])
    late_ms = found - session["latency_ms"]
    assert np.median(late_ms) == pytest.approx(4, abs=1)  # the rise has a time constant of 6 ms
    assert late_ms.std() < 2  # of bins of 10
