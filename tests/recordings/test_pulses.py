"""Pulses of sync lines: planted edges are found, whatever the chunks, noise and chatter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from italign.recordings.pulses import (
    analog_pulses,
    digital_pulses,
    drop_chatter,
    pulse_times,
    two_levels,
)
from italign.recordings.records import Level, Marks
from italign.recordings.segments import Segments, gapless
from italign.recordings.sync import session_pulses, sync_pulses


def cut(line, borders):
    return np.split(line, sorted(borders))


def plain_edges(line, edge):
    """Second formula: sample i is an edge if i - 1 is on the other side."""
    step = np.diff((line != 0).astype(int))
    return np.flatnonzero(step == (1 if edge == "rising" else -1)) + 1


lines = st.lists(st.integers(0, 1), min_size=2, max_size=60).map(np.array)


@given(line=lines, borders=st.lists(st.integers(1, 58), max_size=5),
       edge=st.sampled_from(["rising", "falling"]))
def test_digital_edges_do_not_depend_on_the_chunks(line, borders, edge):
    chunks = [chunk for chunk in cut(line, borders) if len(chunk)]
    np.testing.assert_array_equal(digital_pulses(chunks, edge), plain_edges(line, edge))


@given(line=lines.filter(lambda x: 0 < x.mean() < 1), gain=st.integers(-9000, 9000).filter(bool),
       offset=st.integers(-5000, 5000), borders=st.lists(st.integers(1, 58), max_size=5))
def test_analog_edges_follow_the_line_under_gain_and_offset(line, gain, offset, borders):
    chunks = [chunk for chunk in cut(gain * line + offset, borders) if len(chunk)]
    # A negative gain swaps the edges.
    same = plain_edges(line, "rising" if gain > 0 else "falling")
    np.testing.assert_array_equal(analog_pulses(lambda: chunks, "rising"), same)
    floats = [chunk / 7 for chunk in chunks]
    np.testing.assert_array_equal(analog_pulses(lambda: floats, "rising"), same)


def test_noise_on_a_slow_ramp_counts_once():
    rng = np.random.default_rng(0)
    ramp = np.concatenate([np.zeros(500), np.linspace(0, 1000, 200), np.full(500, 1000.0),
                           np.linspace(1000, 0, 200), np.zeros(500)])
    noisy = np.tile(ramp, 5) + rng.normal(0, 40, 5 * len(ramp))
    for edge, expected in (("rising", 600), ("falling", 1300)):
        found = analog_pulses(lambda: [noisy], edge)
        # The first sample beyond the middle comes up to three SD of the noise (24 samples) early.
        assert len(found) == 5
        assert (np.abs(found - expected - len(ramp) * np.arange(5)) <= 30).all()


def test_an_artefact_does_not_move_the_levels():
    line = np.tile(np.repeat([100, 3000], 500), 50).astype(np.int16)
    line[12_345] = 32_767
    assert two_levels(lambda: [line]) == (100, 3000)


@pytest.mark.parametrize(
    ("line", "message"),
    [(np.full(100, 7), "is 7 throughout"), (np.arange(20_000), "has no two levels"),
     (np.random.default_rng(0).normal(size=20_000), "has no two levels"),
     (np.array([0.0, np.nan, 1.0]), "holds NaN or infinite values")],
)
def test_a_line_without_pulses_is_refused(line, message):
    with pytest.raises(ValueError, match=message):
        analog_pulses(lambda: [line], "rising")


def test_a_line_without_samples_is_refused():
    with pytest.raises(ValueError, match="holds no sample, expected at least one"):
        analog_pulses(lambda: [], "rising")


SESSION = {"session": "m1-a", "sync_channel": "DIN-02"}


@pytest.mark.parametrize("sync", [
    Level(gapless(9, 10.0), lambda: iter([np.zeros(5), np.zeros(4)]), digital=True),
    Level(gapless(9, 10.0), lambda: iter([np.arange(9) < 5]), digital=True),  # only falls
    Level(Segments(np.array([0, 5]), np.array([0.0, 3.0]), 9, 10.0),
          lambda: iter([np.arange(9) >= 5]), digital=True),  # rises in a gap
    Marks(np.zeros(0), np.zeros(0, int)), Marks(np.zeros(0)),
    Marks(np.array([1.0, 2.0]), np.array([0b100, 0]), bit=1),
], ids=["flat", "only falls", "in a gap", "no event", "no interval", "other line"])
def test_a_named_channel_without_a_pulse_is_refused(sync):
    with pytest.raises(ValueError) as error:
        session_pulses(SESSION, "file.rhd", sync, "rising", 50)
    assert str(error.value) == (
        "session m1-a: file.rhd: DIN-02: no pulse, expected one per presentation; correct "
        "sync_channel or recordings.timing.sync_edge, or leave the column empty to use onset_s of "
        "the table")


def test_a_session_without_sync_channel_has_no_pulse():
    session = {"session": "m1-a", "sync_channel": None}
    assert session_pulses(session, "file.rhd", None, "rising", 50).empty


def test_a_line_without_levels_names_session_and_channel():
    level = Level(gapless(9, 10.0), lambda: iter([np.full(9, 7)]), digital=False)
    with pytest.raises(ValueError, match=r"^session m1-a: file\.rhd: DIN-02: the sync channel is 7 "
                       r"throughout, expected pulses; correct sync_channel or .* onset_s of the "):
        session_pulses(SESSION, "file.rhd", level, "rising", 50)


def test_an_unknown_edge_is_refused():
    with pytest.raises(ValueError, match="sync_edge is 'up', expected one of"):
        digital_pulses([np.zeros(3)], "up")


def test_chatter_within_the_dead_time_is_dropped():
    time_s = np.array([0.0, 0.010, 0.049, 0.051, 0.2, 0.249, 0.3])
    np.testing.assert_array_equal(drop_chatter(time_s, 50), [0.0, 0.2, 0.3])
    np.testing.assert_array_equal(drop_chatter(time_s, 0), time_s)
    assert drop_chatter(np.zeros(0), 50).size == 0


@given(n_images=st.integers(1, 20), shown_ms=st.floats(20, 500), dark_ms=st.floats(60, 500),
       frame_hz=st.sampled_from([60, 75, 120]))
def test_a_flickering_photodiode_gives_one_pulse_per_image(n_images, shown_ms, dark_ms, frame_hz):
    """Screens flicker for as long as the image is shown, longer than the dead time."""
    onset_s = np.arange(n_images) * (shown_ms + dark_ms) / 1e3
    flicker_s = np.arange(0, shown_ms / 1e3, 1 / frame_hz)
    edges_s = (onset_s[:, None] + flicker_s).ravel()
    np.testing.assert_array_equal(drop_chatter(edges_s, 50), onset_s)


def test_times_follow_the_clock_and_an_edge_inside_a_gap_has_none():
    line = np.array([0, 0, 1, 1, 0, 1, 1, 0, 0, 1])
    #                     ^gap before 5: the line rose while nothing was recorded
    segments = Segments(np.array([0, 5]), np.array([1.0, 3.0]), 10, 10.0)
    level = Level(segments, lambda: iter([line]), digital=True)
    np.testing.assert_allclose(pulse_times(level, "rising", 0), [1.2, 3.4])
    whole = Level(gapless(10, 10.0), lambda: iter([line]), digital=True)
    np.testing.assert_allclose(pulse_times(whole, "rising", 0), [0.2, 0.5, 0.9])


def test_coded_events_keep_their_words_and_a_line_of_them_its_edges():
    time_s, word = np.array([1.0, 1.01, 2.0, 3.0, 4.0]), np.array([0b100, 0b110, 0b010, 0b111, 0])
    table = sync_pulses(Marks(time_s, word), "rising", 50)
    assert table.time_s.tolist() == time_s.tolist()
    assert table.code.tolist() == word.tolist()
    bit = {edge: sync_pulses(Marks(time_s, word, bit=2), edge, 50) for edge in
           ("rising", "falling")}
    assert bit["rising"].time_s.tolist() == [1.0, 3.0]
    assert bit["falling"].time_s.tolist() == [2.0, 4.0]
    assert bit["rising"].code.isna().all()


def test_no_sync_channel_gives_a_table_without_rows():
    table = sync_pulses(None, "rising", 50)
    assert list(table) == ["time_s", "code"]
    assert table.empty
