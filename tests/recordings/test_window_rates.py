import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from italign.recordings.rates import (
    bin_counts,
    bin_edges_ms,
    check_windows,
    window_rates,
    within_segments,
)

TICKS = st.integers(0, 200)  # of 10 ms: events and window edges coincide often


@given(
    st.lists(st.tuples(TICKS, st.integers(0, 2)), max_size=60),
    st.lists(TICKS, min_size=1, max_size=10),
    st.integers(-10, 20),
    st.integers(1, 30),
)
@settings(max_examples=100, deadline=None)
def test_rates_are_the_brute_force_counts(events, onsets, start, length):
    ticks, channels = (np.array(column, int) for column in zip(*events, strict=True)) if events \
        else (np.array([], int), np.array([], int))
    window_ms = (10 * start, 10 * (start + length))
    rates = window_rates(ticks / 100, channels, np.array(onsets) / 100, 3, window_ms)
    for row, onset in enumerate(onsets):
        for column in range(3):
            of_channel = ticks[channels == column] - onset
            count = np.sum((of_channel >= start) & (of_channel < start + length))
            assert rates[row, column] == pytest.approx(count * 100 / length)


def test_the_window_includes_its_start_and_excludes_its_end():
    crossing_s = np.array([0.37, 0.47, 0.4699])
    assert window_rates(crossing_s, np.zeros(3, int), [0.3], 1)[0, 0] == 20.0
    assert window_rates(crossing_s[:1], np.zeros(1, int), [0.3], 1)[0, 0] == 10.0
    assert window_rates(crossing_s[1:2], np.zeros(1, int), [0.3], 1)[0, 0] == 0.0


def test_every_sample_of_the_grid_falls_into_exactly_one_of_adjacent_windows():
    samples = np.arange(200_000)
    onset_s = 0.1 * np.arange(99)
    counts = window_rates(samples / 20_000, 0 * samples, onset_s, 1) * 0.1
    assert (counts == 2000).all()


def test_overlapping_windows_count_an_event_each_and_silent_channels_are_zero():
    rates = window_rates([0.5], [1], [0.39, 0.40, 0.42], 3, (70, 170))
    np.testing.assert_array_equal(rates, [[0, 10, 0]] * 3)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"crossing_s": [0.1, np.nan]}, "crossing_s has 1 NaN or infinite of 2 times"),
        ({"onset_s": [np.inf]}, "onset_s has 1 NaN or infinite of 1 times"),
        ({"channel": [0, 5]}, r"channel runs from 0 to 5, expected indices in \[0, 2\)"),
        ({"channel": [0]}, r"crossing_s has shape \(2,\) and channel \(1,\)"),
        ({"window_ms": (170, 70)}, r"window is \[170, 70\) ms, expected start < end"),
    ],
)
def test_bad_events_are_refused(changed, message):
    good = {"crossing_s": [0.1, 0.2], "channel": [0, 1], "onset_s": [0.0], "n_channels": 2}
    with pytest.raises(ValueError, match=message):
        window_rates(**good | changed)


EVENTS = st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 2)), max_size=80)  # 20 kHz


@given(EVENTS, st.lists(st.integers(1_000, 30_000), min_size=1, max_size=8),
       st.integers(-5, 5), st.integers(1, 12), st.integers(0, 12))
@settings(max_examples=100, deadline=None)
def test_bins_add_up_to_the_window_that_they_fill(events, onsets, start, n_bins, first):
    sample, channel = np.array(events, int).reshape(-1, 2).T
    given_ = (sample / 20_000, channel, np.array(onsets) / 20_000, 3)
    edge_ms = bin_edges_ms(10 * start, 10 * (start + n_bins), 10)
    first = min(first, n_bins - 1)
    counts = bin_counts(*given_, edge_ms)
    assert counts.dtype == np.uint16
    window_ms = (edge_ms[first], edge_ms[-1])
    rates = window_rates(*given_, window_ms)
    total = counts[:, :, first:].sum(axis=2, dtype=int)
    np.testing.assert_array_equal(total * 1e3 / (window_ms[1] - window_ms[0]), rates)


def test_bins_are_numpys_histogram():
    rng = np.random.default_rng(0)
    sample, channel = rng.integers(0, 40_000, 3000), rng.integers(0, 4, 3000)
    onset_s, edge_ms = np.array([0.3, 0.55, 1.1]), bin_edges_ms(-50, 250, 10)
    counts = bin_counts(sample / 20_000, channel, onset_s, 4, edge_ms)
    for row, onset in enumerate(onset_s):
        edges = np.rint((onset + edge_ms / 1e3) * 20_000)
        expected, *_ = np.histogram2d(channel, sample, [np.arange(5), edges - 0.5])
        np.testing.assert_array_equal(counts[row], expected)


def test_more_crossings_than_a_bin_can_hold_are_refused():
    crossing_s = np.full(70_000, 0.1)
    with pytest.raises(ValueError, match="channel 0 has 70000 crossings in one bin"):
        bin_counts(crossing_s, np.zeros(70_000, int), [0.05], 1, [0, 100])


def test_bins_must_divide_their_range():
    assert bin_edges_ms(-50, 250, 10).tolist() == list(range(-50, 260, 10))
    np.testing.assert_allclose(bin_edges_ms(0, 1, 0.1), np.arange(11) / 10)
    for start_ms, end_ms, width_ms in ((-50, 255, 10), (0, 0, 10), (100, 0, 10)):
        with pytest.raises(ValueError, match=r"bins of 10 ms do not divide.*recordings\.rates"):
            bin_edges_ms(start_ms, end_ms, width_ms)


@given(st.lists(st.integers(0, 100), min_size=4, max_size=12, unique=True),
       st.lists(st.integers(-20, 120), min_size=1, max_size=20), st.integers(-5, 5),
       st.integers(1, 10))
@settings(max_examples=200, deadline=None)
def test_a_window_is_whole_if_every_tick_of_it_was_recorded(borders, onsets, start, length):
    borders = sorted(borders)[: len(borders) // 2 * 2]
    starts, ends = np.array(borders[::2]), np.array(borders[1::2])
    recorded = {tick for pair in zip(starts, ends, strict=True) for tick in range(*pair)}
    whole = within_segments(np.array(onsets) / 100, (10 * start, 10 * (start + length)),
                            starts / 100, ends / 100)
    expected = [recorded.issuperset(range(onset + start, onset + start + length))
                for onset in onsets]
    assert whole.tolist() == expected


def test_windows_outside_the_recording_are_refused():
    check_windows(np.array([0.05, 9.83]), (-50, 170), (0.0, 10.0), "table")
    with pytest.raises(ValueError, match=r"table: .*at 9.840 s spans 9.910 to 10.010 s"):
        check_windows(np.array([0.05, 9.84]), (70, 170), (0.0, 10.0), "table")
    with pytest.raises(ValueError, match=r"outside the recording of 0.000 to 10.000 s \(1 such"):
        check_windows(np.array([0.04]), (-50, 50), (0.0, 10.0), "table")
    check_windows(np.array([-1.0]), (-50, 50), (-2.0, 10.0), "a clock that starts before 0")
