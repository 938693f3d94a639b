"""Assemblies, ceilings and validation tables of plausible shape, for the tests of figures."""

import itertools

import numpy as np
import pandas as pd
import xarray as xr

from italign.assemblies.rasters import session_rasters
from italign.contracts import CONTRACTS
from italign.evaluation.axis_means import mean_errors
from italign.figures.palette import RULES

EDGES_MS = np.arange(-50, 251, 10)
HELD_OUT = [("sim4", "hvm"), ("sim4", "coco"), ("sim5", "hvm"), ("sim6", "coco")]
ANIMALS = [("sim1", "hvm"), ("sim2", "hvm"), ("sim3", "hvm"), *HELD_OUT]


def assembly(animal: str, stimulus_set: str, n_sites: int = 24, n_stimuli: int = 20,
             n_repetitions: int = 4) -> xr.Dataset:
    generator = np.random.default_rng(sum(map(ord, animal + stimulus_set)))
    level = generator.uniform(5, 60, n_sites)
    rate = generator.gamma(4, level / 4, (n_stimuli, n_repetitions, n_sites))
    rate[0, 0, 0] = np.nan
    reliability = 1 - generator.gamma(2, 0.12, n_sites)
    snr = generator.gamma(4, 0.25, n_sites)
    latency = np.where(reliability > 0.3, generator.uniform(75, 110, n_sites), np.nan)
    failed = [[f"reliability {r:.2f} < 0.5"] * int(r < 0.5) + [f"snr {s:.2f} < 0.4"] * int(s < 0.4)
              for r, s in zip(reliability, snr, strict=True)]
    channels = np.arange(1, n_sites + 1)
    coords = {name: ("neuroid", [value] * n_sites) for name, value in
              {"animal": animal, "hemisphere": "left", "array": "A", "region": "IT"}.items()}
    per_site = {
        "reliability": reliability, "reliability_low": reliability - 0.08,
        "reliability_high": reliability + 0.04, "snr": snr, "latency_ms": latency,
        "visual_drive_dprime": generator.normal(1.2, 0.5, n_sites),
        "fano_factor": generator.gamma(8, 0.15, n_sites),
        "selected": np.array([not each for each in failed], dtype="int8"),
        "drop_reason": ["; ".join(each) or "kept" for each in failed],
    }
    return xr.Dataset(
        {"rate": (CONTRACTS["assembly"].variables["rate"].dims, rate),
         "psth_hz": (("neuroid", "time_bin"), _psth(level, latency, generator)),
         **{name: ("neuroid", values) for name, values in per_site.items()}},
        coords={"stimulus_id": ("stimulus", [f"image{k:03d}" for k in range(n_stimuli)]),
                "neuroid_id": ("neuroid", [f"{animal}.left.A.{c}" for c in channels]),
                "channel": ("neuroid", channels), **coords,
                "time_bin_start_ms": ("time_bin", EDGES_MS[:-1].astype(float)),
                "time_bin_end_ms": ("time_bin", EDGES_MS[1:].astype(float))},
        attrs={"animal": animal, "stimulus_set": stimulus_set, "reliability_min": 0.5,
               "drive_reference": "baseline window", "session_normalisation": "none",
               "source": "in silico"},
    )


