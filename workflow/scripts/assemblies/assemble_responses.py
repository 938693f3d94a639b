"""One animal's responses to one stimulus set: stimulus x repetition x site, with site quality.

Sessions are joined by label: stimuli by stimulus_id, sites by neuroid_id. Per site: split-half
reliability (Spearman-Brown), signal to noise, visual drive d'; sites below the reliability
threshold stay in the file with selected = 0. Sections 2.2 and 2.5 of the paper.
"""

import logging

import numpy as np
import xarray as xr

from italign.assemblies.halves import require_repetitions
from italign.assemblies.layout import SITE_COORDS, stack_repetitions
from italign.assemblies.quality import (
    signal_to_noise,
    split_half_reliability,
    visual_drive_dprime,
)
from italign.io import read_dataset, write_dataset
from italign.job import job, keywords

STACKED = ("stimulus", "repetition", "neuroid")


def assemble_responses(
    *, rates: str | list[str],
    assembly: str,
    animal: str,
    stimulus_set: str,
    region: str,
    reliability_threshold: float,
    reliability_splits: int,
    seed: int,
) -> None:
    """Join the sessions of one animal and set (contract rates) into an assembly."""
    paths = [rates] if isinstance(rates, str) else list(rates)
    sessions = [_read_session(path, animal, stimulus_set, region) for path in paths]
    ds = _stack_sessions(sessions)
    require_repetitions(ds["rate"].values, ds["stimulus_id"].values)
    driven, baseline = ds["rate"].values, ds["baseline"].values
    reliability = split_half_reliability(driven, reliability_splits, seed)
    selected = _select_sites(reliability, reliability_threshold, f"{animal}, {stimulus_set}")
    ds = ds.drop_vars("baseline").assign(
        reliability=("neuroid", reliability),
        snr=("neuroid", signal_to_noise(driven)),
        visual_drive_dprime=("neuroid", visual_drive_dprime(driven, baseline)),
        selected=("neuroid", selected),
    )
    ds.attrs = {
        "animal": animal,
        "stimulus_set": stimulus_set,
        "reliability_threshold": reliability_threshold,
        "source": "; ".join(sorted({session.attrs["source"] for session in sessions})),
    }
    logging.info("%d stimuli x %d repetitions x %d sites from %d sessions; %d sites selected",
                 *(ds.sizes[dim] for dim in STACKED), len(sessions), selected.sum())
    write_dataset(ds, assembly, "assembly")


def _read_session(path: str, animal: str, stimulus_set: str, region: str) -> xr.Dataset:
    """Read rates, refuse those of another animal or set, keep the sites of the region."""
    session = read_dataset(path, "rates")
    found = {"animal": sorted(set(session["animal"].values.tolist())),
             "stimulus_set": [session.attrs["stimulus_set"]]}
    for name, expected in (("animal", animal), ("stimulus_set", stimulus_set)):
        if found[name] != [expected]:
            raise ValueError(f"{path}: {name} is {', '.join(found[name])}, expected {expected}: "
                             "correct recordings.sessions or the rule's input")
    in_region = session["region"].values == region
    if not in_region.any():
        regions = ", ".join(sorted(set(session["region"].values.tolist())))
        raise ValueError(f"{path}: has sites in {regions}, expected some in {region}: correct "
                         "assemblies.region or the session sheet")
    return session.isel(neuroid=in_region)


def _stack_sessions(sessions: list[xr.Dataset]) -> xr.Dataset:
    """Place all presentations by stimulus_id and neuroid_id."""
    sites = {name: np.concatenate([s[name].values for s in sessions]) for name in SITE_COORDS}
    neuroid_ids, first = np.unique(sites["neuroid_id"], return_index=True)
    stimulus_ids = np.unique(np.concatenate([s["stimulus_id"].values for s in sessions]))
    placement = (
        [np.searchsorted(stimulus_ids, s["stimulus_id"].values) for s in sessions],
        [np.searchsorted(neuroid_ids, s["neuroid_id"].values) for s in sessions],
        [s["repetition"].values for s in sessions],
        len(stimulus_ids),
        len(neuroid_ids),
    )
    rate, baseline = (stack_repetitions([s[name].values for s in sessions], *placement)
                      for name in ("rate_hz", "baseline_hz"))
    return xr.Dataset(
        {"rate": (STACKED, rate), "baseline": (STACKED, baseline)},
        coords={"stimulus_id": ("stimulus", stimulus_ids),
                **{name: ("neuroid", values[first]) for name, values in sites.items()}},
    )


def _select_sites(reliability: np.ndarray, threshold: float, which: str) -> np.ndarray:
    selected = reliability >= threshold
    if not selected.any():
        raise ValueError(f"{which}: none of {len(reliability)} sites is selected: the best "
                         f"reliability is {reliability.max():.3f}, expected {threshold} or more; "
                         "lower assemblies.reliability_threshold or record more repetitions")
    return selected.astype(np.int8)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        assemble_responses(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
