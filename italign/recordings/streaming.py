"""Crossings of a recording of any length, a stretch at a time, in order and without loss."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from italign.recordings.detection_kernels import edges
from italign.recordings.filtering import Read
from italign.recordings.segments import Stretch

Item, Result = TypeVar("Item"), TypeVar("Result")


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """Apply a function in threads, and give the results in the order of the items.

    At most two results per thread wait, so that memory does not grow with the number of items.
    """
    if threads == 1:
        yield from map(function, items)
        return
    waiting = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def stream_crossings(
    read: Read, parts: list[Stretch], low: np.ndarray, high: np.ndarray, threads: int = 1
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Find where channels leave the range [low, high].

    A crossing needs its predecessor: between stretches that join, the last row of one is held
    against the first row of the next; the first row of a segment cannot cross.

    Parameters
    ----------
    read : callable
        (start, stop) -> (stop - start, n_channels); its array may be reused by the next call of
        the same thread.
    parts : list of Stretch
        In order.
    low, high : numpy.ndarray
        (n_channels,) of the voltage's dtype.
    threads : int
        Does not matter for the result.

    Yields
    ------
    sample, channel : numpy.ndarray
        int64, sorted by sample, then channel; one pair per stretch.
    """

    def find(part: Stretch):
        rows = read(part.start, part.stop)
        sample, channel = edges(rows, low, high)
        return part, sample + part.start, channel, rows[[0, -1]]

    previous = None
    for part, sample, channel, (first, last) in in_order(find, parts, threads):
        if part.joins:
            _, at_border = edges(np.stack([previous, first]), low, high)
            sample = np.append(np.full(at_border.size, part.start), sample)
            channel = np.append(at_border, channel)
        previous = last
        yield sample, channel
