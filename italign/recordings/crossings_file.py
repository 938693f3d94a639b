"""Write a crossings file as the crossings are found (contract 'crossings')."""

from collections.abc import Iterable
from pathlib import Path

import netCDF4
import numpy as np
import xarray as xr

from italign.io import whole_file, write_dataset


def write_crossings(
    path: str | Path, ds: xr.Dataset, crossings: Iterable[tuple[np.ndarray, np.ndarray]]
) -> int:
    """Write crossings of a session of any length, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Target; a temporary file beside it is synced and renamed.
    ds : xarray.Dataset
        All of the contract but the crossings.
    crossings : iterable of tuple
        Pairs of arrays (n,): time_s, crossing_channel.

    Returns
    -------
    int
        Number of crossings.

    Raises
    ------
    ValueError
        If the dataset breaks its contract.
    """
    ds = ds.assign(time_s=("crossing", np.empty(0)),
                   crossing_channel=("crossing", np.empty(0, np.int32)))
    ds.encoding["unlimited_dims"] = {"crossing"}
    n = 0
    with whole_file(path) as part:
        write_dataset(ds, part, "crossings")
        with netCDF4.Dataset(part, "a") as file:
            for time_s, channel in crossings:
                file["time_s"][n : n + len(time_s)] = time_s
                file["crossing_channel"][n : n + len(time_s)] = channel
                n += len(time_s)
    return n
