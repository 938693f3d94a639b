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
        over the longest segment: then it is measured there.
    findings : list of dict
        ``gap`` for each, and ``clock_rate`` where the rate was measured.

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
    start_s = np.array([first for first, _, _ in pieces]) / ticks_per_s
    start_sample = np.concatenate([[0], np.cumsum(n)[:-1]])
    segments = Segments(start_sample, start_s, int(n.sum()), rate_hz)
    gaps = list(zip(segments.end_s[:-1].tolist(), start_s[1:].tolist(), strict=True))
    for end, start in gaps:
        if start < end - 1e-3 / rate_hz:
            raise refuse(f"a segment starts at {start:.6f} s, before the one before it ends at "
                         f"{end:.6f} s; expected a regular clock")
    return segments, findings + [
        finding("gap", f"not recorded between {end:.6f} and {start:.6f} s", time_s=end,
                duration_s=start - end, n_samples=round((start - end) * rate_hz))
        for end, start in gaps
    ]


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
