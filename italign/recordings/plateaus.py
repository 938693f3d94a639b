"""Samples that stay at a channel's own extreme: what a saturated amplifier leaves behind."""

from collections.abc import Callable

import numpy as np

MIN_RUN = 3  # ASSUME: noise does not hold its extreme count for so many samples in a row


class Plateaus:
    """Counts, for each channel, the samples at its lowest (or highest) value so far.

    Parameters
    ----------
    n_channels : int
        Channels.
    beyond : callable
        `numpy.less` for minima, `numpy.greater` for maxima.
    """

    def __init__(self, n_channels: int, beyond: Callable) -> None:
        self.beyond = beyond
        limits = np.iinfo(np.int16)
        innermost = limits.max if beyond is np.less else limits.min
        self.extreme = np.full(n_channels, innermost, np.int16)
        self.n_samples = np.zeros(n_channels, np.int64)
        self.holds = np.zeros(n_channels, bool)  # three samples in a row, at least once
        self._last = np.zeros((0, n_channels), np.int16)

    def add(self, chunk: np.ndarray, extreme: np.ndarray) -> None:
        """Take the next int16 (n, n_channels) samples and their own (n_channels,) extremes."""
        new = self.beyond(extreme, self.extreme)
        self.extreme[new], self.n_samples[new], self.holds[new] = extreme[new], 0, False
        border = np.concatenate([self._last, chunk[: MIN_RUN - 1]])
        self.holds |= _held(border == self.extreme)
        at = np.flatnonzero(extreme == self.extreme)
        if at.size:
            same = (chunk if at.size == chunk.shape[1] else chunk[:, at]) == self.extreme[at]
            self.n_samples[at] += same.sum(axis=0, dtype=np.int32)
            if not self.holds[at].all():
                self.holds[at] |= _held(same)
        self._last = np.concatenate([self._last, chunk[1 - MIN_RUN :]])[1 - MIN_RUN :]


def _held(same: np.ndarray) -> np.ndarray:
    """Channels with three (`MIN_RUN`) true rows in a row."""
    return (same[:-2] & same[1:-1] & same[2:]).any(axis=0)
