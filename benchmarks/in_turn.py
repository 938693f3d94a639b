"""Wall and processor time of contestants that run in turn, in one process.

Processor time is that of all threads and of the workers of DataLoaders. Other jobs on the machine
disturb it less than wall time, with one thread; several threads of torch spin while they wait for
each other, and that counts. Linux only.
"""

import multiprocessing
import time
from collections.abc import Iterator
from itertools import islice
from os import sysconf
from pathlib import Path

import torch

N_PREFETCHED = 4  # by two workers, while others had their turn; used up before time is taken


def best_in_turn(contestants: list[tuple[int, Iterator]], rounds: int, seconds: float) -> list:
    """Wall and processor seconds of an item, of each contestant (threads of torch, items).

    Each is the least of its rounds, by itself. A turn lasts as given, or a few items if that is
    longer.
    """
    turns = [[] for _ in contestants]
    for _ in range(rounds):
        for (threads, items), found in zip(contestants, turns, strict=True):
            torch.set_num_threads(threads)
            found.append(_one_turn(items, seconds))
    return [tuple(map(min, zip(*found, strict=True))) for found in turns]


def _one_turn(items: Iterator, seconds: float) -> tuple[float, float]:
    _wait_for_workers()
    for _ in islice(items, N_PREFETCHED):
        pass
    start_s, processor_start_s, n_items = time.perf_counter(), _processor_s(), 0
    while time.perf_counter() - start_s < seconds or n_items < N_PREFETCHED:
        next(items)
        n_items += 1
    taken = time.perf_counter() - start_s, _processor_s() - processor_start_s
    return taken[0] / n_items, taken[1] / n_items


def _wait_for_workers() -> None:
    """Return when the workers of other contestants have prefetched what they may."""
    busy = True
    while busy:
        start_s = _processor_s()
        time.sleep(0.2)
        busy = _processor_s() - start_s > 0.04


def _processor_s() -> float:
    """Of all threads of this process and of its living workers, user's and system's."""
    ticks = 0
    for worker in multiprocessing.active_children():
        fields = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / sysconf("SC_CLK_TCK")
