"""Read a session's voltage from the files of its recording system.

    voltage in microvolts = counts * uv_per_bit

The reader of the session's format opens the files (italign/recordings/readers); this script copies
the counts into contract 'voltage' a stretch at a time, finds the pulses of the sync channel, and
writes down what is wrong with the recording: gaps, clipping, frozen samples, a doubtful scale.
"""

from italign.job import job, keywords

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from italign.io import write_table
from italign.messages import first_names
from italign.recordings.integrity import check_hashes, findings_table, problem
from italign.recordings.readers import reader
from italign.recordings.records import SESSION_ATTRS, Recording
from italign.recordings.sync import session_pulses
from italign.recordings.voltage_file import write_voltage
from italign.recordings.watch import CLIPPED, Watch


def read_recording(
    *, files: list[str], voltage: str, pulses: str, integrity: str, session: dict,
    clipped_fraction_max: float, sync_edge: str, sync_dead_time_ms: float,
) -> None:
    """Read one session.

    Parameters
    ----------
    files : list of str
        Those of the session's files that exist: of a missing one this rule tells, not Snakemake,
        which would stop all sessions.
    voltage, pulses, integrity : str
        Outputs: contract 'voltage', pulses of the sync channel, findings.
    session : dict
        Row of the session sheet.
    clipped_fraction_max : float
        A channel with more of its samples clipped is refused (`Watch.clipped`).
    sync_edge : str
        "rising" or "falling".
    sync_dead_time_ms : float
        Edges this soon after the one before are chatter.
    """
    files = session["files"]
    findings = check_hashes(session, files)
    recording = reader(session)(files, session)
    segments = recording.segments
    logging.info("session %s: %d channels, %d samples at %g Hz in %d segments, %g uV per bit",
                 session["session"], len(recording.channel), segments.n_samples,
                 segments.sampling_rate_hz, len(segments.start_s), recording.uv_per_bit)
    found = session_pulses(session, files[0], recording.sync, sync_edge, sync_dead_time_ms)
    logging.info("%d pulses on sync channel %s", len(found), session["sync_channel"])
    watch = Watch(recording)
    attrs = {name: session[name] for name in SESSION_ATTRS} | {
        "uv_per_bit": recording.uv_per_bit, "sampling_rate_hz": segments.sampling_rate_hz,
        "source": recording.source, "files": ", ".join(Path(file).name for file in files),
        "sha256": ", ".join(session["sha256"]) or "not checked",
    }
    chunks = _unclipped(watch, recording, session, files[0], clipped_fraction_max)
    write_voltage(voltage, chunks, segments.n_samples, recording.channel, attrs,
                  segments.start_sample, segments.start_s)
    write_table(found, pulses, separator="\t")
    findings += recording.findings + watch.findings()
    for line in findings:
        logging.warning("%s: %s", line["finding"], line["message"])
    write_table(findings_table(session["session"], findings), integrity)


def _unclipped(
    watch: Watch, recording: Recording, session: dict, file: str, fraction_max: float
) -> Iterator[np.ndarray]:
    """Pass the voltage on; after the last stretch refuse it if channels are clipped."""
    yield from watch.through(recording.chunks())
    clipped = [f"{label} {share:.2%}" for label, share in
               zip(recording.labels, watch.clipped(), strict=True) if share > fraction_max]
    if clipped:
        these = f"these {len(clipped)} channels" if len(clipped) > 1 else "it"
        raise problem(session, file, f"{first_names(clipped)} of the samples are clipped ({CLIPPED}"
                      f"), expected at most {fraction_max:.2%}; put {these} into excluded_channels")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        read_recording(
            **snakemake.input, **snakemake.output, **keywords(snakemake.params)
        )
