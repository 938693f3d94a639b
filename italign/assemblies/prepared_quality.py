"""What can be told of the quality of sites in files of others, and which of them are kept."""

import logging
from pathlib import Path

import numpy as np

from italign.assemblies.quality import reliability_interval, signal_to_noise, split_half_reliability
from italign.assemblies.selection import select_sites
from italign.assemblies.site_lists import SiteList, listed_sites
from italign.assemblies.sources._records import Responses
from italign.messages import first_names

FROM_REPETITIONS = ("reliability", "reliability_low", "reliability_high", "snr")
UNTOLD = ("visual_drive_dprime", "latency_ms", "fano_factor")  # need counts, or a baseline
ASKED_OF_REPETITIONS = ("reliability", "snr")
MIN_STIMULI = 2


def judge_sites(
    responses: Responses, source: str, selection: dict, n_splits: int, seed: int,
    listed: SiteList | None = None,
) -> dict[str, np.ndarray]:
    """Measure the sites of one session, and select among them.

    Parameters
    ----------
    responses : Responses
        To the images that the session showed.
    source : str
        Animal and set, for messages.
    selection : dict
        As `italign.assemblies.selection.select_sites`.
    n_splits, seed : int
        Of the split-half reliability.
    listed : SiteList, optional
        Sites that may be selected; all by default.

    Returns
    -------
    dict of str to numpy.ndarray, (n_neuroids,)
        Measures of quality, NaN where a site cannot be used or the file does not tell; ``selected``
        and ``drop_reason``.

    Raises
    ------
    ValueError
        If a measure is asked that the file cannot give, or no site is selected.
    """
    reasons = _unusable(responses, listed, source)
    is_live = reasons == ""
    live = responses.rate[:, :, is_live]
    quality = _quality(live, n_splits, seed)
    _check_asked(selection, quality, live, source)
    selected = np.zeros(is_live.size, np.int8)
    selected[is_live], reasons[is_live] = select_sites(quality, selection, source)
    measures = {name: _spread(quality.get(name), is_live) for name in (*FROM_REPETITIONS, *UNTOLD)}
    return {**measures, "selected": selected, "drop_reason": reasons}


def _unusable(responses: Responses, listed: SiteList | None, source: str) -> np.ndarray:
    """Why sites cannot be used, object (n_neuroids,); empty where they can."""
    reasons = np.array(_dead(responses.rate), dtype=object)
    is_listed = listed_sites(responses, listed, source)
    if not (reasons[is_listed] == "").any():
        raise ValueError(f"{source}: none of {is_listed.sum()} sites responds to all "
                         f"{len(responses.rate)} images ({reasons[is_listed][0]}): get the whole "
                         "file")
    if (is_dead := is_listed & (reasons != "")).any():
        logging.info("%s: %d of %d sites are left out: %s", source, is_dead.sum(), is_dead.size,
                     first_names(reasons[is_dead]))
    if listed is not None:
        reasons[~is_listed] = f"not in {Path(listed.source).name}"
    return reasons


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
