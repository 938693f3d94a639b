"""What a recording lost, from its integrity.csv: gaps, and stretches that hold no signal."""

from pathlib import Path

import numpy as np
import pandas as pd


def read_lost(path: str | Path, finding: str) -> pd.DataFrame:
    """Read the stretches of one kind of finding.

    Parameters
    ----------
    path : str or Path
        integrity.csv of a session.
    finding : str
        "gap": no samples. "frozen": samples that repeat the last one received.

    Returns
    -------
    pandas.DataFrame
        start_s and end_s in the recording's clock, ascending.
    """
    table = pd.read_csv(path)
    found = table[table["finding"] == finding]
    start_s = found["time_s"].to_numpy(float)
    end_s = start_s + found["duration_s"].to_numpy(float)
    lost = pd.DataFrame({"start_s": start_s, "end_s": end_s})
    return lost.sort_values("start_s", ignore_index=True)


def cut_out(
    segment_start_s: np.ndarray, segment_end_s: np.ndarray, lost: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Cut lost stretches out of the segments of a recording.

    Parameters
    ----------
    segment_start_s, segment_end_s : numpy.ndarray
        (n_segments,) ascending, not overlapping.
    lost : pandas.DataFrame
        As from `read_lost`.

    Returns
    -------
    start_s, end_s : numpy.ndarray
        What is left, ascending; as many segments as there are, or more.
    """
    left = list(zip(segment_start_s, segment_end_s, strict=True))
    for start_s, end_s in lost[["start_s", "end_s"]].itertuples(index=False):
        pieces = [piece for first, last in left for piece in
                  ((first, min(last, start_s)), (max(first, end_s), last))]
        # A segment that the stretch does not touch comes out twice or with a piece of no length.
        left = list(dict.fromkeys((first, last) for first, last in pieces if first < last))
    return np.array([first for first, _ in left]), np.array([last for _, last in left])
