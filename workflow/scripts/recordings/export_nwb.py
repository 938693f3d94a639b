"""Write a session's crossings, rates and presentations as NWB, for everyone's tools.

Crossings are Units, one for each channel, with its electrode; presentations are time intervals from
onset to the end of the response window; rates are time series (presentation x site) in a processing
module beside the table of their sites. Format nwb-units of the session sheet reads the file back.
"""

from italign.job import job, keywords

import hashlib
import logging
import uuid
from datetime import UTC, datetime

import h5py
import numpy as np
import pandas as pd
import xarray as xr
from pynwb import NWBHDF5IO, NWBFile, TimeSeries, validate
from pynwb.core import DynamicTable, VectorData
from pynwb.epoch import TimeIntervals
from pynwb.file import Subject
from pynwb.misc import Units

from italign.io import read_dataset, whole_file
from italign.recordings.presentations import read_presentations
from italign.recordings.records import RULE_ATTRS

ELECTRODE_COLUMNS = {
    "threshold_uv": "threshold of the crossings in uV, NaN if unknown",
    "noise_sd_uv": "SD behind the threshold in uV, NaN if unknown",
}


def export_nwb(
    *, crossings: str, rates: str, presentations: str, nwb: str, session: dict
) -> None:
    """Export one session.

    Parameters
    ----------
    crossings, rates, presentations : str
        Contracts of these names and the presentation table.
    nwb : str
        Output.
    session : dict
        Row of the session sheet; `start_time` is ISO 8601, UTC where it names no zone.
    """
    events, measured = read_dataset(crossings, "crossings"), read_dataset(rates, "rates")
    shown = read_presentations(presentations)
    content = _file(events, session)
    _add_units(content, events)
    _add_presentations(content, shown, float(measured.window_end_ms))
    _add_rates(content, measured)
    with whole_file(nwb) as part:
        with h5py.File(part, "w") as file, NWBHDF5IO(file=file, mode="w") as io:
            io.write(content)
        problems = validate(path=str(part))
        if problems:
            raise ValueError(f"session {session['session']}: {nwb}: is not valid NWB: {problems}")
    logging.info("%d crossings on %d channels, %d presentations, %d sites",
                 events.sizes["crossing"], events.sizes["electrode"], len(shown),
                 measured.sizes["neuroid"])


def _file(events: xr.Dataset, session: dict) -> NWBFile:
    start = session.get("start_time")
    when = datetime.fromisoformat(start) if start else datetime(1970, 1, 1)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    known = "" if start else "; start unknown: 1970-01-01T00:00 stands for it"
    # In silico data say so in their first words (the readers look there).
    description = (f"{events.source}: session {events.session}, animal {events.animal}, stimulus "
                   f"set {events.stimulus_set}{known}")
    content = hashlib.sha256(events.time_s.values.tobytes()).hexdigest()
    return NWBFile(
        session_description=description, session_start_time=when, session_id=events.session,
        identifier=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{events.session} {content}")),
        subject=Subject(subject_id=events.animal, description=f"animal {events.animal}"),
    )


def _add_units(content: NWBFile, events: xr.Dataset) -> None:
    """One electrode and one unit for each channel."""
    device = content.create_device(name=events.array, description="electrode array")
    group = content.create_electrode_group(
        name=events.array, description=f"array {events.array}, {events.hemisphere} hemisphere",
        location=events.region, device=device)
    for name, text in ELECTRODE_COLUMNS.items():
        content.add_electrode_column(name, text)
    for row, channel in enumerate(events.channel.values.tolist()):
        columns = {name: float(events[name].values[row]) for name in ELECTRODE_COLUMNS}
        content.add_electrode(id=channel, location=events.region, group=group, **columns)
    rule = ", ".join(f"{name} {events.attrs[name]}" for name in RULE_ATTRS)
    rate_hz = float(events.sampling_rate_hz)
    content.units = Units(
        name="units", description=f"threshold crossings (multi-unit), one unit per channel: {rule}",
        resolution=1 / rate_hz if np.isfinite(rate_hz) else None,
        electrode_table=content.electrodes)
    observed = np.stack([events.segment_start_s.values, events.segment_end_s.values], axis=1)
    for row, channel in enumerate(events.channel.values.tolist()):
        mine = events.crossing_channel.values == channel
        content.add_unit(id=channel, spike_times=events.time_s.values[mine], electrodes=[row],
                         obs_intervals=observed)


def _add_presentations(content: NWBFile, shown: pd.DataFrame, window_end_ms: float) -> None:
    table = TimeIntervals(
        name="presentations", description="images shown: from onset to the end of the response "
        f"window, {window_end_ms:g} ms later (the session does not say when images went off)")
    columns = {"stimulus_id": "image", "trial": "fixation trial", "position": "place in the trial",
               "aborted": "fixation broke: not counted"}
    for name, text in columns.items():
        table.add_column(name, text)
    for row in shown.itertuples():
        table.add_interval(start_time=row.onset_s, stop_time=row.onset_s + window_end_ms / 1e3,
                           stimulus_id=row.stimulus_id, trial=row.trial, position=row.position,
                           aborted=row.aborted)
    content.add_time_intervals(table)


def _add_rates(content: NWBFile, measured: xr.Dataset) -> None:
    module = content.create_processing_module(
        name="rates", description="firing rates of valid presentations, one column per site")
    sites = {"neuroid_id": "animal.hemisphere.array.channel", "channel": "channel = electrode id",
             "region": "cortical region"}
    module.add(DynamicTable(name="sites", description="columns of the rates", columns=[
        VectorData(name=name, description=text, data=measured[name].values.tolist())
        for name, text in sites.items()
    ]))
    window = f"{measured.window_start_ms:g} to {measured.window_end_ms:g} ms after onset"
    for name, text in (("rate_hz", f"crossings per second, {window}"),
                       ("baseline_hz", "crossings per second in the baseline window")):
        module.add(TimeSeries(name=name, description=text, data=measured[name].values, unit="Hz",
                              timestamps=measured.onset_s.values))
    module.add(TimeSeries(
        name="repetition", description="how often the image of each row was shown before",
        data=measured.repetition.values, unit="1", timestamps=measured.onset_s.values))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        export_nwb(
            **snakemake.input, **snakemake.output, **keywords(snakemake.params)
        )
