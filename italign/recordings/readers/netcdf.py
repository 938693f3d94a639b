"""A voltage file of italign's own (contract 'voltage'), for example from another lab's run."""

from functools import partial

import numpy as np
import xarray as xr

from italign.io import check, open_dataset
from italign.recordings.readers._channels import (
    RATE_TOLERANCE,
    SCALE_TOLERANCE,
    agree_on_channels,
    agreed,
    full_range,
    kept_channels,
    only_file,
    sync_column,
)
from italign.recordings.readers._flat import hdf5_chunks
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
    agree_on_channels(session, file, len(numbers))
    voltage, sync = sync_column(session, file, numbers)
    kept, findings = kept_channels(session, file, voltage, [str(x) for x in voltage])
    kept_numbers = np.array(voltage, np.int32)[kept]
    columns = partial(hdf5_chunks, file, "voltage")
    level = None if sync is None else Level(segments, partial(columns, sync), digital=False)
    return Recording(segments, uv_per_bit, kept_numbers,
                     partial(columns, np.flatnonzero(np.isin(numbers, kept_numbers))), ds.source,
                     full_range(len(kept)), level, findings)


def _without_voltage(session: dict, file: str) -> xr.Dataset:
    try:
        with open_dataset(file) as ds:
            check(ds, "voltage", file)
            # h5py reads the stored counts, whatever xarray makes of their attributes.
            if not np.can_cast(ds.voltage.dtype, np.int16, "equiv"):
                raise ValueError(f"{file}: voltage is {ds.voltage.dtype}, expected int16 ADC "
                                 "counts; convert it, with the uv_per_bit that goes with them")
            return ds.drop_vars("voltage").load().assign_attrs(n_samples=ds.sizes["sample"])
    except ValueError as error:
        lines = "; ".join(str(error).splitlines())
        raise ValueError(f"session {session['session']}: {lines}") from error
