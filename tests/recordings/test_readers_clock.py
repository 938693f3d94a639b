"""Segments from time stamps: gaps where they were planted, whatever the chunks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from italign.recordings.readers._clock import build_clock, cut_at_gaps
from italign.recordings.segments import check_segments, sample_time_s


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


@pytest.mark.parametrize(("ppm", "missing"), [(0.2, 1), (0.2, 5), (1.0, 10), (-1.0, 1)])
def test_a_clock_that_wobbles_between_gaps_keeps_their_size(ppm, missing):
    """Ten minutes at 30 kHz, then five and three at a rate that differs by under one ppm."""
    n, rate_hz, pieces, start = (18_000_000, 9_000_000, 5_400_000), 30_000, [], 0.0
    for length, actual_hz in zip(n, (rate_hz, *[rate_hz * (1 + ppm * 1e-6)] * 2), strict=True):
        last = start + (length - 1) / actual_hz * 1e9
        pieces.append((start, last, length))
        start = last + (1 + missing) / rate_hz * 1e9
    segments, findings = build_clock(pieces, 1e9 / rate_hz, 1e9, ValueError)
    check_segments(segments, "file")
    gaps = [line for line in findings if line["finding"] == "gap"]
    assert [line["n_samples"] for line in gaps] == [missing] * 2
    for line in gaps:
        assert line["duration_s"] == pytest.approx(missing / rate_hz, abs=1e-8)
    shifts = segments.start_s - np.array([first for first, _, _ in pieces]) / 1e9
    early_s = 300 * ppm * 1e-6 - missing / rate_hz  # the rate gives the second piece 300 s
    assert shifts[:2].tolist() == [0, 0]
    assert shifts[2] == pytest.approx(max(early_s, 0), abs=1e-8)
    said = [line for line in findings if line["finding"] == "clock_shift"]
    assert len(said) == (early_s > 0)
    if said:
        assert f"start up to {early_s * 1e6:.1f} us before" in said[0]["message"]


def test_an_overlap_beyond_drift_is_refused():
    pieces = [(0.0, 999.0, 1000), (1010.0, 1999.0, 1000), (2003.0, 2999.0, 997)]
    with pytest.raises(ValueError, match=r"starts at 2\.003000 s, before the one before it ends at "
                       r"2\.010000 s; expected a regular clock: make a session of each part"):
        build_clock(pieces, 1.0, 1000.0, ValueError)


def test_jitter_below_half_a_sample_changes_nothing():
    rng = np.random.default_rng(0)
    stamps = np.arange(10_000) + rng.uniform(-0.2, 0.2, 10_000)
    stamps[[0, -1]] = 0, 9999
    segments, findings = clock_of(stamps)
    assert (segments.sampling_rate_hz, segments.start_s.tolist(), findings) == (1000.0, [0.0], [])


def test_no_sample_is_refused():
    with pytest.raises(ValueError, match="holds no sample"):
        clock_of(np.zeros(0))
