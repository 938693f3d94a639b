"""What a long run tells while it runs: rate, time left, memory."""

import logging
import resource
import sys
import time
from collections.abc import Iterator

import torch

from italign.training.images import device


def with_progress(steps: range, every_s: float = 10) -> Iterator[int]:
    """Give the steps, with a line in the log at most every `every_s` seconds."""
    start = last = time.monotonic()
    for step in steps:
        yield step
        now = time.monotonic()
        if now - last >= every_s:
            n_done = step + 1 - steps.start
            rate = n_done / (now - start)
            logging.info("step %d of %d, %.2f steps/s, %.0f s left", step + 1, steps.stop, rate,
                         (len(steps) - n_done) / rate)
            last = now


def memory_in_words() -> str:
    """Largest memory of the device so far; without a GPU, of the process."""
    if device().type == "cuda":
        return f"{torch.cuda.max_memory_allocated() / 2**20:.0f} MiB of GPU memory at most"
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return f"{peak / 2**20:.0f} MiB of memory at most"