def _psth(level: np.ndarray, latency: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A bump that rises at the latency; noise around the level where there is none."""
    centre = np.nan_to_num(latency, nan=1e6)[:, None] + 35
    bump = np.exp(-((EDGES_MS[:-1] + 5 - centre) ** 2) / (2 * 30**2))
    return level[:, None] * (0.3 + bump) * generator.normal(1, 0.03, (len(level), bump.shape[1]))


def session(of: xr.Dataset) -> dict[str, xr.Dataset | pd.DataFrame]:
    """Crossings, presentations and rates of a session whose assembly is `of`, and one blank."""
    generator = np.random.default_rng(7)
    n_stimuli, n_repetitions, n_sites = of["rate"].shape
    cells = generator.permutation(n_stimuli * n_repetitions)
    stimulus, repetition = np.divmod(cells, n_repetitions)
    name = f"{of.attrs['animal']}-{of.attrs['stimulus_set']}"
    rate_hz = np.nan_to_num(of["rate"].values[stimulus, repetition])
    rate_hz = np.vstack([rate_hz, np.full((1, n_sites), 900.0)])  # the blank would be strongest
    onset_s = 1 + 0.2 * np.arange(len(rate_hz))
    counts = generator.poisson(rate_hz * 0.1)
    row, site = (np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape))
    noise = generator.uniform(0, onset_s[-1] + 1, 4 * n_sites * len(onset_s))
    time_s = np.concatenate([onset_s[row] + generator.uniform(0.07, 0.17, len(row)), noise])
    site = np.concatenate([site, generator.integers(n_sites, size=len(noise))])
    order, channel = np.argsort(time_s), of["channel"].values
    ids = [*of["stimulus_id"].values[stimulus], "blank"]
    frame = pd.DataFrame({"onset_s": onset_s, "stimulus_id": ids,
                          "trial": np.arange(len(ids)) // 5, "position": np.arange(len(ids)) % 5,
                          "aborted": 0})
    aborted = frame.tail(1).assign(onset_s=onset_s[-1] + 0.2, aborted=1)
    place = {"session": name, "stimulus_set": of.attrs["stimulus_set"], "source": "in silico"}
    return {
        "presentations": pd.concat([frame, aborted]),
        "crossings": _crossings(time_s[order], channel[site[order]], channel, onset_s[-1] + 2,
                                place | {"animal": of.attrs["animal"], "hemisphere": "left",
                                         "array": "A", "region": "IT"}),
        "rates": xr.Dataset(
            {"rate_hz": (("presentation", "neuroid"), rate_hz),
             "baseline_hz": (("presentation", "neuroid"), np.full(rate_hz.shape, 5.0))},
            coords={"stimulus_id": ("presentation", ids), "onset_s": ("presentation", onset_s),
                    "repetition": ("presentation", [*repetition, 0]),
                    "trial": ("presentation", frame["trial"]),
                    **{key: of[key] for key in CONTRACTS["rates"].coords
                       if of.coords.get(key, of["rate"]).dims == ("neuroid",)}},
            attrs=place | {"window_start_ms": 70, "window_end_ms": 170, "n_lost_in_gaps": 3}),
    }


def rasters(of: xr.Dataset) -> xr.Dataset:
    """What the page of that session shows."""
    return session_rasters(**session(of), assembly=of)


def _crossings(time_s, crossing_channel, channel, duration_s, place) -> xr.Dataset:
    n_channels = len(channel)
    return xr.Dataset(
        {"time_s": ("crossing", time_s), "crossing_channel": ("crossing", crossing_channel),
         "threshold_uv": ("electrode", np.full(n_channels, -36.0)),
         "center_uv": ("electrode", np.zeros(n_channels)),
         "noise_sd_uv": ("electrode", np.full(n_channels, 12.0)),
         "segment_start_s": ("segment", [0.0]), "segment_end_s": ("segment", [duration_s])},
        coords={"channel": ("electrode", channel)},
        attrs=place | {"threshold_sd": 3.0, "edge": "falling", "sign": "negative",
                       "threshold_unit": "uV",
                       "sd_estimator": "SD about the mean, of the raw voltage",
                       "sd_segment": "whole session", "band_pass_hz": "none",
                       "dead_time_ms": 0.0, "sampling_rate_hz": 20000.0,
                       "duration_s": duration_s})


def drift(animal: str, stimulus_set: str, n_sessions: int = 1, n_sites: int = 24) -> pd.DataFrame:
    generator = np.random.default_rng(sum(map(ord, animal + stimulus_set)))
    first = generator.uniform(5, 60, n_sites)
    tables = []
    for k in range(n_sessions):
        change = generator.normal(-6 * k, 8, n_sites) * (k > 0)
        tables.append(pd.DataFrame({
            "animal": animal, "stimulus_set": stimulus_set,
            "session": f"{animal}-{stimulus_set}-day{k + 1}",
            "neuroid_id": [f"{animal}.left.A.{c}" for c in range(1, n_sites + 1)],
            "mean_rate_hz": first * (1 + change / 100), "baseline_hz": 0.4 * first,
            "change_percent": change,
            "slope_percent_per_hour": generator.normal(0, 10, n_sites), "slope_se": 8.0,
            "tuning_correlation": (1 - generator.gamma(2, 0.1, n_sites) if n_sessions > 1
                                   else np.nan),
        }))
    return pd.concat(tables, ignore_index=True)


def ceiling(animal: str, stimulus_set: str, n_splits: int = 100) -> xr.Dataset:
    generator = np.random.default_rng(sum(map(ord, animal + stimulus_set)))
    centre = generator.uniform(0.5, 0.8)
    shift = np.array([0, 0.1, 0.12, 0.15])[:, None, None, None]
    fewer = np.array([-0.3, -0.15, 0])[:, None]  # not sorted by n_drawn in the file
    values = generator.normal(centre + shift + fewer, 0.02, (4, 2, 3, n_splits))
    attrs = {"animal": animal, "stimulus_set": stimulus_set, "n_stimuli": 200, "n_sites": 20,
             "n_repetitions": 12, "source": "in silico"}
    return xr.Dataset({"cka": (("rule", "estimator", "n_drawn", "split"), values[:, :, [2, 0, 1]])},
                      coords={"rule": list(RULES), "estimator": ["biased", "unbiased"],
                              "n_drawn": [12, 2, 4]}, attrs=attrs)


def by_repetitions() -> pd.DataFrame:
    """Errors of axes and their means, as `validate_similarity` writes them."""
    errors = axis_errors()
    return pd.concat([errors.assign(mark="axis"), mean_errors(errors).assign(mark="mean")],
                     ignore_index=True)


def axis_errors() -> pd.DataFrame:
    """Errors that shrink with repetitions; one axis has fewer of them, one ceiling is undefined."""
    generator = np.random.default_rng(1)
    rows = []
    for (animal, name), estimator in itertools.product(HELD_OUT, ("biased", "unbiased")):
        drawn = [2, 4, 8, 10 if animal == "sim6" else 12]
        for (rule, bias), n_drawn in itertools.product(zip(RULES, (0.4, 0.1, -0.1, 0), strict=True),
                                                       drawn):
            error = bias * 4 / n_drawn * 0.5 + generator.normal(0, 0.03)
            undefined = (animal, rule, n_drawn) == ("sim5", "square_root", 2)
            rows.append({"animal": animal, "stimulus_set": name, "estimator": estimator,
                         "rule": rule, "n_drawn": n_drawn, "raw": 0.4, "ceiling": 0.7,
                         "ceiled": 0.6 + error, "noiseless": 0.6,
                         "error": np.nan if undefined else error, "error_se": 0.03})
    return pd.DataFrame(rows)


def validation(session: str, n_channels: int = 24) -> pd.DataFrame:
    generator = np.random.default_rng(sum(map(ord, session)))
    snr = generator.uniform(2.5, 10, n_channels)
    truth = np.clip(1 - generator.gamma(2, 0.08, n_channels), 0.05, 1)
    estimate = truth + generator.normal(0, 0.04, n_channels)
    latency = generator.uniform(60, 90, n_channels)
    recall = 1 / (1 + np.exp(-(snr - 3.5) * 1.6))
    return pd.DataFrame({
        "session": session, "animal": session[:4], "channel": np.arange(n_channels), "snr": snr,
        "n_planted": 5000, "n_detected": 5200,
        "precision": np.clip(0.97 - 1.5 * np.exp(-snr) - generator.uniform(0, 0.1, n_channels),
                             0, 1),
        "recall": recall, "rate_correlation": 0.5 + 0.5 * recall,
        "reliability": estimate, "reliability_low": estimate - 0.06,
        "reliability_high": estimate + 0.06, "reliability_truth": truth,
        "latency_ms": np.where(truth > 0.3, 20 + latency + generator.normal(0, 5, n_channels),
                               np.nan),
        "latency_truth_ms": latency, "selected": (estimate > 0.5).astype(int),
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
                "error_attainable_se": 0.02, "z_split_half": noiseless / 6 / 0.03,
                "z_attainable": 0.5, "self": 1.0,
                "independent": floor, "independent_se": 0.001,
            })
    return pd.DataFrame(rows)
