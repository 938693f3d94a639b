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
import xarray as xr

from italign.assemblies.halves import require_repetitions
from italign.assemblies.latency import count_moments
from italign.assemblies.layout import stack_repetitions
from italign.assemblies.normalise import zscore_sessions
from italign.assemblies.quality import reliability_interval, signal_to_noise, split_half_reliability
from italign.assemblies.selection import select_sites
from italign.assemblies.sessions import (
    BIN_EDGES,
    check_alike,
    drift_table,
    place_sessions,
    quality_in_hz,
    split_blanks,
)
from italign.io import read_dataset, write_dataset, write_table
from italign.job import job, keywords

STACKED, PER_BIN = ("stimulus", "repetition", "neuroid"), ("neuroid", "time_bin")
# What each choice of session_normalisation does to the rates of the sessions, and their unit then.
NORMALISATIONS = {"none": (list, "Hz"), "zscore": (zscore_sessions, "1")}


def assemble_responses(
    *, rates: list[str], bins: list[str], assembly: str, drift: str, animal: str,
    stimulus_set: str, region: str, selection: dict, reliability_splits: int,
    session_normalisation: str, blank_stimulus_id: str, seed: int,
) -> None:
    """Join the sessions of one animal and set (contracts rates and bins) into an assembly.

    Parameters
    ----------
    rates, bins : list of str
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
    sessions = [_read_session(*pair, animal, stimulus_set, region, blank_stimulus_id)
                for pair in zip(rates, bins, strict=True)]
    check_alike(sessions)
    shown, blanks = split_blanks(sessions, blank_stimulus_id)
    joined, placement = place_sessions(shown)
    rate = stack_repetitions(normalise([s["rate_hz"].values for s in shown]), placement)
    require_repetitions(rate, joined["stimulus_id"].values)
    psth_hz, reference, quality = quality_in_hz(shown, blanks, placement)
    splits = (rate, reliability_splits, seed)
    quality |= {"reliability": split_half_reliability(*splits), "snr": signal_to_noise(rate)}
    selected, reasons = select_sites(quality, selection, f"{animal}, {stimulus_set}")
    low, high = reliability_interval(*splits)
    del quality["rate_hz"]  # asked by the selection, but no variable of an assembly
    quality |= {"reliability_low": low, "reliability_high": high,
                "selected": selected.astype(np.int8), "drop_reason": np.array(reasons)}
    identity = {"animal": animal, "stimulus_set": stimulus_set}
    limit = selection["reliability_min"]
    ds = joined.assign(
        {"rate": (STACKED, rate), "psth_hz": (PER_BIN, psth_hz),
         **{name: ("neuroid", values) for name, values in quality.items()}}
    ).assign_attrs(
        **identity, drive_reference=reference, session_normalisation=session_normalisation,
        reliability_min=np.nan if limit is None else limit,
        source="; ".join(sorted({session.attrs["source"] for session in sessions})),
    )
    logging.info("%d stimuli x %d repetitions x %d sites from %d sessions; d' against %s; %d sites "
                 "selected", *rate.shape, len(sessions), reference, selected.sum())
    changes = drift_table(shown, placement, joined["neuroid_id"].values)
    write_table(changes.assign(**identity)[[*identity, *changes]], drift)
    write_dataset(ds, assembly, "assembly", units={"rate": rate_units})


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


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        assemble_responses(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
