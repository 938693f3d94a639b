"""Count crossings after each image: rates in two windows, and counts in bins around onset.

    rate(presentation, channel) = crossings in [onset + start, onset + end) / (end - start)

Paper 2.2: 70-170 ms after image onset. Presentations broken off by the animal are left out, and
those with a gap or a frozen stretch of the recording in any window; repetitions of a stimulus are
numbered in the order of time.
"""

from italign.job import job, keywords

import logging

import numpy as np
import pandas as pd
import xarray as xr

from italign.io import read_dataset, write_dataset
from italign.recordings.lost import cut_out, read_lost
from italign.recordings.presentations import (
    check_known_stimuli,
    number_repetitions,
    read_presentations,
)
from italign.recordings.rates import (
    bin_counts,
    bin_edges_ms,
    check_windows,
    window_rates,
    within_segments,
)

IDENTITY = ("session", "stimulus_set", "source")


def compute_rates(
    *, crossings: str, presentations: str, stimuli: list[str], integrity: list[str], rates: str,
    bins: str, session: str, blank_stimulus_id: str, window_start_ms: float, window_end_ms: float,
    baseline_start_ms: float, baseline_end_ms: float, psth_start_ms: float, psth_end_ms: float,
    psth_bin_ms: float,
) -> None:
    """Turn a session's crossings into rates and bin counts of its valid presentations.

    Parameters
    ----------
    crossings, presentations : str
        Crossings and presentation table of the session.
    stimuli : list of str
        Its stimulus set; empty if this world has no images of it, then ids are not compared.
    integrity : list of str
        What is wrong with the recording: presentations in a frozen stretch are left out too. Empty
        for a simulated session.
    rates, bins : str
        Outputs (contracts of these names).
    session : str
        Name of the session, which the crossings must have.
    blank_stimulus_id : str
        Id of presentations without an image, which no stimulus set has.
    window_start_ms, window_end_ms, baseline_start_ms, baseline_end_ms : float
        Windows after image onset, half-open.
    psth_start_ms, psth_end_ms, psth_bin_ms : float
        Bins around image onset, half-open.
    """
    events = read_dataset(crossings, "crossings")
    if events.session != session:
        raise ValueError(f"{crossings}: holds session {events.session!r}, expected "
                         f"{session!r}; correct the session sheet")
    window_ms, baseline_ms = (window_start_ms, window_end_ms), (baseline_start_ms, baseline_end_ms)
    edge_ms = bin_edges_ms(psth_start_ms, psth_end_ms, psth_bin_ms)
    table = _valid_presentations(presentations, stimuli, blank_stimulus_id)
    every_window_ms = (window_ms, baseline_ms, edge_ms[[0, -1]])
    whole = _outside_gaps(_segments(events, integrity), table.onset_s, every_window_ms,
                          f"session {session}: {presentations}")
    counted = _count(events, table[whole], window_ms, baseline_ms, edge_ms)
    logging.info("%s: %d channels, mean %.1f Hz, baseline %.1f Hz", session,
                 events.sizes["electrode"], counted.rate_hz.mean(), counted.baseline_hz.mean())
    windows = {"window_start_ms": window_start_ms, "window_end_ms": window_end_ms,
               "baseline_start_ms": baseline_start_ms, "baseline_end_ms": baseline_end_ms}
    identity = {name: events.attrs[name] for name in IDENTITY}
    lost = {"n_lost_in_gaps": int((~whole).sum())}
    write_dataset(counted[["rate_hz", "baseline_hz"]].assign_attrs(identity | windows | lost),
                  rates, "rates")
    binned = counted[["count"]].drop_vars(["repetition", "trial", "onset_s"])
    write_dataset(binned.assign_attrs(identity), bins, "bins")


def _valid_presentations(path: str, stimuli: list[str], blank: str) -> pd.DataFrame:
    table = read_presentations(path)
    for known in stimuli:
        ids = read_dataset(known, "stimuli").stimulus_id.values
        check_known_stimuli(table.stimulus_id, [*ids, blank], path)
    valid = table[~table.aborted].reset_index(drop=True)
    if valid.empty:
        raise ValueError(f"{path}: all {len(table)} presentations are aborted, expected valid ones")
    logging.info("%d valid of %d presentations, %d stimuli", len(valid), len(table),
                 valid.stimulus_id.nunique())
    return valid


def _segments(events: xr.Dataset, integrity: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Start and end of what was recorded without a gap or a frozen stretch."""
    segments = events.segment_start_s.values, events.segment_end_s.values
    for path in integrity:
        segments = cut_out(*segments, read_lost(path, "frozen"))
    return segments


def _outside_gaps(segments, onset_s: pd.Series, windows_ms, source: str) -> np.ndarray:
    """Tell which presentations have no gap in any window; refuse those outside the recording."""
    onset_s = onset_s.to_numpy()
    whole = np.ones(len(onset_s), bool)
    for window_ms in windows_ms:
        check_windows(onset_s, window_ms, (segments[0][0], segments[1][-1]), source)
        whole &= within_segments(onset_s, window_ms, *segments)
    if not whole.any():
        raise ValueError(f"{source}: all {len(whole)} valid presentations have a gap of the "
                         "recording in a window, expected some without; see integrity.csv")
    if not whole.all():
        logging.warning("%s: %d of %d presentations left out, with a gap of the recording in a "
                        "window (first at %.3f s)", source, (~whole).sum(), len(whole),
                        onset_s[~whole][0])
    return whole


def _count(
    events: xr.Dataset, table: pd.DataFrame, window_ms, baseline_ms, edge_ms: np.ndarray
) -> xr.Dataset:
    electrode = pd.Index(events.channel.values).get_indexer(events.crossing_channel.values)
    given = (events.time_s.values, electrode, table.onset_s.to_numpy(), events.sizes["electrode"])
    dims = ("presentation", "neuroid")
    return xr.Dataset(
        {
            "rate_hz": (dims, window_rates(*given, window_ms)),
            "baseline_hz": (dims, window_rates(*given, baseline_ms)),
            "count": ((*dims, "time_bin"), bin_counts(*given, edge_ms)),
        },
        _coords(events, table) | {"time_bin_start_ms": ("time_bin", edge_ms[:-1]),
                                  "time_bin_end_ms": ("time_bin", edge_ms[1:])},
    )


def _coords(events: xr.Dataset, table: pd.DataFrame) -> dict:
    channel = events.channel.values
    array = ".".join(events.attrs[name] for name in ("animal", "hemisphere", "array"))
    per_site = {name: ("neuroid", [events.attrs[name]] * len(channel))
                for name in ("animal", "hemisphere", "array", "region")}
    return per_site | {
        "neuroid_id": ("neuroid", [f"{array}.{number:03d}" for number in channel]),
        "channel": ("neuroid", channel),
        "stimulus_id": ("presentation", table.stimulus_id.to_numpy()),
        "repetition": ("presentation", number_repetitions(table.stimulus_id)),
        "trial": ("presentation", table.trial.to_numpy()),
        "onset_s": ("presentation", table.onset_s.to_numpy()),
    }


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        compute_rates(
            **snakemake.input, **snakemake.output, **keywords(snakemake.params)
        )
