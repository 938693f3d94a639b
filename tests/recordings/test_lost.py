"""What a recording lost is left out of the rates, and named where it cost a pulse."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from italign.recordings.lost import cut_out, read_lost

spans = st.lists(st.floats(0, 100), min_size=2, max_size=12, unique=True).map(
    lambda x: np.sort(x)[: len(x) // 2 * 2].reshape(-1, 2))


def frame(spans):
    return pd.DataFrame(spans, columns=["start_s", "end_s"])


def inside(times_s, start_s, end_s):
    return ((times_s[:, None] > start_s) & (times_s[:, None] < end_s)).any(axis=1)


@given(spans, spans)
def test_what_is_left_is_in_a_segment_and_not_lost(segments, lost):
    start_s, end_s = cut_out(*segments.T, frame(lost))
    edges = np.unique(np.concatenate([segments.ravel(), lost.ravel()]))
    times_s = (edges[1:] + edges[:-1]) / 2  # nothing changes between two edges
    times_s = times_s[(times_s > edges[:-1]) & (times_s < edges[1:])]
    expected = inside(times_s, *segments.T) & ~inside(times_s, *lost.T)
    np.testing.assert_array_equal(inside(times_s, start_s, end_s), expected)
    assert (np.diff(np.stack([start_s, end_s], axis=1).ravel()) >= 0).all()


def test_nothing_lost_changes_nothing():
    start_s, end_s = cut_out(np.array([0.0, 5.0]), np.array([4.0, 9.0]), frame(np.empty((0, 2))))
    assert (start_s.tolist(), end_s.tolist()) == ([0.0, 5.0], [4.0, 9.0])


@pytest.fixture
def integrity(tmp_path):
    def write(*rows):
        path = tmp_path / "integrity.csv"
        names = ["session", "finding", "channel", "time_s", "duration_s", "n_samples", "message"]
        pd.DataFrame([dict.fromkeys(names) | row for row in rows], columns=names).to_csv(
            path, index=False)
        return path

    return write


def test_only_the_finding_asked_for_is_read_in_order(integrity):
    path = integrity({"finding": "frozen", "time_s": 5, "duration_s": 0.5},
                     {"finding": "clipped", "channel": 3},
                     {"finding": "frozen", "time_s": 2, "duration_s": 1})
    assert read_lost(path, "frozen").to_numpy().tolist() == [[2.0, 3.0], [5.0, 5.5]]
    assert read_lost(path, "gap").empty
    assert read_lost(integrity(), "frozen").empty


def test_a_pulse_lost_in_a_gap_is_explained(integrity, load_script, tmp_path):
    script = load_script("recordings", "time_presentations").time_presentations
    table = pd.DataFrame({"stimulus_id": ["a", "b", "c", "d"], "trial": 0, "position": range(4),
                          "aborted": 0, "onset_s": [0.1, 0.3, 0.5, 0.7]})
    table.to_csv(tmp_path / "table.tsv", sep="\t", index=False)
    pulses = pd.DataFrame({"time_s": [1.1, 1.5, 1.7], "code": ""})
    pulses.to_csv(tmp_path / "pulses.tsv", sep="\t", index=False)
    files = {"table": tmp_path / "table.tsv", "pulses": tmp_path / "pulses.tsv",
             "presentations": tmp_path / "presentations.tsv"}
    settings = {"session": "s", "delay_ms": 0, "sync_tolerance_ms": 5}
    with pytest.raises(ValueError, match=r"session s: .*; the recording has 1 gap \(the first at "
                                         r"1\.250 s, 100 ms\): a pulse in a gap is lost"):
        script(**files, **settings,
               integrity=integrity({"finding": "gap", "time_s": 1.25, "duration_s": 0.1}))
    with pytest.raises(ValueError, match="session s") as error:
        script(**files, **settings, integrity=integrity())
    assert "the recording has" not in str(error.value)
