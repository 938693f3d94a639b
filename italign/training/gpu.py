"""Which GPU of a machine a process computes on; nobody hands them out where no scheduler does."""

import logging
import os
import random
import subprocess
import sys
from functools import cache

import torch

NEARLY = 0.98  # of the largest free memory: as empty
# In a process of its own: asking a GPU puts a context of some 0.5 GB on it until the process ends.
PROBE = """\
import torch
for gpu in range(torch.cuda.device_count()):
    try:
        print(torch.cuda.mem_get_info(gpu)[0])
    except RuntimeError:  # full, or taken for one process alone
        print(0)
"""


@cache
def own_gpu() -> int:
    """Choose the GPU of this process at its first call, and make it torch's current one.

    A replica takes the one of its rank, any other process the visible one with the most free
    memory. Jobs that start in the same second see the same memory: of GPUs that are equally empty
    each draws one, so two of them part as a rule but may meet.

    Returns
    -------
    int
        Place among the visible GPUs, of which there is at least one.
    """
    n_visible = torch.cuda.device_count()
    if "LOCAL_RANK" in os.environ:  # torchrun's
        index = int(os.environ["LOCAL_RANK"])
    elif n_visible == 1:
        index = 0
    else:
        index = emptiest(_free_memory(n_visible), random.SystemRandom().random())
    torch.cuda.set_device(index)
    logging.info("GPU %d of %d that are visible", index, n_visible)
    return index


def emptiest(free: list[int], draw: float) -> int:
    """Place of a GPU that has within 2 % of the most free memory.

    Parameters
    ----------
    free : list of int
        Free memory of each GPU, bytes.
    draw : float
        In [0, 1), decides between several.
    """
    candidates = [place for place, size in enumerate(free) if size >= NEARLY * max(free)]
    return candidates[int(draw * len(candidates))]


def _free_memory(n_visible: int) -> list[int]:
    """Bytes of each visible GPU; all 0 if that cannot be known."""
    found = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True)
    free = [int(line) for line in found.stdout.split() if line.isdecimal()]
    return free if len(free) == n_visible else [0] * n_visible
