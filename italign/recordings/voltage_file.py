"""Write and read a voltage file stretch by stretch (contract 'voltage')."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import netCDF4
import numpy as np
import xarray as xr

from italign.contracts import CONTRACTS, Variable
from italign.io import check, open_dataset, whole_file, write_dataset


def write_voltage(
    path: str | Path, chunks: Iterable[np.ndarray], n_samples: int, channel: np.ndarray, attrs: dict
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

    Raises
    ------
    ValueError
        If the chunks do not add up, or the file breaks its contract.
    """
    rules = CONTRACTS["voltage"]
    axis = xr.DataArray(np.asarray(channel, np.int32), dims="electrode")
    axis.attrs = {"units": "1", "long_name": rules.coords["channel"].long_name}
    with whole_file(path) as part:
        write_dataset(xr.Dataset(coords={"channel": axis}, attrs=attrs), part)
        with netCDF4.Dataset(part, "a") as file:
            file.createDimension("sample", n_samples)
            _fill(_create(file, rules.variables["voltage"]), chunks, n_samples)
        with open_dataset(part) as written:
            check(written, "voltage", path)


def read_chunks(
    voltage: xr.DataArray, source: str | Path, chunk_samples: int = 100_000
) -> Iterator[np.ndarray]:
    """Read voltage in order, a stretch at a time.

    Parameters
    ----------
    voltage : xarray.DataArray
        Lazy, (sample, electrode).
    source : str or Path
        Named in the message.
    chunk_samples : int
        Length of a stretch.

    Yields
    ------
    numpy.ndarray
        int16 (up to chunk_samples, n_channels).

    Raises
    ------
    ValueError
        If a stretch cannot be read.
    """
    for start in range(0, voltage.sizes["sample"], chunk_samples):
        try:
            yield voltage[start : start + chunk_samples].values
        except (OSError, RuntimeError) as error:
            raise ValueError(f"{source}: samples from {start} cannot be read ({error}); the file "
                             "is damaged: delete it and make it again") from error


def _create(file: netCDF4.Dataset, rule: Variable) -> netCDF4.Variable:
    # Contiguous and uncompressed: noise does not compress, and readers slice it anywhere.
    voltage = file.createVariable("voltage", rule.dtype, rule.dims, fill_value=False,
                                  contiguous=True)
    voltage.setncatts({"units": rule.units, "long_name": rule.long_name, "coordinates": "channel"})
    return voltage


def _fill(voltage: netCDF4.Variable, chunks: Iterable[np.ndarray], n_samples: int) -> None:
    start = 0
    for chunk in chunks:
        voltage[start : start + len(chunk)] = chunk
        start += len(chunk)
    if start != n_samples:
        raise ValueError(f"voltage chunks hold {start} samples, expected {n_samples}; correct the "
                         "announced length")
