"""Memory that runs out, told with what was tried and what to change."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from italign.training.images import device

NO_MEMORY = ("can't allocate memory", "cannot allocate memory", "not enough memory",
             "out of memory", "alloc_failed")


@contextmanager
def memory_explained(work: str, *keys: str) -> Iterator[None]:
    """Turn the device's words for full memory into ours.

    Parameters
    ----------
    work : str
        What needs the memory, with its sizes.
    *keys : str
        What to change, with the keys of the config; one or more.

    Raises
    ------
    MemoryError
        With the device's memory, the work and the keys.
    """
    try:
        yield
    except RuntimeError as error:
        words = str(error).lower()
        if isinstance(error, torch.OutOfMemoryError) or any(s in words for s in NO_MEMORY):
            advice = ", or ".join(filter(None, (", ".join(keys[:-1]), keys[-1])))
            raise MemoryError(f"{_memory()} are not enough for {work}; {advice}") from error
        raise


def _memory() -> str:
    if device().type == "cuda":
        free, all_of_it = torch.cuda.mem_get_info()
        return (f"{all_of_it / 2**30:.1f} GiB of GPU memory ({free / 2**30:.1f} GiB free, "
                f"{torch.cuda.memory_allocated() / 2**30:.1f} GiB in tensors of this job)")
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB of memory"
