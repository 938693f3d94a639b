"""PSTHs of a session's sites as its page shows them: each site scaled, and their mean and SEM."""

import numpy as np
import pandas as pd
import xarray as xr

STATES = ("kept", "dropped")


def scale_rows(psth_hz: np.ndarray) -> np.ndarray:
    """Scale each site's PSTH from its lowest bin (0) to its highest (1); NaN if it never varies."""
    low = psth_hz.min(axis=1, keepdims=True)
    span = psth_hz.max(axis=1, keepdims=True) - low
    return np.divide(psth_hz - low, span, out=np.full(psth_hz.shape, np.nan), where=span > 0)


def session_psths(sites: pd.DataFrame, assembly: xr.Dataset) -> dict[str, np.ndarray]:
    """Summarise the PSTHs of a session's sites.

    Parameters
    ----------
    sites : pandas.DataFrame
        As from `italign.assemblies.session_sites.session_sites`.
    assembly : xarray.Dataset
        Contract of the same name; it holds these sites.

    Returns
    -------
    dict of str to numpy.ndarray
        ``psth_scaled`` (n_sites, n_bins) in [0, 1]; ``state`` and ``n_sites`` (2,);
        ``psth_mean_hz`` and ``psth_sem_hz`` (2, n_bins), mean and standard error over the sites of
        each state, NaN of none, as is the error of one; ``time_bin_start_ms`` and
        ``time_bin_end_ms`` (n_bins,).
    """
    here = np.isin(assembly["neuroid_id"].values, sites["neuroid_id"])
    psth_hz = assembly["psth_hz"].values[here].astype(float)
    groups = [pd.DataFrame(psth_hz[sites["selected"] == (state == "kept")]) for state in STATES]
    return {
        "psth_scaled": scale_rows(psth_hz),
        "state": np.array(STATES), "n_sites": np.array([len(rows) for rows in groups], "int32"),
        "psth_mean_hz": np.stack([rows.mean().to_numpy(float) for rows in groups]),
        "psth_sem_hz": np.stack([rows.sem().to_numpy(float) for rows in groups]),
        **{name: assembly[name].values.astype(float)
           for name in ("time_bin_start_ms", "time_bin_end_ms")},
    }
