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
        With neuroid_id of the session's sites and attribute session: rates, or its rasters.
    assembly : xarray.Dataset
        Contract of the same name.

    Returns
    -------
    pandas.DataFrame
        neuroid_id, channel, reliability, reliability_low, reliability_high, latency_ms, selected,
        drop_reason; in the order of the assembly.

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
    here = assembly.isel(neuroid=ours)
    return pd.DataFrame({
        "neuroid_id": here["neuroid_id"].values.astype(str), "channel": here["channel"].values,
        **{name: here[name].values.astype(float) for name in PER_SITE},
        "selected": here["selected"].values == 1,
        "drop_reason": here["drop_reason"].values.astype(str),
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
