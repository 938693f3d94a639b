"""Read the events that a recording system, or another lab, has already found in a session.

For formats without voltage (.nev spikes, NWB Units). The events become contract 'crossings'; which
rule found them is not in the files, so thresholds are NaN and the attributes say "as recorded".
"""

from italign.job import job, keywords

import logging

import numpy as np
import xarray as xr

from italign.io import write_dataset, write_table
from italign.recordings.integrity import check_hashes, findings_table
from italign.recordings.readers import reader
from italign.recordings.records import AS_RECORDED, RULE_ATTRS, SESSION_ATTRS, Events
from italign.recordings.sync import session_pulses


def read_crossings(
    *, files: list[str], crossings: str, pulses: str, integrity: str, session: dict,
    sync_edge: str, sync_dead_time_ms: float,
) -> None:
    """Read the events of one session.

    Parameters
    ----------
    files : list of str
        Those of the session's files that exist: of a missing one this rule tells, not Snakemake,
        which would stop all sessions.
    crossings, pulses, integrity : str
        Outputs: contract 'crossings', pulses of the sync channel, findings.
    session : dict
        Row of the session sheet.
    sync_edge : str
        "rising" or "falling".
    sync_dead_time_ms : float
        Edges this soon after the one before are chatter.
    """
    files = session["files"]
    findings = check_hashes(session, files)
    events = reader(session)(files, session)
    findings += events.findings
    found = session_pulses(session, files[0], events.sync, sync_edge, sync_dead_time_ms)
    logging.info("session %s: %d events on %d channels, %d pulses", session["session"],
                 len(events.time_s), len(events.channel), len(found))
    write_dataset(_dataset(events, session), crossings, "crossings")
    write_table(found, pulses, separator="\t")
    for line in findings:
        logging.warning("%s: %s", line["finding"], line["message"])
    write_table(findings_table(session["session"], findings), integrity)


def _dataset(events: Events, session: dict) -> xr.Dataset:
    unknown = ("electrode", np.full(len(events.channel), np.nan))
    attrs = {name: session[name] for name in SESSION_ATTRS} | dict.fromkeys(RULE_ATTRS, AS_RECORDED)
    attrs |= {"source": events.source, "sampling_rate_hz": events.sampling_rate_hz,
              "duration_s": float(events.segment_end_s[-1])}
    return xr.Dataset(
        {
            "time_s": ("crossing", events.time_s),
            "crossing_channel": ("crossing", events.event_channel),
            "threshold_uv": unknown, "center_uv": unknown, "noise_sd_uv": unknown,
            "segment_start_s": ("segment", events.segment_start_s),
            "segment_end_s": ("segment", events.segment_end_s),
        },
        {"channel": ("electrode", events.channel)}, attrs,
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        read_crossings(
            **snakemake.input, **snakemake.output, **keywords(snakemake.params)
        )
