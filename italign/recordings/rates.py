"""Counting crossings around image onset: rates in windows (paper 2.2: 70-170 ms) and in bins."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np


def window_rates(
    crossing_s: np.ndarray,
    channel: np.ndarray,
    onset_s: np.ndarray,
    n_channels: int,
    window_ms: tuple[float, float] = (70, 170),
) -> np.ndarray:
    """Rate of each channel in a window after each onset.

    Parameters
    ----------
    crossing_s : numpy.ndarray
        (n_crossings,) seconds, in any order.
    channel : numpy.ndarray
        (n_crossings,) index in [0, n_channels).
    onset_s : numpy.ndarray
        (n_presentations,) seconds, in any order; windows may overlap.
    n_channels : int
        Number of channels, silent ones included.
    window_ms : tuple of float
        Start and end after onset, half-open [start, end). Edges are compared at 1 ns, so that
        0.3 s + 70 ms and sample 7,400 of 20 kHz are the same instant.

    Returns
    -------
    numpy.ndarray
        float64 (n_presentations, n_channels), Hz, >= 0.

    Raises
    ------
    ValueError
        If times are not finite, channels are out of range or the window is empty.
    """
    start_ms, end_ms = window_ms
    if not start_ms < end_ms:
        raise ValueError(f"window is [{start_ms}, {end_ms}) ms, expected start < end")
    counts = np.empty((len(onset_s), n_channels))
    for index, before in _counts_before(crossing_s, channel, onset_s, n_channels, window_ms):
        counts[:, index] = before[:, 1] - before[:, 0]
    return counts * 1e3 / (end_ms - start_ms)


def bin_counts(
    crossing_s: np.ndarray,
    channel: np.ndarray,
    onset_s: np.ndarray,
    n_channels: int,
    edge_ms: np.ndarray,
) -> np.ndarray:
    """Crossings of each channel in adjacent bins around each onset.

    Parameters
    ----------
    crossing_s, channel, onset_s, n_channels
        As for `window_rates`.
    edge_ms : numpy.ndarray
        (n_bins + 1,) ascending, after onset; bin k is [edge k, edge k + 1), compared at 1 ns.

    Returns
    -------
    numpy.ndarray
        uint16 (n_presentations, n_channels, n_bins). The counts of several bins add up to that of
        the window they fill, exactly.

    Raises
    ------
    ValueError
        If times are not finite, channels are out of range or a bin holds over 65,535 crossings.
    """
    counts = np.empty((len(onset_s), n_channels, len(edge_ms) - 1), np.uint16)
    for index, before in _counts_before(crossing_s, channel, onset_s, n_channels, edge_ms):
        of_bins = np.diff(before, axis=1)
        if of_bins.max(initial=0) > np.iinfo(np.uint16).max:
            raise ValueError(f"channel {index} has {of_bins.max()} crossings in one bin, expected "
                             "at most 65535; give shorter bins")
        counts[:, index] = of_bins
    return counts


def bin_edges_ms(start_ms: float, end_ms: float, width_ms: float) -> np.ndarray:
    """Edges of equal bins from start to end.

    Raises
    ------
    ValueError
        If the range is not a whole number of bins.
    """
    n_bins = round((end_ms - start_ms) / width_ms)
    if n_bins < 1 or not np.isclose(n_bins * width_ms, end_ms - start_ms):
        raise ValueError(f"bins of {width_ms} ms do not divide {start_ms} to {end_ms} ms; correct "
                         "psth_start_ms, psth_end_ms or psth_bin_ms of recordings.rates")
    return start_ms + width_ms * np.arange(n_bins + 1)


def check_windows(
    onset_s: np.ndarray, window_ms: tuple[float, float], span_s: tuple[float, float], source: str
) -> None:
    """Refuse windows that reach outside the recording, where silence is not a rate of 0.

    Parameters
    ----------
    onset_s : numpy.ndarray
        (n_presentations,) seconds.
    window_ms : tuple of float
        Start and end after onset.
    span_s : tuple of float
        Start and end of the recording.
    source : str
        Named in the message.

    Raises
    ------
    ValueError
        With the first presentation that reaches outside.
    """
    within = within_segments(onset_s, window_ms, [span_s[0]], [span_s[1]])
    if not within.all():
        row = np.flatnonzero(~within)[0]
        edges_s = onset_s[row] + np.asarray(window_ms) / 1e3
        raise ValueError(
            f"{source}: the window {window_ms[0]} to {window_ms[1]} ms of the presentation at "
            f"{onset_s[row]:.3f} s spans {edges_s[0]:.3f} to {edges_s[1]:.3f} s, outside the "
            f"recording of {span_s[0]:.3f} to {span_s[1]:.3f} s ({(~within).sum()} such "
            "presentations); mark them aborted, or correct the clock of the presentation table"
        )


def within_segments(
    onset_s: np.ndarray,
    window_ms: tuple[float, float],
    segment_start_s: np.ndarray,
    segment_end_s: np.ndarray,
) -> np.ndarray:
    """Tell which windows lie inside one stretch of the recording, touching no gap.

    Parameters
    ----------
    onset_s : numpy.ndarray
        (n_presentations,) seconds.
    window_ms : tuple of float
        Start and end after onset, half-open; compared at 1 ns.
    segment_start_s, segment_end_s : numpy.ndarray
        (n_segments,) ascending, not overlapping.

    Returns
    -------
    numpy.ndarray
        bool (n_presentations,).
    """
    edges_ns = _nanoseconds(np.asarray(onset_s)[:, None] + np.asarray(window_ms) / 1e3)
    start_ns, end_ns = (_nanoseconds(np.asarray(side)) for side in (segment_start_s, segment_end_s))
    segment = np.searchsorted(start_ns, edges_ns[:, 0], side="right") - 1
    return (segment >= 0) & (edges_ns[:, 1] <= end_ns[segment])


def _counts_before(
    crossing_s: np.ndarray, channel: np.ndarray, onset_s: np.ndarray, n_channels: int,
    edge_ms: np.ndarray,
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each channel and how many of its crossings lie before each edge of each onset."""
    crossing_s, channel = np.asarray(crossing_s, float), np.asarray(channel)
    onset_s = np.asarray(onset_s, float)
    _check_events(crossing_s, channel, onset_s, n_channels)
    order = np.lexsort((crossing_s, channel))
    time_ns = _nanoseconds(crossing_s[order])
    edges_ns = _nanoseconds(onset_s[:, None] + np.asarray(edge_ms) / 1e3)
    bounds = np.searchsorted(channel[order], np.arange(n_channels + 1))
    for index, (first, last) in enumerate(pairwise(bounds)):
        yield index, np.searchsorted(time_ns[first:last], edges_ns)


def _nanoseconds(seconds: np.ndarray) -> np.ndarray:
    return np.rint(seconds * 1e9).astype(np.int64)


def _check_events(
    crossing_s: np.ndarray, channel: np.ndarray, onset_s: np.ndarray, n_channels: int
) -> None:
    for name, values in (("crossing_s", crossing_s), ("onset_s", onset_s)):
        n_bad = int((~np.isfinite(values)).sum())
        if n_bad:
            raise ValueError(f"{name} has {n_bad} NaN or infinite of {values.size} times, "
                             "expected none; drop these events")
    if crossing_s.shape != channel.shape:
        raise ValueError(f"crossing_s has shape {crossing_s.shape} and channel {channel.shape}, "
                         "expected one channel per crossing")
    if channel.size and not 0 <= channel.min() <= channel.max() < n_channels:
        raise ValueError(f"channel runs from {channel.min()} to {channel.max()}, expected indices "
                         f"in [0, {n_channels}); give n_channels of the recording")
