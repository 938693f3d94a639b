"""When a sync line or photodiode switched: its edges, found a stretch at a time."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from italign.recordings.records import Level
from italign.recordings.segments import sample_time_s

EDGES = ("rising", "falling")
N_BINS = 65_536
# ASSUME: a photodiode is bright (and dark) for at least this share of the recording, so that these
# quantiles are its two levels and a rare artefact is neither.
LEVEL_QUANTILE = 1e-4
# A line re-arms when it has come this share of the swing back from its middle.
HYSTERESIS = 0.25
# Two levels are left less often than this; a ramp is in its middle half for half of the time.
MIDDLE_MAX = 0.4


def pulse_times(level: Level, edge: str, dead_time_ms: float) -> np.ndarray:
    """Find the pulses of a sync line.

    Parameters
    ----------
    level : Level
        The line.
    edge : str
        ``"rising"`` or ``"falling"``.
    dead_time_ms : float
        An edge this soon after the one before is chatter and not counted (see `drop_chatter`).

    Returns
    -------
    numpy.ndarray
        float64 (n_pulses,), in s of the recording's clock, ascending. An edge inside a gap has no
        time and is not among them.

    Raises
    ------
    ValueError
        If the edge is unknown, or an analog line does not have two levels.
    """
    sample = (digital_pulses(level.chunks(), edge) if level.digital
              else analog_pulses(level.chunks, edge))
    seen = sample[~np.isin(sample, level.segments.start_sample)]
    return drop_chatter(sample_time_s(level.segments, seen), dead_time_ms)


def digital_pulses(chunks: Iterable[np.ndarray], edge: str) -> np.ndarray:
    """Samples at which a digital line (zero or not, (n,) each chunk) has just switched.

    Returns
    -------
    numpy.ndarray
        int64, counted from the first sample; the first itself is never among them.
    """
    _check_edge(edge)
    high = ((chunk != 0) for chunk in chunks)
    rising = edge == "rising"
    return _switches((x, ~x) if rising else (~x, x) for x in high)


def analog_pulses(chunks: Callable[[], Iterable[np.ndarray]], edge: str) -> np.ndarray:
    """Samples at which an analog line crosses the middle between its two levels.

    Parameters
    ----------
    chunks : callable
        Gives an iterator over the line, (n,) each; called several times.
    edge : str
        ``"rising"`` or ``"falling"``.

    Returns
    -------
    numpy.ndarray
        int64, first sample beyond the middle. The next needs a return by a quarter of the swing, so
        that noise around the middle counts once.
    """
    _check_edge(edge)
    low, high = two_levels(chunks)
    middle, back = (low + high) / 2, HYSTERESIS * (high - low)
    if edge == "rising":
        return _switches((x >= middle, x < middle - back) for x in chunks())
    return _switches((x < middle, x >= middle + back) for x in chunks())


def two_levels(chunks: Callable[[], Iterable[np.ndarray]]) -> tuple[float, float]:
    """Low and high level of an analog line, from its histogram.

    Raises
    ------
    ValueError
        If the line never changes, or is often between its levels (noise, a ramp).
    """
    bottom, width = _bins(chunks)
    counts = np.zeros(N_BINS, np.int64)
    for chunk in chunks():
        bins = ((chunk.astype(float) - bottom) / width).astype(np.int64)
        counts += np.bincount(bins, minlength=N_BINS)
    lowest, highest = bottom + np.flatnonzero(counts)[[0, -1]] * width
    if lowest == highest:
        raise ValueError(f"the sync channel is {lowest:g} throughout, expected pulses")
    share = np.cumsum(counts) / counts.sum()
    low, high = np.searchsorted(share, [LEVEL_QUANTILE, 1 - LEVEL_QUANTILE])
    quarter = (high - low) / 4
    between = counts[int(np.ceil(low + quarter)) : int(np.floor(high - quarter)) + 1].sum()
    if high == low or between > MIDDLE_MAX * counts.sum():
        raise ValueError(f"the sync channel has no two levels: it lies between {lowest:g} and "
                         f"{highest:g}, {between / counts.sum():.0%} of the time in the middle; "
                         "expected a photodiode or a digital line")
    return bottom + low * width, bottom + high * width


def drop_chatter(time_s: np.ndarray, dead_time_ms: float) -> np.ndarray:
    """Leave out edges that follow the last one, kept or not, by less than the dead time.

    A photodiode flickers with the screen for as long as the image is shown, longer than any useful
    dead time: so the whole train of edges counts as the one pulse at its start. The dead time must
    be longer than a frame of the screen, and shorter than the dark time between images.

    Parameters
    ----------
    time_s : numpy.ndarray
        (n_edges,), ascending.
    dead_time_ms : float
        0 keeps all.

    Returns
    -------
    numpy.ndarray
        (n_pulses,), the first edge of each train.
    """
    return time_s[np.diff(time_s, prepend=-np.inf) >= dead_time_ms / 1e3]


def _bins(chunks: Callable[[], Iterable[np.ndarray]]) -> tuple[float, float]:
    """Lower end and width of the bins of a histogram; whole numbers get a bin each."""
    first = next(iter(chunks()), None)
    if first is None:
        raise ValueError("the sync channel holds no sample, expected at least one")
    dtype = first.dtype
    if dtype.kind in "iu" and dtype.itemsize <= 2:
        return float(np.iinfo(dtype).min), 1.0
    ends = np.array([(chunk.min(), chunk.max()) for chunk in chunks()], float)
    bottom, top = ends[:, 0].min(), ends[:, 1].max()
    if not np.isfinite([bottom, top]).all():
        raise ValueError("the sync channel holds NaN or infinite values, expected none")
    width = (top - bottom) / (N_BINS - 1) or 1.0
    return bottom, max(width, 1.0) if dtype.kind in "iub" else width


def _check_edge(edge: str) -> None:
    if edge not in EDGES:
        raise ValueError(f"sync_edge is {edge!r}, expected one of {EDGES}")


def _switches(fires_and_arms: Iterator[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Samples that fire for the first time since a sample armed; both masks (n,) by chunk."""
    found, start, state = [np.zeros(0, np.int64)], 0, 1  # 1 fired, -1 armed
    for fires, arms in fires_and_arms:
        marks = fires.astype(np.int8) - arms
        # Samples that do neither keep the state of the last one that did.
        last = np.maximum.accumulate(np.where(marks != 0, np.arange(len(marks)), -1))
        states = np.where(last < 0, state, marks[last])
        found.append(start + np.flatnonzero(np.diff(states, prepend=state) > 0))
        start, state = start + len(marks), states[-1]
    return np.concatenate(found)
