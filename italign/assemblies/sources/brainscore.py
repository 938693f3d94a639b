"""Responses as Brain-Score packs them: netCDF-4, presentation x neuroid (x time_bin)."""

import numpy as np
import pandas as pd
import xarray as xr

from italign.assemblies.layout import rank_repetitions
from italign.assemblies.sources._records import Responses
from italign.io import open_dataset
from italign.messages import first_names
from italign.resources.brainscore_names import ANIMALS, ARRAYS, STIMULUS_IDS
from italign.resources.native import as_text, first_present

WINDOW_MS = (70, 170)  # the paper's, and that of the public IT responses
# ASSUME: normalised by session, as the public IT responses are.
UNITS = "1"


def brainscore(file: str, animal: str, region: str) -> Responses:
    """Read all sites of one animal in one region.

    Parameters
    ----------
    file : str
        netCDF-4 file with one variable over presentation and neuroid.
    animal : str
        Capital letters or small.
    region : str
        V4, IT.

    Returns
    -------
    Responses
        Presentations of one image are numbered in the order of the file.

    Raises
    ------
    ValueError
        If the file has another layout, no such animal or region, or no bin of 70 to 170 ms.
    """
    with open_dataset(file) as ds:
        # Whole: reading scattered sites from the file takes longer than reading all.
        values = _in_window(_variable(ds, file), file).load()
        stimulus_id = as_text(ds[first_present(STIMULUS_IDS, ds.variables, "stimulus ids", file)])
        is_wanted = (_is(ds, ANIMALS, animal, file) & _is(ds, ("region",), region, file))
        if not is_wanted.any():
            raise ValueError(f"{file}: no site of {animal} is in {region}: correct "
                             "assemblies.prepared or assemblies.region")
        values = values.isel(neuroid=is_wanted).transpose("presentation", "neuroid").values
        sites = _sites(ds, animal, region, is_wanted, file)
    names, row = np.unique(stimulus_id, return_inverse=True)
    repetition = rank_repetitions(row, np.arange(len(row)))
    rate = np.full((len(names), repetition.max() + 1, values.shape[1]), np.nan, np.float32)
    rate[row, repetition] = values
    return Responses(rate, names, sites, UNITS)


def _variable(ds: xr.Dataset, source: str) -> xr.DataArray:
    found = [name for name in ds.variables if {"presentation", "neuroid"} <= set(ds[name].dims)]
    if len(found) != 1:
        raise ValueError(f"{source}: {len(found)} variables over presentation and neuroid "
                         f"(variables: {first_names(ds.variables)}), expected one")
    return ds[found[0]]


def _in_window(values: xr.DataArray, source: str) -> xr.DataArray:
    """Take the bin of the window; responses without bins are taken as they are."""
    if "time_bin" not in values.dims:
        return values
    edges = list(zip(values["time_bin_start"].values.tolist(),
                     values["time_bin_end"].values.tolist(), strict=True))
    if WINDOW_MS not in edges:
        raise ValueError(f"{source}: time bins are {first_names(edges)} ms, expected one of "
                         f"{WINDOW_MS}: take the file that is not temporal")
    return values.isel(time_bin=edges.index(WINDOW_MS))


def _is(ds: xr.Dataset, names: tuple[str, ...], wanted: str, source: str) -> np.ndarray:
    """Whether each site has a value; (n_neuroids,)."""
    name = first_present(names, ds.variables, names[0], source)
    found = np.char.lower(as_text(ds[name].values))
    if wanted.lower() not in found:
        raise ValueError(f"{source}: {name} {wanted!r} is not there, found "
                         f"{first_names(sorted(set(found.tolist())))}: correct the config")
    return found == wanted.lower()


def _sites(
    ds: xr.Dataset, animal: str, region: str, is_wanted: np.ndarray, source: str
) -> pd.DataFrame:
    """Sites under the file's names, with the animal before: some files only count them."""
    ids = as_text(ds[first_present(["neuroid_id"], ds.variables, "site names", source)])
    array = next((as_text(ds[name]) for name in ARRAYS if name in ds), None)
    side = as_text(ds["hemisphere"]) if "hemisphere" in ds else None
    unknown = np.full(len(ids), "unknown")
    frame = pd.DataFrame({
        "neuroid_id": [f"{animal}.{name}" for name in ids], "animal": animal,
        "hemisphere": unknown if side is None else side,
        "array": unknown if array is None else array, "region": region,
    })[is_wanted].reset_index(drop=True)
    return frame.assign(channel=frame.groupby("array").cumcount())
