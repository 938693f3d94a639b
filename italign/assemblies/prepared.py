"""Assemblies from responses of others: joined to images, with what quality can be told."""

import logging

import numpy as np
import xarray as xr

from italign.assemblies.layout import SITE_COORDS
from italign.assemblies.quality import reliability_interval, signal_to_noise, split_half_reliability
from italign.assemblies.selection import select_sites
from italign.assemblies.sessions import BIN_EDGES
from italign.assemblies.sources._records import Responses
from italign.messages import first_names

FROM_REPETITIONS = ("reliability", "reliability_low", "reliability_high", "snr")
UNTOLD = ("visual_drive_dprime", "latency_ms", "fano_factor")  # need counts, or a baseline
ASKED_OF_REPETITIONS = ("reliability", "snr")
MIN_STIMULI = 2


def join_stimuli(responses: Responses, stimulus_ids: np.ndarray, source: str) -> Responses:
    """Keep the responses to the images of a set.

    Parameters
    ----------
    responses : Responses
        To all images of a file.
    stimulus_ids : numpy.ndarray, str (n_images,)
        Images of the set; those that the file lacks are no matter, as a file holds one split.
    source : str
        The file, for the message.

    Returns
    -------
    Responses
        Sorted by stimulus_id.

    Raises
    ------
    ValueError
        If the two have no image in common.
    """
    known, row = np.unique(responses.stimulus_ids, return_index=True)
    row = row[np.isin(known, stimulus_ids)]
    if not row.size:
        raise ValueError(f"{source}: responses are to {first_names(known[:3])} ..., the images are "
                         f"{first_names(np.sort(stimulus_ids)[:3])} ...; expected some in common: "
                         "prepare both from files of the same experiment")
    return Responses(responses.rate[row], responses.stimulus_ids[row], responses.sites,
                     responses.units)


def assembly_of(
    responses: Responses, source: str, selection: dict, n_splits: int, seed: int
) -> xr.Dataset:
    """Give responses the form of contract ``assembly``, without animal, set and source.

    Parameters
    ----------
    responses : Responses
        To the images of one set.
    source : str
        Animal and set, for messages.
    selection : dict
        As `italign.assemblies.selection.select_sites`.
    n_splits, seed : int
        Of the split-half reliability.

    Returns
    -------
    xarray.Dataset
        Sites without a response to some image, or with none but zeros, have selected = 0. There
        are no time bins.

    Raises
    ------
    ValueError
        If a measure is asked that the file cannot give, or no site is selected.
    """
    rate, limit = responses.rate, selection["reliability_min"]
    per_site = _judge(rate, source, selection, n_splits, seed)
    no_time_bin = {name: ("time_bin", np.zeros(0)) for name in BIN_EDGES}
    return xr.Dataset(
        {"rate": (("stimulus", "repetition", "neuroid"), rate),
         "psth_hz": (("neuroid", "time_bin"), np.zeros((rate.shape[2], 0), np.float32)),
         **{name: ("neuroid", values) for name, values in per_site.items()}},
        coords={"stimulus_id": ("stimulus", responses.stimulus_ids), **no_time_bin,
                **{name: ("neuroid", responses.sites[name].to_numpy()) for name in SITE_COORDS}},
        attrs={"reliability_min": np.nan if limit is None else limit, "drive_reference": "none",
               "session_normalisation": "as in the file"},
    )


def _judge(
    rate: np.ndarray, source: str, selection: dict, n_splits: int, seed: int
) -> dict[str, np.ndarray]:
    """Quality and fate of every site, (n_neuroids,) each."""
    reasons = np.array(_dead(rate), dtype=object)
    is_live = reasons == ""
    if not is_live.any():
        raise ValueError(f"{source}: none of {len(reasons)} sites responds to all "
                         f"{len(rate)} images ({reasons[0]}): get the whole file")
    if not is_live.all():
        logging.info("%s: %d of %d sites are left out: %s", source, (~is_live).sum(), is_live.size,
                     first_names(reasons[~is_live]))
    live = rate[:, :, is_live]
    quality = _quality(live, n_splits, seed)
    _check_asked(selection, quality, live, source)
    selected = np.zeros(is_live.size, np.int8)
    selected[is_live], reasons[is_live] = select_sites(quality, selection, source)
    measures = {name: _spread(quality.get(name), is_live) for name in (*FROM_REPETITIONS, *UNTOLD)}
    return {**measures, "selected": selected, "drop_reason": reasons}


def _dead(rate: np.ndarray) -> list[str]:
    """Why sites cannot be used, one each; empty where they can."""
    n_missing = (~np.isfinite(rate)).all(axis=1).sum(axis=0)
    total = np.nansum(np.abs(rate, dtype=np.float64), axis=(0, 1))
    return [f"no response to {n} of {len(rate)} images" if n else "" if sum_ else "all responses 0"
            for n, sum_ in zip(n_missing.tolist(), total.tolist(), strict=True)]


def _quality(rate: np.ndarray, n_splits: int, seed: int) -> dict[str, np.ndarray]:
    """Measures from repetitions, of the images that every site saw twice; none of fewer."""
    is_repeated = (np.isfinite(rate).sum(axis=1) >= 2).all(axis=1)
    n_sites = rate.shape[2]
    if is_repeated.sum() < MIN_STIMULI:
        return {name: np.full(n_sites, np.nan) for name in FROM_REPETITIONS}
    if not is_repeated.all():
        logging.info("reliability and snr are of the %d of %d images that every site saw twice",
                     is_repeated.sum(), is_repeated.size)
    splits = (rate[is_repeated], n_splits, seed)
    low, high = reliability_interval(*splits)
    return {"reliability": split_half_reliability(*splits), "reliability_low": low,
            "reliability_high": high, "snr": signal_to_noise(rate[is_repeated])}


def _check_asked(selection: dict, quality: dict, rate: np.ndarray, source: str) -> None:
    """Refuse limits on what the file does not tell, before every site fails them."""
    possible = [name for name in ASKED_OF_REPETITIONS if not np.isnan(quality[name]).all()]
    for name, limit in selection.items():
        if limit is not None and name.rpartition("_")[0] not in possible:
            raise ValueError(f"{source}: assemblies.selection.{name} is {limit:g}, but the file "
                             f"has {rate.shape[1]} repetitions per image and no counts over time; "
                             f"expected limits on {' and '.join(possible) or 'nothing'} only: set "
                             "it to null")


def _spread(values: np.ndarray | None, is_live: np.ndarray) -> np.ndarray:
    """Values of live sites at their places among all, NaN elsewhere."""
    spread = np.full(is_live.size, np.nan)
    if values is not None:
        spread[is_live] = values
    return spread
