"""Half-height latency against planted responses; pooled means against the plain ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from italign.assemblies.latency import count_moments, half_height_latency, mean_psth
from italign.recordings.spiking import temporal_kernel

EDGES = np.arange(-50, 251, 10.0)
START, END = EDGES[:-1], EDGES[1:]


def step_psth(latency_ms, low_hz=10.0, high_hz=50.0):
    """Mean rate per bin of a rate that steps up at the latency, one site."""
    share = np.clip((END - latency_ms) / (END - START), 0, 1)
    return (low_hz + (high_hz - low_hz) * share)[None]


def latency(psth_hz, baseline_hz=10.0, error_hz=0.0):
    errors = np.full_like(psth_hz, error_hz)
    baseline = np.full(len(psth_hz), baseline_hz)
    return half_height_latency(psth_hz, errors, baseline, START, END)


@given(st.floats(10, 230))
def test_a_step_is_found_within_a_quarter_of_a_bin(latency_ms):
    """Half of the height is crossed between the centres beside the step."""
    assert latency(step_psth(latency_ms))[0] == pytest.approx(latency_ms, abs=2.5)


@given(st.floats(0.1, 100), st.floats(0, 500), st.integers(1, 10))
def test_gain_and_offset_change_nothing_and_a_shift_of_bins_is_one(gain, offset, n_bins):
    psth = step_psth(73.0) + 5 * np.exp(-((START - 120) ** 2) / 800)
    expected = latency(psth)
    changed = latency(gain * psth + offset, gain * 10 + offset)
    assert changed == pytest.approx(expected)
    assert latency(np.roll(psth, n_bins, axis=1)) == pytest.approx(expected + 10 * n_bins)


def test_a_ramp_is_exact():
    psth = 10 + np.clip((START + 5 - 60) / 80, 0, 1)[None] * 40  # from 60 to 140 ms
    assert latency(psth) == pytest.approx(100)


def test_the_simulated_response_is_found_a_fixed_time_after_its_onset():
    onset_ms = np.linspace(50, 100, 60)
    kernel = np.vstack([np.zeros((50, 60)), temporal_kernel(onset_ms, 100)])[:300]
    psth = 10 + 60 * kernel.reshape(30, 10, 60).mean(axis=1).T
    late_ms = latency(psth) - onset_ms
    assert late_ms.mean() == pytest.approx(4, abs=1)  # the rise has a time constant of 6 ms
    assert np.ptp(late_ms) < 3


def test_the_last_rise_before_the_peak_counts():
    psth = step_psth(130.0)
    psth[0, 8:10] = 35  # 30 to 50 ms: above half, then below
    assert latency(psth) == pytest.approx(130, abs=2.5)


def test_no_latency_without_a_response_above_noise():
    psth = np.concatenate([step_psth(80, 10, 12), step_psth(80, 10, 30), step_psth(80, 10, 4),
                           step_psth(-50), np.zeros((1, 30))])
    found = latency(psth, error_hz=1.0)
    assert np.isfinite(found).tolist() == [False, True, False, False, False]


def test_noise_alone_has_a_latency_in_fewer_than_one_site_of_a_hundred():
    counts = np.random.default_rng(0).poisson(0.15, (400, 500, 30))
    psth, error = mean_psth([count_moments(counts)], [np.arange(500)], 500, END - START)
    found = half_height_latency(psth, error, psth.mean(axis=1), START, END)
    assert np.isfinite(found).mean() < 0.01


def test_sessions_are_pooled_by_presentation():
    rng = np.random.default_rng(1)
    counts = [rng.poisson(2, (n, 2, 5)).astype(np.uint16) for n in (7, 4, 9)]
    columns = [np.array([2, 0]), np.array([0, 1]), np.array([1, 2])]
    bin_ms = np.array([10.0, 10, 20, 20, 5])
    psth, error = mean_psth(list(map(count_moments, counts)), columns, 3, bin_ms)
    for site in range(3):
        pooled = np.concatenate([c[:, list(column).index(site)] for c, column
                                 in zip(counts, columns, strict=True) if site in column])
        assert psth[site] == pytest.approx(pooled.mean(axis=0) * 1e3 / bin_ms)
        standard_error = pooled.std(axis=0, ddof=1) / np.sqrt(len(pooled))
        assert error[site] == pytest.approx(standard_error * 1e3 / bin_ms)


def test_large_counts_do_not_overflow_their_squares():
    counts = np.full((3, 1, 2), 60_000, np.uint16)
    total, square, n = count_moments(counts)
    assert (total == 180_000).all() and (square == 3 * 60_000.0**2).all() and n == 3


def test_bins_that_end_at_onset_are_refused():
    psth = np.ones((2, 5))
    with pytest.raises(ValueError, match=r"time bins span -50 to 0 ms from image onset, expected "
                                         r"some .*psth_end_ms"):
        half_height_latency(psth, psth, np.ones(2), START[:5], END[:5])
