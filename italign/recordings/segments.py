"""Stretches of a recording without a gap, their clock, and how they are cut for reading."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Segments:
    """Where a recording has gaps.

    Parameters
    ----------
    start_sample : numpy.ndarray
        int64 (n_segments,) first samples, ascending from 0.
    start_s : numpy.ndarray
        float64 (n_segments,) clock of the first samples.
    n_samples : int
        Length of the recording.
    sampling_rate_hz : float
        Within segments.
    """

    start_sample: np.ndarray
    start_s: np.ndarray
    n_samples: int
    sampling_rate_hz: float

    @property
    def stop_sample(self) -> np.ndarray:
        """int64 (n_segments,): one past the last samples."""
        return np.append(self.start_sample[1:], self.n_samples)

    @property
    def end_s(self) -> np.ndarray:
        """float64 (n_segments,): one sampling interval after the last samples."""
        n_samples = self.stop_sample - self.start_sample
        return self.start_s + n_samples / self.sampling_rate_hz


class Stretch(NamedTuple):
    """Samples [start, stop) of one segment; `joins` when the one before ends at `start` in it."""

    start: int
    stop: int
    joins: bool


def gapless(n_samples: int, sampling_rate_hz: float) -> Segments:
    """Segments of a recording without a gap that starts at 0 s."""
    return Segments(np.array([0]), np.array([0.0]), n_samples, sampling_rate_hz)


def check_segments(segments: Segments, source: str) -> None:
    """Refuse segments that are not in order.

    Raises
    ------
    ValueError
        If they do not cover the recording, overlap, or the clock runs backwards.
    """
    first, n_samples = segments.start_sample, segments.n_samples
    if first[0] != 0 or (np.diff(first) <= 0).any() or first[-1] >= n_samples:
        raise ValueError(f"{source}: segments start at samples {first.tolist()[:10]}, expected 0 "
                         f"first, then ascending, below {n_samples}; correct the reader")
    # A thousandth of a sample is rounding of the clock.
    early = segments.start_s[1:] < segments.end_s[:-1] - 1e-3 / segments.sampling_rate_hz
    if early.any():
        k = int(np.flatnonzero(early)[0]) + 1
        raise ValueError(f"{source}: segment {k} starts at {segments.start_s[k]:.6f} s, expected "
                         f"at or after the end of the one before at {segments.end_s[k - 1]:.6f} "
                         "s: the clock runs backwards; split the session there")


def segment_of(segments: Segments, sample: np.ndarray) -> np.ndarray:
    """Index of the segment that holds each sample."""
    return np.searchsorted(segments.start_sample, sample, side="right") - 1


def sample_time_s(segments: Segments, sample: np.ndarray) -> np.ndarray:
    """Clock of samples, in seconds."""
    k = segment_of(segments, sample)
    since_start = (sample - segments.start_sample[k]) / segments.sampling_rate_hz
    return segments.start_s[k] + since_start


def clock_sample(segments: Segments, sample: np.ndarray) -> np.ndarray:
    """Clock of samples in whole samples from 0 s, so that gaps count."""
    shift = np.rint(segments.start_s * segments.sampling_rate_hz).astype(np.int64)
    return sample + (shift - segments.start_sample)[segment_of(segments, sample)]


def stretches(
    segments: Segments, chunk_samples: int, start_s: float | None = None,
    end_s: float | None = None,
) -> list[Stretch]:
    """Cut a recording for reading: no stretch spans a border of segments.

    Parameters
    ----------
    segments : Segments
        Of the recording.
    chunk_samples : int
        Length; cuts lie at whole multiples of it from the start of each segment.
    start_s, end_s : float, optional
        Only samples whose clock lies in [start_s, end_s); all without them.

    Returns
    -------
    list of Stretch
        In order.
    """
    found = []
    for k, origin in enumerate(segments.start_sample.tolist()):
        stop = int(segments.stop_sample[k])
        first = origin if start_s is None else max(origin, _sample_at(segments, k, start_s))
        last = stop if end_s is None else min(stop, _sample_at(segments, k, end_s))
        if first < last:
            cuts = range(origin, last, chunk_samples)[(first - origin) // chunk_samples + 1 :]
            borders = [first, *cuts, last]
            found += [Stretch(start, end, start > first) for start, end in pairwise(borders)]
    return found


def _sample_at(segments: Segments, k: int, time_s: float) -> int:
    """First sample at or after a time, by the clock of segment `k`."""
    since_start = (time_s - segments.start_s[k]) * segments.sampling_rate_hz
    # A millionth of a sample is rounding: a time on the grid means that sample.
    return int(segments.start_sample[k]) + int(np.ceil(since_start - 1e-6))
