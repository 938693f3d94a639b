"""Read fixed-size records of a file, or a data set of HDF5, a bounded number at a time."""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from italign.recordings.integrity import problem

CHUNK_BYTES = 8_000_000


def n_records(session: dict, file: str | Path, dtype: np.dtype, offset: int = 0) -> int:
    """Number of records after `offset`, at least one.

    Raises
    ------
    ValueError
        If there is none, or the last one is cut off.
    """
    n = any_records(session, file, dtype, offset)
    if not n:
        raise problem(session, file, "ends before its first block of data; expected at least one")
    return n


def any_records(session: dict, file: str | Path, dtype: np.dtype, offset: int = 0) -> int:
    """Number of records after `offset`, 0 if it ends there.

    Raises
    ------
    ValueError
        If the last one is cut off.
    """
    n_bytes = max(0, Path(file).stat().st_size - offset)
    n, left = divmod(n_bytes, dtype.itemsize)
    if left:
        raise problem(session, file, f"is truncated: {n} blocks of {dtype.itemsize} bytes and "
                      f"{left} bytes more; copy it again, or cut these bytes off")
    return n


def records(file: str | Path, dtype: np.dtype, offset: int, n: int) -> Iterator[np.ndarray]:
    """Records of a structured dtype, in order, about 8 MB at a time."""
    step = max(1, CHUNK_BYTES // dtype.itemsize)
    with open(file, "rb") as handle:
        handle.seek(offset)
        for start in range(0, n, step):
            yield np.fromfile(handle, dtype, min(step, n - start))


def hdf5_chunks(
    file: str | Path, path: str, columns: np.ndarray | int | None
) -> Iterator[np.ndarray]:
    """Rows of a data set in order: some columns, or None for one without columns."""
    with h5py.File(file) as plain:
        data = plain[path]
        step = max(1, CHUNK_BYTES // (data.dtype.itemsize * int(np.prod(data.shape[1:]))))
        for start in range(0, len(data), step):
            chunk = data[start : start + step]
            yield chunk if columns is None else chunk.reshape(len(chunk), -1)[:, columns]
