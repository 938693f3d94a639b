"""From time stamps to segments: a step of the clock that is not one sample is a gap."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import numpy as np

from italign.recordings.integrity import finding
from italign.recordings.segments import Segments

Piece = tuple[float, float, int]  # first stamp, last stamp, samples
# ASSUME: a clock within half a sample of regular is regular: neighbours this much more than one
# sample apart have a gap between them, this much less and the clock runs backwards.
GAP_SAMPLES = 0.5
MAX_GAPS = 100_000  # more means that the sampling rate is wrong
# ASSUME: one rate for all segments may be wrong by this much at the end of one; more is no drift.
MAX_DRIFT_S = 1e-3


def cut_at_gaps(stamps: Iterable[np.ndarray], ticks_per_sample: float) -> Iterator[Piece]:
    """Cut per-sample time stamps, signed and by chunk, wherever a step is not one sample."""
    for chunk in stamps:
        step = np.diff(chunk) / ticks_per_sample
        cuts = np.flatnonzero((step < 1 - GAP_SAMPLES) | (step >= 1 + GAP_SAMPLES)) + 1
        for first, end in pairwise([0, *cuts.tolist(), len(chunk)]):
            if end > first:
                yield chunk[first].item(), chunk[end - 1].item(), end - first


def build_clock(
    pieces: Iterable[Piece], ticks_per_sample: float, ticks_per_s: float,
    refuse: Callable[[str], ValueError],
) -> tuple[Segments, list[dict]]:
    """Join pieces that follow each other; what is left are the segments.

    Parameters
    ----------
    pieces : iterable of (float, float, int)
        First stamp, last stamp and length of parts without a gap, in order of the file.
    ticks_per_sample, ticks_per_s : float
        Nominal sampling interval, and the unit of the stamps.
    refuse : callable
        Turns a text into the error to raise.

    Returns
    -------
    segments : Segments
        Their rate is the nominal one unless the stamps differ from it by more than half a sample
        over the longest segment: then it is measured there. A segment that starts before the one
        before it ends, by that rate and less than 1 ms, starts at that end.
    findings : list of dict
        ``gap`` for each, as long as the stamps on both sides say; ``clock_rate`` where the rate was
        measured; ``clock_shift`` where segments were moved.

    Raises
    ------
    ValueError
        If there is no sample, the clock runs backwards, or there are absurdly many gaps.
    """
    pieces = _join(pieces, ticks_per_sample, ticks_per_s, refuse)
    if not pieces:
        raise refuse("holds no sample; expected at least one block of data")
    n = np.array([length for _, _, length in pieces])
    nominal = round(ticks_per_s / ticks_per_sample, 6)  # undoes the rounding of the quotients
    rate_hz, findings = _rate(pieces[int(n.argmax())], ticks_per_s, nominal)
    stamp_s = np.array([first for first, _, _ in pieces]) / ticks_per_s
    due_s = np.array([last for _, last, _ in pieces[:-1]]) / ticks_per_s + 1 / rate_hz
    gaps = [
        finding("gap", f"not recorded between {due:.6f} and {start:.6f} s", time_s=due,
                duration_s=start - due, n_samples=round((start - due) * rate_hz))
        for due, start in zip(due_s.tolist(), stamp_s[1:].tolist(), strict=True)
    ]
    start_s, shifts = _in_order(stamp_s, n / rate_hz, refuse)
    start_sample = np.concatenate([[0], np.cumsum(n)[:-1]])
    return Segments(start_sample, start_s, int(n.sum()), rate_hz), findings + gaps + shifts


def _in_order(
    stamp_s: np.ndarray, duration_s: np.ndarray, refuse: Callable[[str], ValueError]
) -> tuple[np.ndarray, list[dict]]:
    """Starts of segments that do not overlap, and what was moved for that."""
    start_s = stamp_s.copy()
    for k in range(1, len(start_s)):
        start_s[k] = max(start_s[k], start_s[k - 1] + duration_s[k - 1])
    moved_s = start_s - stamp_s
    if moved_s.max() >= MAX_DRIFT_S:
        k = int(np.flatnonzero(moved_s >= MAX_DRIFT_S)[0])
        raise refuse(f"a segment starts at {stamp_s[k]:.6f} s, before the one before it ends at "
                     f"{start_s[k]:.6f} s; expected a regular clock: make a session of each part")
    moved = np.flatnonzero(moved_s)
    if not moved.size:
        return start_s, []
    message = (f"{moved.size} of {len(start_s)} segments start up to {1e6 * moved_s.max():.1f} us "
               "before the one before them ends, as the clock drifts: they were moved to that end")
    return start_s, [finding("clock_shift", message, time_s=float(stamp_s[moved[0]]))]


def _join(pieces, ticks_per_sample, ticks_per_s, refuse) -> list[Piece]:
    segments: list[Piece] = []
    n_seen = 0
    for first, last, n in pieces:
        step = (first - segments[-1][1]) / ticks_per_sample if segments else np.inf
        if step < 1 - GAP_SAMPLES:
            raise refuse(f"the clock runs backwards: sample {n_seen} is stamped "
                         f"{first / ticks_per_s:.6f} s, the one before it "
                         f"{segments[-1][1] / ticks_per_s:.6f} s; make a session of each part")
        if step < 1 + GAP_SAMPLES:
            start, _, length = segments.pop()
            segments.append((start, last, length + n))
        else:
            segments.append((first, last, n))
        if len(segments) > MAX_GAPS:
            raise refuse(f"has more than {MAX_GAPS} gaps; expected a regular clock: is the "
                         "sampling rate right?")
        n_seen += n
    return segments


def _rate(longest: Piece, ticks_per_s: float, nominal_hz: float) -> tuple[float, list[dict]]:
    first, last, n = longest
    span_s = (last - first) / ticks_per_s
    if n < 2 or abs(span_s * nominal_hz - (n - 1)) <= GAP_SAMPLES:
        return nominal_hz, []
    rate_hz = (n - 1) / span_s
    message = (f"clock runs at {rate_hz:.6f} Hz, not {nominal_hz:.6f} "
               f"({1e6 * (rate_hz / nominal_hz - 1):+.1f} ppm); times follow the clock")
    return rate_hz, [finding("clock_rate", message)]
