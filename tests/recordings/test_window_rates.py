import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from italign.recordings.rates import check_windows, window_rates

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


def test_windows_outside_the_recording_are_refused():
    check_windows(np.array([0.05, 9.83]), (-50, 170), 10.0, "table")
    with pytest.raises(ValueError, match=r"table: .*at 9.840 s spans 9.910 to 10.010 s"):
        check_windows(np.array([0.05, 9.84]), (70, 170), 10.0, "table")
    with pytest.raises(ValueError, match="outside the recording"):
        check_windows(np.array([0.04]), (-50, 50), 10.0, "table")
