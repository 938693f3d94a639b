"""One animal's responses to one stimulus set: stimulus x repetition x site, with site quality.

Sessions are joined by label: stimuli by stimulus_id, sites by neuroid_id. Per site, in Hz: visual
drive d' (against presentations of the blank stimulus where every site has them, otherwise against
the baseline window), Fano factor, mean response over time and its latency. Split-half reliability
with a bootstrap interval over stimuli, and signal to noise, are those of the rates in the file:
with session_normalisation ``zscore`` these are standardised within each session. Sites that fail a
criterion stay in the file with selected = 0 and the reason. Sections 2.2 and 2.5 of the paper.
"""

import logging

import numpy as np
import pandas as pd
import xarray as xr

from italign.assemblies.drift import session_drift
from italign.assemblies.halves import require_repetitions
from italign.assemblies.latency import count_moments, half_height_latency, mean_psth
from italign.assemblies.layout import SITE_COORDS, join_labels, stack_repetitions
from italign.assemblies.normalise import zscore_sessions
from italign.assemblies.quality import (
    fano_factor,
    reliability_interval,
    signal_to_noise,
    split_half_reliability,
    visual_drive_dprime,
)
from italign.assemblies.selection import select_sites
from italign.io import read_dataset, write_dataset, write_table
from italign.job import job, keywords

STACKED, PER_BIN = ("stimulus", "repetition", "neuroid"), ("neuroid", "time_bin")
WINDOW = ("window_start_ms", "window_end_ms")
BIN_EDGES = ("time_bin_start_ms", "time_bin_end_ms")
# What each choice of session_normalisation does to the rates of the sessions, and their unit then.
NORMALISATIONS = {"none": (list, "Hz"), "zscore": (zscore_sessions, "1")}


def assemble_responses(
    *, rates: str | list[str], bins: str | list[str], assembly: str, drift: str, animal: str,
    stimulus_set: str, region: str, selection: dict, reliability_splits: int,
    session_normalisation: str, blank_stimulus_id: str, seed: int,
) -> None:
    """Join the sessions of one animal and set (contracts rates and bins) into an assembly.

    Parameters
    ----------
    rates, bins : str or list of str
        Files of the sessions, in the order of time.
    assembly, drift : str
        Outputs: contract assembly, and a table with one row per site and session.
    animal, stimulus_set, region : str
        What the sessions must hold; sites of other regions are left out.
    selection : dict
        ``<measure>_min`` and ``<measure>_max``, None where nothing is asked; measures are
        reliability, snr, visual_drive_dprime, rate_hz, latency_ms and fano_factor.
    reliability_splits : int
        Random halves behind the reliability.
    session_normalisation : {"none", "zscore"}
        Of the rates, within each session.
    blank_stimulus_id : str
        Presentations without an image; no stimulus of the assembly.
    seed : int
        Of the halves and of the bootstrap.
    """
    normalise, rate_units = NORMALISATIONS[session_normalisation]
    files = ([paths] if isinstance(paths, str) else paths for paths in (rates, bins))
    sessions = [_read_session(*pair, animal, stimulus_set, region, blank_stimulus_id)
                for pair in zip(*files, strict=True)]
    _check_alike(sessions)
    shown = [session.isel(presentation=session["stimulus_id"].values != blank_stimulus_id)
             for session in sessions]
    coords, placement = _place(shown)
    rate = stack_repetitions(normalise([s["rate_hz"].values for s in shown]), *placement)
    require_repetitions(rate, coords["stimulus_id"][1])
    psth_hz, reference, quality = _in_hz(sessions, shown, placement, blank_stimulus_id)
    splits = (rate, reliability_splits, seed)
    quality |= {"reliability": split_half_reliability(*splits), "snr": signal_to_noise(rate)}
    selected, reasons = select_sites(quality, selection, f"{animal}, {stimulus_set}")
    low, high = reliability_interval(*splits)
    quality |= {"reliability_low": low, "reliability_high": high,
                "selected": selected.astype(np.int8), "drop_reason": np.array(reasons)}
    limit = selection["reliability_min"]
    ds = xr.Dataset(
        {"rate": (STACKED, rate), "psth_hz": (PER_BIN, psth_hz),
         **{name: ("neuroid", values) for name, values in quality.items()}},
        coords,
        {"animal": animal, "stimulus_set": stimulus_set,
         "reliability_min": np.nan if limit is None else limit, "drive_reference": reference,
         "session_normalisation": session_normalisation,
         "source": "; ".join(sorted({session.attrs["source"] for session in sessions}))},
    )
    logging.info("%d stimuli x %d repetitions x %d sites from %d sessions; d' against %s; %d sites "
                 "selected", *rate.shape, len(sessions), reference, selected.sum())
    write_table(_drift(shown, placement, coords, animal, stimulus_set), drift)
    write_dataset(ds.drop_vars("rate_hz"), assembly, "assembly", units={"rate": rate_units})


