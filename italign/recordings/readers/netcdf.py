"""A voltage file of italign's own (contract 'voltage'), for example from another lab's run."""

from functools import partial

import h5py
import numpy as np
import xarray as xr

from italign.io import check, open_dataset
from italign.recordings.readers._channels import (
    RATE_TOLERANCE,
    SCALE_TOLERANCE,
    agreed,
    kept_channels,
    only_file,
    sync_column,
)
from italign.recordings.readers._flat import CHUNK_BYTES
from italign.recordings.records import Level, Recording
from italign.recordings.segments import Segments


def netcdf(files: list[str], session: dict) -> Recording:
    """Open a voltage file.

    Raises
    ------
    ValueError
        If the file breaks its contract or contradicts the session sheet.
    """
    file = only_file(session, files, (".nc",))
    ds = _without_voltage(session, file)
    rate_hz = agreed(session, "sampling_rate_hz", float(ds.sampling_rate_hz), file, RATE_TOLERANCE)
    uv_per_bit = agreed(session, "uv_per_bit", float(ds.uv_per_bit), file, SCALE_TOLERANCE)
    segments = Segments(ds.segment_start_sample.values, ds.segment_start_s.values, ds.n_samples,
                        rate_hz)
    numbers = ds.channel.values.tolist()
    voltage, sync = sync_column(session, file, numbers)
    kept, findings = kept_channels(session, file, voltage, [str(x) for x in voltage])
    kept_numbers = np.array(voltage, np.int32)[kept]
    chunks = partial(_chunks, file, np.flatnonzero(np.isin(numbers, kept_numbers)))
    level = None if sync is None else Level(segments, partial(_chunks, file, sync), digital=False)
    rails = np.full((2, len(kept)), [[-(2**15)], [2**15 - 1]])
    return Recording(segments, uv_per_bit, kept_numbers, chunks, ds.source, tuple(rails),
                     level, findings)


def _without_voltage(session: dict, file: str) -> xr.Dataset:
    try:
        with open_dataset(file) as ds:
            check(ds, "voltage", file)
            return ds.drop_vars("voltage").load().assign_attrs(n_samples=ds.sizes["sample"])
    except ValueError as error:
        lines = "; ".join(str(error).splitlines())
        raise ValueError(f"session {session['session']}: {lines}") from error


def _chunks(file, columns):
    with h5py.File(file) as opened:
        voltage = opened["voltage"]
        step = max(1, CHUNK_BYTES // (2 * voltage.shape[1]))
        for start in range(0, len(voltage), step):
            yield voltage[start : start + step][:, columns]
