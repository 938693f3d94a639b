"""How a recording is cut, read and held together again changes nothing."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from italign.recordings.detection import find_crossings
from italign.recordings.detection_kernels import edges
from italign.recordings.detection_rule import DetectionRule, thresholds
from italign.recordings.segments import (
    Segments,
    check_segments,
    clock_sample,
    gapless,
    sample_time_s,
    stretches,
)
from italign.recordings.streaming import in_order

RATE_HZ = 1000.0
BAND = {"band_pass_low_hz": 100.0, "band_pass_high_hz": 300.0}
OPTIONS = [
    {}, {"edge": "rising"}, {"edge": "both"}, {"sd_estimator": "mad"}, {"dead_time_ms": 12.0},
    {"sd_start_s": 1.5, "sd_end_s": 6.25}, BAND, {**BAND, "sd_estimator": "mad", "edge": "both"},
    {**BAND, "sd_start_s": 1.5, "sd_end_s": 6.25, "dead_time_ms": 3.0},
]


def recording(n_samples=7000, n_channels=3, gaps=True):
    counts = np.random.default_rng(0).normal(5, 40, (n_samples, n_channels)).astype(np.int16)
    starts, start_s = ([0, 2000, 2001, 5500], [0.0, 2.5, 2.7, 6.2]) if gaps else ([0], [0.0])
    return counts, Segments(np.array(starts), np.array(start_s), n_samples, RATE_HZ)


def found(counts, segments, options, threads=1, chunk_samples=2**15):
    result = find_crossings(lambda start, stop: counts[start:stop], segments,
                            np.arange(counts.shape[1]), DetectionRule(2.0, **options),
                            source="test", threads=threads, chunk_samples=chunk_samples)
    pairs = list(result.crossings)
    return [result.center, result.sd, *(np.concatenate(column) for column in zip(*pairs,
                                                                                  strict=True))]


@pytest.fixture(scope="module", params=OPTIONS, ids=str)
def expected(request):
    counts, segments = recording()
    return request.param, counts, segments, found(counts, segments, request.param)


@given(chunk_samples=st.integers(40, 9000), threads=st.integers(1, 4))
@settings(max_examples=12, deadline=None)
def test_length_of_stretches_and_threads_change_no_bit(expected, chunk_samples, threads):
    options, counts, segments, whole = expected
    cut = found(counts, segments, options, threads, chunk_samples)
    assert whole[2].size > 100
    for one, other in zip(cut, whole, strict=True):
        assert one.tobytes() == other.tobytes()


def test_blocks_of_the_filter_do_not_show(monkeypatch):
    counts, segments = recording(20_000, gaps=False)
    whole = found(counts, segments, BAND)
    monkeypatch.setattr("italign.recordings.filtering.BLOCK_SAMPLES", 700)
    for chunk_samples in (64, 700, 999):
        cut = found(counts, segments, BAND, 2, chunk_samples)
        np.testing.assert_array_equal(cut[2:], whole[2:])


@given(arrays(np.int16, st.tuples(st.integers(1, 40), st.integers(1, 3)),
              elements=st.integers(-3, 3)),
       st.lists(st.integers(1, 39), max_size=4), st.integers(1, 40), st.integers(1, 3))
@settings(max_examples=200, deadline=None)
def test_no_crossing_is_lost_or_doubled_at_a_border_and_none_spans_a_gap(
    counts, gaps, chunk_samples, threads
):
    starts = np.unique([0, *(gap for gap in gaps if gap < len(counts))])
    segments = Segments(starts, 100.0 * np.arange(len(starts)), len(counts), RATE_HZ)
    # Few values, so that many samples lie on the threshold or change sides.
    assume((counts.std(axis=0) > 0).all())
    center, sd, sample, channel = found(counts, segments, {"edge": "both"}, threads, chunk_samples)
    below, above = counts < center - 2 * sd, counts > center + 2 * sd
    slow = [(row, column) for row in range(1, len(counts)) for column in range(counts.shape[1])
            if row not in starts and ((below[row, column] and not below[row - 1, column])
                                      or (above[row, column] and not above[row - 1, column]))]
    assert list(zip(sample.tolist(), channel.tolist(), strict=True)) == slow


@given(arrays(np.int16, st.tuples(st.integers(2, 60), st.integers(1, 3))),
       st.floats(-32_767, 32_767), st.floats(0, 10_000))
@settings(max_examples=100, deadline=None)
def test_whole_number_thresholds_are_the_real_ones(counts, center, sd):
    assume(abs(center) + sd <= 32_767)
    rule = DetectionRule(1.0, "both")
    centers, sds = np.full(counts.shape[1], center), np.full(counts.shape[1], sd)
    exact = edges(counts.astype(float), *thresholds(centers, sds, rule, np.dtype(float)))
    found = edges(counts, *thresholds(centers, sds, rule, counts.dtype))
    np.testing.assert_array_equal(found, exact)


@pytest.mark.parametrize("options", [{}, {"sd_estimator": "mad"}, {**BAND, "dead_time_ms": 5.0}])
def test_memory_does_not_grow_with_the_recording(options):
    piece = np.random.default_rng(1).normal(0, 40, (2**16, 4)).astype(np.int16)

    def peak(n_pieces):
        segments = gapless(n_pieces * len(piece), RATE_HZ)
        tracemalloc.start()
        for _ in find_crossings(
            lambda start, stop: piece[np.arange(start, stop) % len(piece)], segments, np.arange(4),
            DetectionRule(3.0, **options), source="test", threads=2,
        ).crossings:
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(1)  # compiles
    # What waits in line differs from run to run: four stretches of 0.26 MB beside the work itself.
    assert peak(32) < 1.25 * peak(8) + 1e6


def test_a_filter_starts_anew_in_each_segment():
    counts, segments = recording()
    together = found(counts, segments, {**BAND, "sd_start_s": 2.7, "sd_end_s": 6.1})
    alone = counts[2001:5500]
    apart = found(alone, gapless(len(alone), RATE_HZ), {**BAND, "sd_end_s": 3.4})
    np.testing.assert_array_equal(together[:2], apart[:2])
    inside = (together[2] >= 2001) & (together[2] < 5500)
    np.testing.assert_array_equal(together[2][inside] - 2001, apart[2])


def test_dead_time_runs_on_the_clock_across_gaps():
    counts = np.zeros((3000, 1), np.int16)
    counts[[500, 995, 1001, 1500, 1502]] = -500
    segments = Segments(np.array([0, 1000]), np.array([0.0, 1.5]), 3000, RATE_HZ)
    # 995 to 1001 are 6 samples, but 506 ms.
    assert found(counts, segments, {"dead_time_ms": 20.0})[2].tolist() == [500, 995, 1001, 1500]


def test_time_of_a_sample_is_its_segments_clock():
    segments = Segments(np.array([0, 100, 250]), np.array([-0.05, 0.4, 2.0]), 300, RATE_HZ)
    sample = np.array([0, 99, 100, 249, 250, 299])
    np.testing.assert_allclose(sample_time_s(segments, sample),
                               [-0.05, 0.049, 0.4, 0.549, 2.0, 2.049], atol=1e-12)
    np.testing.assert_array_equal(clock_sample(segments, sample),
                                  [-50, 49, 400, 549, 2000, 2049])
    np.testing.assert_allclose(segments.end_s, [0.05, 0.55, 2.05])


@given(st.integers(1, 400), st.integers(-4000, 12_000), st.integers(0, 12_000))
@settings(max_examples=100, deadline=None)
def test_stretches_cover_the_interval_once_and_join_inside_segments(chunk, start, length):
    start_s, length_s = start / 4000, length / 4000  # quarters of a sample
    segments = Segments(np.array([0, 100, 250]), np.array([-0.05, 0.4, 2.0]), 300, RATE_HZ)
    parts = stretches(segments, chunk, start_s, start_s + length_s)
    covered = [sample for part in parts for sample in range(part.start, part.stop)]
    time_s = sample_time_s(segments, np.arange(300))
    inside = (time_s >= start_s - 1e-9) & (time_s < start_s + length_s - 1e-9)
    assert covered == np.flatnonzero(inside).tolist()
    ends = {part.stop for part in parts}
    for part in parts:
        assert 0 < part.stop - part.start <= chunk
        assert part.joins == (part.start in ends and part.start not in segments.start_sample)


@pytest.mark.parametrize(
    ("start_sample", "start_s", "message"),
    [
        ([5, 100], [0, 1], "x: segments start at samples .5, 100., expected 0 first"),
        ([0, 100, 100], [0, 1, 2], "expected 0 first, then ascending"),
        ([0, 300], [0, 1], "below 300"),
        ([0, 100], [0.0, 0.05], "segment 1 starts at 0.050000 s, expected at or after the end of"),
    ],
)
def test_segments_out_of_order_are_refused(start_sample, start_s, message):
    segments = Segments(np.array(start_sample), np.array(start_s, float), 300, RATE_HZ)
    with pytest.raises(ValueError, match=message):
        check_segments(segments, "x")


def test_results_come_in_order_and_no_more_than_asked_for_wait():
    started = []

    def work(item):
        started.append(item)
        return item

    for threads in (1, 3):
        started.clear()
        results = in_order(work, range(100), threads)
        assert [next(results) for _ in range(5)] == list(range(5))
        assert len(started) <= 5 + 2 * threads
        assert list(results) == list(range(5, 100))


def test_an_error_in_a_thread_reaches_the_caller():
    def fail(item):
        raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item 0"):
        list(in_order(fail, range(10), 2))
