"""Counting crossings in windows after image onset (paper 2.2: mean rate of 70-170 ms)."""

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
    crossing_s, channel = np.asarray(crossing_s, float), np.asarray(channel)
    onset_s = np.asarray(onset_s, float)
    _check_events(crossing_s, channel, onset_s, n_channels)
    if not start_ms < end_ms:
        raise ValueError(f"window is [{start_ms}, {end_ms}) ms, expected start < end")
    order = np.lexsort((crossing_s, channel))
    time_ns = _nanoseconds(crossing_s[order])
    edges_ns = _nanoseconds(onset_s[:, None] + np.array([start_ms, end_ms]) / 1e3)
    bounds = np.searchsorted(channel[order], np.arange(n_channels + 1))
    counts = np.empty((len(onset_s), n_channels))
    for index, (first, last) in enumerate(pairwise(bounds)):
        before = np.searchsorted(time_ns[first:last], edges_ns)
        counts[:, index] = before[:, 1] - before[:, 0]
    return counts * 1e3 / (end_ms - start_ms)


def check_windows(
    onset_s: np.ndarray, window_ms: tuple[float, float], duration_s: float, source: str
) -> None:
    """Refuse windows that reach outside the recording, where silence is not a rate of 0.

    Parameters
    ----------
    onset_s : numpy.ndarray
        (n_presentations,) seconds.
    window_ms : tuple of float
        Start and end after onset.
    duration_s : float
        Length of the recording.
    source : str
        Named in the message.

    Raises
    ------
    ValueError
        With the first presentation that reaches outside.
    """
    edges_s = np.asarray(onset_s)[:, None] + np.asarray(window_ms) / 1e3
    outside = np.flatnonzero((edges_s[:, 0] < 0) | (edges_s[:, 1] > duration_s))
    if outside.size:
        row = outside[0]
        raise ValueError(
            f"{source}: the window {window_ms[0]} to {window_ms[1]} ms of the presentation at "
            f"{onset_s[row]:.3f} s spans {edges_s[row, 0]:.3f} to {edges_s[row, 1]:.3f} s, outside "
            f"the recording of {duration_s:.3f} s ({outside.size} such presentations); mark them "
            "aborted, or correct the clock of the presentation table"
        )


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
