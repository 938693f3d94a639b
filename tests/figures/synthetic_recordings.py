"""Assemblies, ceilings and validation tables of plausible shape, for the tests of figures."""

import numpy as np
import pandas as pd
import xarray as xr

from italign.contracts import CONTRACTS

HELD_OUT = [("sim4", "hvm"), ("sim4", "coco"), ("sim5", "hvm"), ("sim6", "coco")]
ANIMALS = [("sim1", "hvm"), ("sim2", "hvm"), ("sim3", "hvm"), *HELD_OUT]


def assembly(animal: str, stimulus_set: str, n_sites: int = 24, n_stimuli: int = 20,
             n_repetitions: int = 4) -> xr.Dataset:
    generator = np.random.default_rng(sum(map(ord, animal + stimulus_set)))
    level = generator.uniform(5, 60, n_sites)
    rate = generator.gamma(4, level / 4, (n_stimuli, n_repetitions, n_sites))
    rate[0, 0, 0] = np.nan
    reliability = 1 - generator.gamma(2, 0.12, n_sites)
    sites = [f"{animal}.left.A.{channel}" for channel in range(n_sites)]
    coords = {name: ("neuroid", [value] * n_sites) for name, value in
              {"animal": animal, "hemisphere": "left", "array": "A", "region": "IT"}.items()}
    return xr.Dataset(
        {"rate": (CONTRACTS["assembly"].variables["rate"].dims, rate),
         "reliability": ("neuroid", reliability),
         "snr": ("neuroid", generator.gamma(4, 0.25, n_sites)),
         "visual_drive_dprime": ("neuroid", generator.normal(1.2, 0.5, n_sites)),
         "selected": ("neuroid", (reliability > 0.5).astype("int8"))},
        coords={"stimulus_id": ("stimulus", [f"image{k:03d}" for k in range(n_stimuli)]),
                "neuroid_id": ("neuroid", sites), "channel": ("neuroid", np.arange(n_sites)),
                **coords},
        attrs={"animal": animal, "stimulus_set": stimulus_set, "reliability_threshold": 0.5,
               "source": "in silico"},
    )


def ceiling(animal: str, stimulus_set: str, n_splits: int = 100) -> xr.Dataset:
    generator = np.random.default_rng(sum(map(ord, animal + stimulus_set)))
    centre = generator.uniform(0.5, 0.8)
    values = {name: (("estimator", "split"), generator.normal(centre + shift, 0.02, (2, n_splits)))
              for name, shift in (("split_half", 0), ("attainable", 0.15))}
    attrs = {"animal": animal, "stimulus_set": stimulus_set, "n_stimuli": 200, "n_sites": 20,
             "n_repetitions": 12, "source": "in silico"}
    return xr.Dataset(values, coords={"estimator": ["biased", "unbiased"]}, attrs=attrs)


def validation(session: str, n_channels: int = 24) -> pd.DataFrame:
    generator = np.random.default_rng(sum(map(ord, session)))
    snr = generator.uniform(2.5, 10, n_channels)
    truth = np.clip(1 - generator.gamma(2, 0.08, n_channels), 0.05, 1)
    estimate = truth + generator.normal(0, 0.04, n_channels)
    recall = 1 / (1 + np.exp(-(snr - 3.5) * 1.6))
    return pd.DataFrame({
        "session": session, "animal": session[:4], "channel": np.arange(n_channels), "snr": snr,
        "n_planted": 5000, "n_detected": 5200,
        "precision": np.clip(0.97 - 1.5 * np.exp(-snr) - generator.uniform(0, 0.1, n_channels),
                             0, 1),
        "recall": recall, "rate_correlation": 0.5 + 0.5 * recall,
        "reliability": estimate, "reliability_low": estimate - 0.06,
        "reliability_high": estimate + 0.06, "reliability_truth": truth,
    })


def truth_table() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    rows = []
    for animal, name in HELD_OUT:
        noiseless = generator.uniform(0.45, 0.7)
        for estimator, floor in (("biased", 0.2), ("unbiased", 0.0)):
            rows.append({
                "animal": animal, "stimulus_set": name, "estimator": estimator,
                "cka_noiseless": noiseless, "raw": noiseless * 0.7, "split_half": 0.6,
                "attainable": 0.7, "ceiled_split_half": noiseless * 0.7 / 0.6,
                "error_split_half": noiseless / 6, "error_split_half_se": 0.03,
                "ceiled_attainable": noiseless + 0.01, "error_attainable": 0.01,
                "error_attainable_se": 0.02, "self": 1.0,
                "independent": floor, "independent_se": 0.001,
            })
    return pd.DataFrame(rows)
