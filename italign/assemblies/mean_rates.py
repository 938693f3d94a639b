"""Mean rates of some kept sites to some images: what stands for an animal in Figure 1A."""

import numpy as np
import xarray as xr

from italign.assemblies.targets import target_blocks

MOST_SITES, MOST_IMAGES = 30, 60  # more would be smaller than a reader sees
NAMES = ("neuroid_id", "region", "stimulus_id")
ATTRS = ("animal", "stimulus_set", "source")


def mean_rates(assembly: xr.Dataset) -> xr.Dataset:
    """Average the rates of some kept sites over repetitions, evenly spread over sites and images.

    Where sessions showed other images, these are of the sites and images of the largest block.

    Parameters
    ----------
    assembly : xarray.Dataset
        Contract of the same name.

    Returns
    -------
    xarray.Dataset
        ``rate_hz`` (neuroid, stimulus), at most `MOST_SITES` x `MOST_IMAGES`, with `NAMES`.
        Attributes `ATTRS`; n_sites and n_images say how many there are of each.

    Raises
    ------
    ValueError
        If no site is kept.
    """
    kept = assembly["rate"].isel(neuroid=np.flatnonzero(assembly["selected"].values))
    n_sites, n_images = kept.sizes["neuroid"], kept.sizes["stimulus"]
    if not n_sites:
        raise ValueError(f"assembly of {assembly.attrs['animal']}: no site is kept, expected some "
                         "to draw; lower assemblies.selection")
    block = _largest_block(kept.mean("repetition"))
    chosen = block.isel(neuroid=spread(block.sizes["neuroid"], MOST_SITES),
                        stimulus=spread(block.sizes["stimulus"], MOST_IMAGES))
    rates = chosen.transpose("neuroid", "stimulus")
    variables = {name: (rates[name].dims, rates[name].values.astype(str)) for name in NAMES}
    attrs = {"units": "Hz", "long_name": "mean over repetitions"}
    return xr.Dataset({"rate_hz": (rates.dims, rates.values, attrs), **variables},
                      attrs={**{name: assembly.attrs[name] for name in ATTRS},
                             "n_sites": n_sites, "n_images": n_images})


def _largest_block(rates: xr.DataArray) -> xr.DataArray:
    """Images that the same sites saw, and these sites."""
    block = target_blocks(rates.values)
    images = block == np.bincount(block).argmax()
    sites = np.isfinite(rates.values[images][0])
    return rates.isel(stimulus=images, neuroid=sites)


def spread(n: int, most: int) -> np.ndarray:
    """Places of at most so many of n, evenly spread."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))
