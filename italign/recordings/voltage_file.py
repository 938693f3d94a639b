"""Write and read a voltage file stretch by stretch (contract 'voltage')."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import xarray as xr

from italign.contracts import CONTRACTS, Variable
from italign.io import check, open_dataset, whole_file, write_dataset
from italign.recordings.segments import Segments, check_segments


@dataclass(frozen=True)
class VoltageFile:
    """An open voltage file.

    Parameters
    ----------
    attrs : dict
        Attributes of the contract.
    channel : numpy.ndarray
        int32 (n_channels,) channel numbers.
    segments : Segments
        Stretches without a gap.
    read : callable
        (start, stop) -> int16 (stop - start, n_channels), from any thread; the next call of the
        same thread overwrites it.
    """

    attrs: dict
    channel: np.ndarray
    segments: Segments
    read: Callable[[int, int], np.ndarray]


def write_voltage(
    path: str | Path, chunks: Iterable[np.ndarray], n_samples: int, channel: np.ndarray,
    attrs: dict, segment_start_sample: Iterable[int] = (0,),
    segment_start_s: Iterable[float] = (0.0,),
) -> None:
    """Write voltage as it is made, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Target; a temporary file beside it is synced and renamed.
    chunks : iterable of numpy.ndarray
        int16 (n, n_channels), together `n_samples` long.
    n_samples : int
        Length of the recording.
    channel : numpy.ndarray
        (n_channels,) channel numbers.
    attrs : dict
        Attributes of the contract.
    segment_start_sample, segment_start_s : iterable
        First sample of each stretch without a gap, and its clock; one stretch from 0 s by default.

    Raises
    ------
    ValueError
        If the chunks are not int16 or do not add up, scale or rate is not positive, the segments
        are not in order, or the file breaks its contract.
    """
    rules = CONTRACTS["voltage"]
    axes = {"channel": channel, "segment_start_sample": segment_start_sample,
            "segment_start_s": segment_start_s}
    axes = {name: _axis({**rules.coords, **rules.variables}[name], values)
            for name, values in axes.items()}
    with whole_file(path) as part:
        write_dataset(xr.Dataset(axes, attrs=attrs).set_coords("channel"), part)
        with netCDF4.Dataset(part, "a") as file:
            file.createDimension("sample", n_samples)
            _fill(_create(file, rules.variables["voltage"]), chunks, n_samples)
        with open_dataset(part) as written:
            check(written, "voltage", path)
            _segments(written, path)


@contextmanager
def open_voltage(path: str | Path) -> Iterator[VoltageFile]:
    """Open a voltage file for reading in stretches, from any number of threads.

    Contiguous native counts, as `write_voltage` leaves them, are read straight into a buffer that
    is used again; files stored otherwise (chunked, compressed) go through HDF5.

    Raises
    ------
    ValueError
        If the file breaks its contract, is not int16, its scale or rate is not positive, or its
        segments are not in order; from `read`, if a stretch cannot be read.
    """
    with open_dataset(path) as lazy:
        check(lazy, "voltage", path)
        if lazy.voltage.dtype != np.int16:
            raise ValueError(f"{path}: voltage is {lazy.voltage.dtype}, expected int16 ADC counts; "
                             "convert it, or give the file as another format")
        segments, channel, attrs = _segments(lazy, path), lazy.channel.values, dict(lazy.attrs)
    with ExitStack() as opened:
        data = opened.enter_context(h5py.File(path, "r"))["voltage"]
        offset = data.id.get_offset()
        if offset is not None and data.dtype == np.dtype(np.int16):
            read = _raw_reader(path, offset, data.shape[1], opened)
        else:
            read = _hdf5_reader(path, data)
        yield VoltageFile(attrs, channel, segments, read)


def _segments(ds: xr.Dataset, path: str | Path) -> Segments:
    """Give the segments once scale, rate and segments are known to be usable."""
    source = f"session {ds.session}, {path}"
    for name in ("uv_per_bit", "sampling_rate_hz"):
        if not (np.isfinite(ds.attrs[name]) and ds.attrs[name] > 0):
            raise ValueError(f"{source}: attribute {name} is {ds.attrs[name]}, expected a positive "
                             "number; correct the session sheet or the reader")
    segments = Segments(ds.segment_start_sample.values, ds.segment_start_s.values,
                        ds.sizes["sample"], float(ds.sampling_rate_hz))
    check_segments(segments, source)
    return segments


def _raw_reader(path, offset: int, n_channels: int, opened: ExitStack):
    # Reading into a buffer in the cache is twice as fast as into new memory, and mapping the file
    # would let its pages count as memory of the job.
    local = threading.local()

    def read(start: int, stop: int) -> np.ndarray:
        n_values = (stop - start) * n_channels
        if not hasattr(local, "file"):
            local.file = opened.enter_context(open(path, "rb", buffering=0))
            local.buffer = np.empty(0, np.int16)
        if local.buffer.size < n_values:
            local.buffer = np.empty(n_values, np.int16)
        values = local.buffer[:n_values]
        local.file.seek(offset + 2 * start * n_channels)
        if local.file.readinto(values) != values.nbytes:
            raise ValueError(_damaged(path, start, "the file ends early"))
        return values.reshape(-1, n_channels)

    return read


def _hdf5_reader(path, data: h5py.Dataset):
    def read(start: int, stop: int) -> np.ndarray:
        try:
            return np.asarray(data[start:stop], np.int16)
        except OSError as error:
            raise ValueError(_damaged(path, start, error)) from error

    return read


def _damaged(path, start: int, why) -> str:
    return (f"{path}: samples from {start} cannot be read ({why}); the file is damaged: delete it "
            "and make it again")


def _axis(rule: Variable, values) -> xr.DataArray:
    return xr.DataArray(np.asarray(values, rule.dtype), dims=rule.dims,
                        attrs={"units": rule.units, "long_name": rule.long_name})


def _create(file: netCDF4.Dataset, rule: Variable) -> netCDF4.Variable:
    # Contiguous and uncompressed: noise does not compress, and readers slice it anywhere.
    voltage = file.createVariable("voltage", rule.dtype, rule.dims, fill_value=False,
                                  contiguous=True)
    voltage.setncatts({"units": rule.units, "long_name": rule.long_name, "coordinates": "channel"})
    return voltage


def _fill(voltage: netCDF4.Variable, chunks: Iterable[np.ndarray], n_samples: int) -> None:
    stop = 0
    for chunk in chunks:
        start, stop = stop, stop + len(chunk)
        if stop > n_samples:
            break
        if not np.can_cast(chunk.dtype, voltage.dtype, "equiv"):
            raise ValueError(f"voltage chunk from sample {start} is {chunk.dtype}, expected "
                             f"{voltage.dtype}: it would wrap around; correct the reader")
        voltage[start:stop] = chunk
    if stop != n_samples:
        raise ValueError(f"voltage chunks hold {stop} samples, expected {n_samples}; correct the "
                         "announced length")