def _read_session(
    rates: str, bins: str, animal: str, stimulus_set: str, region: str, blank: str
) -> xr.Dataset:
    """Read a session, refuse another animal's or set's, keep the region's sites.

    The counts of its bins are added up over presentations with an image: there can be gigabytes.
    """
    session, binned = read_dataset(rates, "rates"), read_dataset(bins, "bins")
    for name in ("stimulus_id", "neuroid_id"):
        if not np.array_equal(session[name].values, binned[name].values):
            raise ValueError(f"{bins}: {name} differs from that of {rates}, expected the same "
                             "presentations and sites: make both from the same session")
    found = {"animal": sorted(set(session["animal"].values.tolist())),
             "stimulus_set": [session.attrs["stimulus_set"]]}
    for name, expected in (("animal", animal), ("stimulus_set", stimulus_set)):
        if found[name] != [expected]:
            raise ValueError(f"{rates}: {name} is {', '.join(found[name])}, expected {expected}: "
                             "correct the session sheet or the rule's input")
    in_region = session["region"].values == region
    if not in_region.any():
        regions = ", ".join(sorted(set(session["region"].values.tolist())))
        raise ValueError(f"{rates}: has sites in {regions}, expected some in {region}: correct "
                         "assemblies.region or the session sheet")
    has_image = session["stimulus_id"].values != blank
    if not has_image.any():
        raise ValueError(f"{rates}: all {len(has_image)} presentations are of {blank!r}, expected "
                         "some of images: correct assemblies.blank_stimulus_id")
    total, square, _ = count_moments(binned["count"].values[has_image])
    edges = {name: ("time_bin", binned[name].values) for name in BIN_EDGES}
    session = session.assign(total=(PER_BIN, total), square=(PER_BIN, square), **edges)
    return session.isel(neuroid=in_region)


def _check_alike(sessions: list[xr.Dataset]) -> None:
    """Refuse sessions whose counts come from other windows or bins than those of the first."""
    first = sessions[0]
    for session in sessions[1:]:
        for name in (*WINDOW, *BIN_EDGES):
            found, expected = (s[name].values if name in BIN_EDGES else s.attrs[name]
                               for s in (session, first))
            if not np.array_equal(found, expected):
                raise ValueError(f"session {session.attrs['session']}: {name} is {found}, expected "
                                 f"{expected} as in session {first.attrs['session']}: compute the "
                                 "rates of both with the same config")


def _place(sessions: list[xr.Dataset]) -> tuple[dict, tuple]:
    """Coordinates of the assembly, and where each presentation goes (`stack_repetitions`)."""
    stimulus_ids, rows = join_labels([s["stimulus_id"].values for s in sessions])
    neuroid_ids, columns = join_labels([s["neuroid_id"].values for s in sessions])
    _, first = np.unique(np.concatenate(columns), return_index=True)
    sites = {name: np.concatenate([s[name].values for s in sessions])[first]
             for name in SITE_COORDS}
    coords = {"stimulus_id": ("stimulus", stimulus_ids),
              **{name: ("time_bin", sessions[0][name].values) for name in BIN_EDGES},
              **{name: ("neuroid", values) for name, values in sites.items()}}
    orders = [s["repetition"].values for s in sessions]
    return coords, (rows, columns, orders, len(stimulus_ids), len(neuroid_ids))


def _in_hz(sessions, shown, placement, blank_stimulus_id) -> tuple[np.ndarray, str, dict]:
    """Mean response over time, the reference of d', and the measures that need rates in Hz."""
    columns, n_neuroids = placement[1], placement[-1]
    driven_hz, baseline_hz = (stack_repetitions([s[name].values for s in shown], *placement)
                              for name in ("rate_hz", "baseline_hz"))
    blank_hz = _blank_rates(sessions, columns, n_neuroids, blank_stimulus_id)
    # One reference for all sites: d' against different ones cannot be compared.
    has_blanks = np.isfinite(blank_hz).sum(axis=(0, 1)).min() >= 2
    start_ms, end_ms = (shown[0][name].values for name in BIN_EDGES)
    moments = [(s["total"].values, s["square"].values, s.sizes["presentation"]) for s in shown]
    psth_hz, se_hz = mean_psth(moments, columns, n_neuroids, end_ms - start_ms)
    before_hz = np.nanmean(baseline_hz, axis=(0, 1), dtype=np.float64)
    window_start_ms, window_end_ms = (shown[0].attrs[name] for name in WINDOW)
    return psth_hz, "blank" if has_blanks else "baseline", {
        "visual_drive_dprime": visual_drive_dprime(driven_hz,
                                                   blank_hz if has_blanks else baseline_hz),
        "latency_ms": half_height_latency(psth_hz, se_hz, before_hz, start_ms, end_ms),
        "fano_factor": fano_factor(driven_hz, window_end_ms - window_start_ms),
        "rate_hz": np.nanmean(driven_hz, axis=(0, 1), dtype=np.float64),
    }


def _blank_rates(sessions, columns, n_neuroids, blank_stimulus_id) -> np.ndarray:
    """Rates of the presentations without an image, (1, n_repetitions, n_neuroids)."""
    blanks = [session.isel(presentation=session["stimulus_id"].values == blank_stimulus_id)
              for session in sessions]
    return stack_repetitions(
        [blank["rate_hz"].values for blank in blanks],
        [np.zeros(blank.sizes["presentation"], int) for blank in blanks], columns,
        [blank["repetition"].values for blank in blanks], 1, n_neuroids,
    )


def _drift(shown, placement, coords, animal: str, stimulus_set: str) -> pd.DataFrame:
    """One row per session and site: how rates and tuning change."""
    rows, columns, _, n_stimuli, n_neuroids = placement
    rates_hz, baselines_hz, onset_s = ([s[name].values for s in shown]
                                       for name in ("rate_hz", "baseline_hz", "onset_s"))
    table = session_drift(rates_hz, baselines_hz, rows, onset_s, columns, n_stimuli, n_neuroids)
    names = {"animal": animal, "stimulus_set": stimulus_set,
             "session": np.array([s.attrs["session"] for s in shown])[table.pop("session_index")],
             "neuroid_id": coords["neuroid_id"][1][table.pop("site")]}
    return pd.concat([pd.DataFrame(names), table], axis=1)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        assemble_responses(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
