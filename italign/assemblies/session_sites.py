"""Quality of one session's sites, looked up in the assembly that they went into."""

import numpy as np
import pandas as pd
import xarray as xr

PER_SITE = ("reliability", "reliability_low", "reliability_high", "latency_ms")
RANKS = ("best", "median", "worst")


def session_sites(recorded: xr.Dataset, assembly: xr.Dataset) -> pd.DataFrame:
    """Look up the quality of a session's sites in the assembly they went into.

    Parameters
    ----------
    recorded : xarray.Dataset
        With neuroid_id of the session's sites and attribute session, as rates have.
    assembly : xarray.Dataset
        Contract of the same name.

    Returns
    -------
    pandas.DataFrame
        As from `tabulate_sites`, in the order of the assembly.

    Raises
    ------
    ValueError
        If the assembly has none of the session's sites.
    """
    ours = np.isin(assembly["neuroid_id"].values, recorded["neuroid_id"].values)
    if not ours.any():
        raise ValueError(
            f"session {recorded.attrs['session']}: none of its {recorded.sizes['neuroid']} sites "
            f"is in the assembly of {assembly.attrs['animal']}, {assembly.attrs['stimulus_set']}; "
            "give the assembly made from its rates")
    return tabulate_sites(assembly.isel(neuroid=ours))


def tabulate_sites(ds: xr.Dataset) -> pd.DataFrame:
    """Tabulate the quality of sites.

    Parameters
    ----------
    ds : xarray.Dataset
        An assembly, or the rasters of a session.

    Returns
    -------
    pandas.DataFrame
        neuroid_id, channel, reliability, reliability_low, reliability_high, latency_ms, selected
        (bool), drop_reason.
    """
    return pd.DataFrame({
        "neuroid_id": ds["neuroid_id"].values.astype(str), "channel": ds["channel"].values,
        **{name: ds[name].values.astype(float) for name in PER_SITE},
        "selected": ds["selected"].values == 1,
        "drop_reason": ds["drop_reason"].values.astype(str),
    })


def raster_sites(sites: pd.DataFrame) -> pd.DataFrame:
    """Choose the kept sites of highest, median and lowest reliability.

    Parameters
    ----------
    sites : pandas.DataFrame
        As from `session_sites`.

    Returns
    -------
    pandas.DataFrame
        At most three rows of `sites` with ``rank`` best, median or worst; none if none is kept.
    """
    kept = sites[sites["selected"]].sort_values("reliability", ascending=False, kind="stable")
    chosen = {}
    for rank, place in zip(RANKS, (0, len(kept) // 2, len(kept) - 1), strict=True):
        if len(kept):
            chosen.setdefault(place, rank)
    return kept.iloc[list(chosen)].assign(rank=list(chosen.values()))
