"""One animal's responses to one stimulus set: stimulus x repetition x site, with site quality.

Sessions are joined by label: stimuli by stimulus_id, sites by neuroid_id. Stimuli with fewer than
two repetitions at some site are left out. Per site, in Hz: visual drive d' (against presentations
of the blank stimulus where every site has them, otherwise against the baseline window), Fano
factor, mean response over time, and latency of the response to preferred stimuli. Split-half
reliability with a bootstrap interval over stimuli, and signal to noise, are those of the rates in
the file: with session_normalisation ``zscore`` these are standardised within each session. Sites
that fail a criterion stay in the file with selected = 0 and the reason. Sections 2.2 and 2.5 of the
paper.
"""

from italign.job import job, keywords

import logging

import numpy as np
import xarray as xr

from italign.assemblies.layout import stack_repetitions
from italign.assemblies.measures import quality_in_hz
from italign.assemblies.normalise import zscore_sessions
from italign.assemblies.quality import reliability_interval, signal_to_noise, split_half_reliability
from italign.assemblies.selection import select_sites
from italign.assemblies.sessions import (
    BIN_EDGES,
    check_alike,
    drift_table,
    leave_out_rare,
    place_sessions,
    split_blanks,
)
from italign.io import check, open_dataset, read_dataset, write_dataset, write_table
from italign.messages import first_names

STACKED, PER_BIN = ("stimulus", "repetition", "neuroid"), ("neuroid", "time_bin")
RATE_UNITS = {"none": "Hz", "zscore": "1"}  # by session_normalisation


def assemble_responses(
    *, rates: list[str], bins: list[str], assembly: str, drift: str, animal: str,
    stimulus_set: str, region: str, selection: dict, reliability_splits: int,
    session_normalisation: str, blank_stimulus_id: str, seed: int,
) -> None:
    """Join the sessions of one animal and set (contracts rates and bins) into an assembly.

    Parameters
    ----------
    rates, bins : list of str
        Files of the sessions, in the order of the session sheet.
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
        Of the rates, within each session, by the stimuli that all sessions of a site show.
    blank_stimulus_id : str
        Presentations without an image; no stimulus of the assembly.
    seed : int
        Of the halves and of the bootstrap.
    """
    source = f"{animal}, {stimulus_set}"
    sessions = [_read_session(*pair, animal, stimulus_set, region, blank_stimulus_id)
                for pair in zip(rates, bins, strict=True)]
    check_alike(sessions)
    sessions, left_out = _complete(sessions, blank_stimulus_id, source)
    shown, blanks = split_blanks(sessions, blank_stimulus_id)
    joined, placement = place_sessions(shown)
    by_session = [session["rate_hz"].values for session in shown]
    if session_normalisation == "zscore":
        by_session = zscore_sessions(by_session, placement, source)
    rate = stack_repetitions(by_session, placement)
    psth_hz, reference, quality = quality_in_hz(shown, blanks, map(_counts, shown), placement)
    splits = (rate, reliability_splits, seed)
    quality |= {"reliability": split_half_reliability(*splits), "snr": signal_to_noise(rate)}
    selected, reasons = select_sites(quality, selection, source)
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
        reliability_min=np.nan if limit is None else limit, n_stimuli_left_out=len(left_out),
        source="; ".join(sorted({session.attrs["source"] for session in sessions})),
    )
    logging.info("%d stimuli x %d repetitions x %d sites from %d sessions; d' against %s; %d sites "
                 "selected", *rate.shape, len(sessions), reference, selected.sum())
    changes = drift_table(shown, placement, joined["neuroid_id"].values)
    write_table(changes.assign(**identity)[[*identity, *changes]], drift)
    write_dataset(ds, assembly, "assembly", units={"rate": RATE_UNITS[session_normalisation]})


def _read_session(
    rates: str, bins: str, animal: str, stimulus_set: str, region: str, blank: str
) -> xr.Dataset:
    """Read a session, refuse another animal's or set's, keep the region's sites.

    The counts of its bins, which can be gigabytes, stay in their file, with the places they have
    there.
    """
    session = read_dataset(rates, "rates")
    with open_dataset(bins) as file:
        check(file, "bins", bins)
        binned = file.drop_vars("count").load()
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
    n_presentations = session.sizes["presentation"]
    if (session["stimulus_id"].values == blank).all():
        raise ValueError(f"{rates}: all {n_presentations} presentations are of {blank!r}, expected "
                         "some of images: correct assemblies.blank_stimulus_id")
    edges = {name: ("time_bin", binned[name].values) for name in BIN_EDGES}
    places = {"row_in_bins": ("presentation", np.arange(n_presentations)),
              "column_in_bins": ("neuroid", np.arange(session.sizes["neuroid"]))}
    session = session.assign_coords(edges | places).assign_attrs(bins=bins)
    return session.isel(neuroid=in_region)


def _complete(
    sessions: list[xr.Dataset], blank: str, source: str
) -> tuple[list[xr.Dataset], list[str]]:
    """Leave out stimuli that a site lacks, and sessions of no other stimuli; say so."""
    complete, left_out, arrays = leave_out_rare(sessions, blank, source)
    if left_out:
        remaining = {session.attrs["session"] for session in complete}
        unused = [s.attrs["session"] for s in sessions if s.attrs["session"] not in remaining]
        logging.info("%s: %d stimuli are left out (%s): fewer than 2 repetitions at some site of "
                     "array %s. Every stimulus of an assembly has every site, so one that is "
                     "missing in the sessions of one array is left out for all arrays. Sessions "
                     "without other stimuli: %s", source, len(left_out), first_names(left_out),
                     ", ".join(arrays), ", ".join(unused) or "none")
    return complete, left_out


def _counts(session: xr.Dataset) -> np.ndarray:
    """Counts of a session's presentations and sites, (n_presentations, n_neuroids, n_bins)."""
    counts = read_dataset(session.attrs["bins"])["count"].values
    return counts[np.ix_(session["row_in_bins"].values, session["column_in_bins"].values)]


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        assemble_responses(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
