"""Segments from time stamps: gaps where they were planted, whatever the chunks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from italign.recordings.readers._clock import build_clock, cut_at_gaps
from italign.recordings.segments import sample_time_s


def clock_of(stamps, ticks_per_sample=1.0, ticks_per_s=1000.0, borders=()):
    chunks = [chunk for chunk in np.split(np.asarray(stamps), sorted(borders)) if len(chunk)]
    return build_clock(cut_at_gaps(chunks, ticks_per_sample), ticks_per_sample, ticks_per_s,
                       lambda text: ValueError(f"file: {text}"))


@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=6),
       missing=st.lists(st.integers(1, 50), min_size=6, max_size=6),
       first=st.integers(-100, 100), borders=st.lists(st.integers(1, 150), max_size=6))
def test_gaps_are_found_whatever_the_chunks(lengths, missing, first, borders):
    steps = np.ones(sum(lengths), int)
    starts = np.cumsum([0, *lengths[:-1]])
    steps[starts] += missing[: len(lengths)]
    steps[0] = first
    stamps = np.cumsum(steps)
    segments, findings = clock_of(stamps, borders=borders)
    np.testing.assert_array_equal(segments.start_sample, starts)
    np.testing.assert_allclose(sample_time_s(segments, np.arange(len(stamps))), stamps / 1000)
    assert [line["n_samples"] for line in findings] == missing[1 : len(lengths)]
    lost_s = sum(line["duration_s"] for line in findings)
    assert lost_s == pytest.approx(sum(missing[1 : len(lengths)]) / 1000)


@pytest.mark.parametrize(("step", "n_segments"), [(0.6, 1), (1.4, 1), (1.5, 2), (2.0, 2)])
def test_half_a_sample_is_the_border_of_a_gap(step, n_segments):
    stamps = np.concatenate([np.arange(100.0), 99 + step + np.arange(100.0)])
    assert len(clock_of(stamps)[0].start_s) == n_segments


@pytest.mark.parametrize("step", [-50, 0])
def test_a_clock_that_runs_backwards_is_refused(step):
    stamps = np.concatenate([np.arange(100), 99 + step + np.arange(100)])
    with pytest.raises(ValueError, match=r"backwards: sample 100 is stamped .*, the one before it "
                       r"0\.099000 s"):
        clock_of(stamps)


def test_a_drifting_clock_is_measured():
    """50 ppm over 1,000,000 samples are 50 samples: times must follow the stamps, not the rate."""
    stamps = np.arange(1_000_000) * (1000 / 30 / (1 + 50e-6))  # microseconds, 30 kHz nominal
    segments, findings = clock_of(stamps, 1000 / 30, 1e6)
    assert segments.sampling_rate_hz == pytest.approx(30_000 * (1 + 50e-6), rel=1e-9)
    assert [line["finding"] for line in findings] == ["clock_rate"]
    assert "+50.0 ppm" in findings[0]["message"]
    times = sample_time_s(segments, np.arange(len(stamps)))
    assert np.abs(times - stamps / 1e6).max() < 1e-9


def test_jitter_below_half_a_sample_changes_nothing():
    rng = np.random.default_rng(0)
    stamps = np.arange(10_000) + rng.uniform(-0.2, 0.2, 10_000)
    stamps[[0, -1]] = 0, 9999
    segments, findings = clock_of(stamps)
    assert (segments.sampling_rate_hz, segments.start_s.tolist(), findings) == (1000.0, [0.0], [])


def test_no_sample_is_refused():
    with pytest.raises(ValueError, match="holds no sample"):
        clock_of(np.zeros(0))
