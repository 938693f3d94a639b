import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from italign.recordings.detection_kernels import MOMENT_ROWS, count_values, moments
from italign.recordings.noise import center_and_sd, mean_and_sd, median_and_mad_sd
from italign.recordings.segments import gapless, stretches

COUNTS = arrays(np.int16, st.tuples(st.integers(1, 50), st.integers(1, 3)))


def histogram(counts):
    values = np.zeros((counts.shape[1], 2**16), np.int64)
    count_values(counts, values)
    return values


@given(COUNTS)
@settings(max_examples=100, deadline=None)
def test_exact_moments_agree_with_numpy(counts):
    exact = counts.astype(object)
    total, squares = moments(counts)
    assert total.tolist() == exact.sum(axis=0).tolist()
    assert squares.tolist() == (exact**2).sum(axis=0).tolist()
    mean, sd = mean_and_sd(len(counts), total, squares)
    np.testing.assert_allclose(mean, counts.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(sd, counts.std(axis=0), rtol=1e-9, atol=1e-9)


def test_moments_of_the_largest_counts_do_not_overflow():
    for value in (-(2**15), 2**15 - 1):
        counts = np.full((3 * MOMENT_ROWS + 5, 2), value, np.int16)
        total, squares = moments(counts)
        assert total.tolist() == [len(counts) * value] * 2
        assert squares.tolist() == [len(counts) * value**2] * 2


def test_sd_of_a_small_signal_on_a_large_offset_keeps_its_digits():
    counts = np.tile(np.array([[32_000], [32_001]], np.int16), (100_000, 1))
    mean, sd = mean_and_sd(len(counts), *moments(counts))
    assert (mean[0], sd[0]) == (32_000.5, 0.5)


@given(COUNTS)
@settings(max_examples=100, deadline=None)
def test_median_and_mad_by_histogram_are_the_sorted_ones(counts):
    median, sd = median_and_mad_sd(histogram(counts))
    wide = counts.astype(float)
    np.testing.assert_array_equal(median, np.median(wide, axis=0))
    np.testing.assert_array_equal(sd, np.median(np.abs(wide - median), axis=0) / 0.6745)


@given(COUNTS, st.integers(1, 50), st.integers(1, 3), st.sampled_from(["sd", "mad"]))
@settings(max_examples=50, deadline=None)
def test_stretches_and_threads_change_no_bit(counts, chunk_samples, threads, estimator):
    parts = stretches(gapless(len(counts), 1000.0), chunk_samples)

    def measured(parts, threads):
        return center_and_sd(lambda start, stop: counts[start:stop], parts, counts.shape[1],
                             counts.dtype, estimator, threads)

    whole = measured(stretches(gapless(len(counts), 1000.0), len(counts)), 1)
    np.testing.assert_array_equal(measured(parts, threads), whole)


def test_both_estimators_agree_on_a_normal_trace_and_spikes_move_the_mad_less():
    rng = np.random.default_rng(0)
    counts = np.rint(rng.normal(0, 400, (200_000, 1))).astype(np.int16)
    parts = stretches(gapless(len(counts), 1000.0), 10_000)

    def sd(estimator):
        return center_and_sd(lambda start, stop: counts[start:stop], parts, 1, counts.dtype,
                             estimator)[1][0]

    # Standard errors: 0.16 % of the SD, 0.26 % of the MAD.
    np.testing.assert_allclose([sd("sd"), sd("mad")], 400, rtol=0.01)
    counts[::200] = -12_000  # 0.5 % of the samples, at 30 SD
    assert sd("sd") > 2 * 400
    assert sd("mad") < 1.01 * 400
