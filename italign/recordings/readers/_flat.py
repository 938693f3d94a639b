"""Read fixed-size records from a file, a bounded number at a time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from italign.recordings.integrity import problem

CHUNK_BYTES = 8_000_000


def n_records(session: dict, file: str | Path, dtype: np.dtype, offset: int = 0) -> int:
    """Number of records after `offset`.

    Raises
    ------
    ValueError
        If there is none, or the last one is cut off.
    """
    n_bytes = Path(file).stat().st_size - offset
    n, left = divmod(n_bytes, dtype.itemsize)
    if left:
        raise problem(session, file, f"is truncated: {n} blocks of {dtype.itemsize} bytes and "
                      f"{left} bytes more; copy it again, or cut these bytes off")
    if n < 1:
        raise problem(session, file, "ends before its first block of data; expected at least one")
    return n


def records(file: str | Path, dtype: np.dtype, offset: int, n: int) -> Iterator[np.ndarray]:
    """Records of a structured dtype, in order, about 8 MB at a time."""
    step = max(1, CHUNK_BYTES // dtype.itemsize)
    with open(file, "rb") as handle:
        handle.seek(offset)
        for start in range(0, n, step):
            yield np.fromfile(handle, dtype, min(step, n - start))
