"""A target of two sessions: each has its own images and its own sites."""

import numpy as np
import xarray as xr

N_TRAIN, N_TEST = 12, 4  # stimuli of a session
SITES = {"first": [0, 1, 2], "second": [3, 4, 5, 6]}


def two_sessions(shown: xr.Dataset) -> xr.Dataset:
    """Sessions alternate from stimulus to stimulus; rates are NaN elsewhere."""
    rng = np.random.default_rng(3)
    n = 2 * (N_TRAIN + N_TEST)
    rate = np.full((n, 7), np.nan, np.float32)
    for start, sites in enumerate(SITES.values()):
        rate[start::2, sites] = rng.normal(size=(n // 2, len(sites)))
    return xr.Dataset(
        {"rate": (("stimulus", "neuroid"), rate)},
        coords={"stimulus_id": ("stimulus", shown.stimulus_id.values[:n]),
                "partition": ("stimulus", ["train"] * 2 * N_TRAIN + ["test"] * 2 * N_TEST),
                "neuroid_id": ("neuroid", [f"n{i}" for i in range(7)])},
    )
