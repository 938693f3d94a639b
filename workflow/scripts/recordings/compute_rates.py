"""Count crossings after each image: mean rate in the response window and in a baseline window.

    rate(presentation, channel) = crossings in [onset + start, onset + end) / (end - start)

Paper 2.2: 70-170 ms after image onset. Presentations broken off by the animal are left out;
repetitions of a stimulus are numbered in the order of time.
"""

import logging

import numpy as np
import pandas as pd
import xarray as xr

from italign.io import read_dataset, write_dataset
from italign.job import job, keywords
from italign.recordings.presentations import (
    check_known_stimuli,
    number_repetitions,
    read_presentations,
)
from italign.recordings.rates import check_windows, window_rates


def compute_rates(
    *, crossings: str, presentations: str, stimuli: str, rates: str, session: str,
    window_start_ms: float, window_end_ms: float, baseline_start_ms: float, baseline_end_ms: float,
) -> None:
    """Turn a session's crossings into rates of its valid presentations.

    Parameters
    ----------
    crossings, presentations, stimuli : str
        Crossings, presentation table and stimulus set of the session.
    rates : str
        Output.
    session : str
        Name of the session, which the crossings must have.
    window_start_ms, window_end_ms, baseline_start_ms, baseline_end_ms : float
        Windows after image onset, half-open.
    """
    events = read_dataset(crossings, "crossings")
    if events.session != session:
        raise ValueError(f"{crossings}: holds session {events.session!r}, expected "
                         f"{session!r}; correct the session sheet")
    table = _valid_presentations(presentations, stimuli)
    windows = {"rate_hz": (window_start_ms, window_end_ms),
               "baseline_hz": (baseline_start_ms, baseline_end_ms)}
    counted = {
        name: (("presentation", "neuroid"), _rates(events, table, window_ms, presentations))
        for name, window_ms in windows.items()
    }
    logging.info("%s: %d channels, mean %.1f Hz, baseline %.1f Hz", events.session,
                 events.sizes["electrode"], *(values.mean() for _, values in counted.values()))
    attrs = {"window_start_ms": window_start_ms, "window_end_ms": window_end_ms,
             "baseline_start_ms": baseline_start_ms, "baseline_end_ms": baseline_end_ms}
    attrs |= {name: events.attrs[name] for name in ("session", "stimulus_set", "source")}
    write_dataset(xr.Dataset(counted, _coords(events, table), attrs), rates, "rates")


def _valid_presentations(path, stimuli) -> pd.DataFrame:
    table = read_presentations(path)
    check_known_stimuli(table.stimulus_id, read_dataset(stimuli, "stimuli").stimulus_id.values,
                        path)
    valid = table[~table.aborted].reset_index(drop=True)
    if valid.empty:
        raise ValueError(f"{path}: all {len(table)} presentations are aborted, expected valid ones")
    logging.info("%d valid of %d presentations, %d stimuli", len(valid), len(table),
                 valid.stimulus_id.nunique())
    return valid


def _rates(events: xr.Dataset, table: pd.DataFrame, window_ms, source) -> np.ndarray:
    onset_s = table.onset_s.to_numpy()
    check_windows(onset_s, window_ms, events.duration_s, source)
    electrode = pd.Index(events.channel.values).get_indexer(events.crossing_channel.values)
    return window_rates(events.time_s.values, electrode, onset_s, events.sizes["electrode"],
                        window_ms)


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
    }


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        compute_rates(
            **snakemake.input, **snakemake.output, **keywords(snakemake.params)
        )
