"""Put the presentations of a session on the recording's clock.

    onset(row) = time of the row's sync pulse + delay      with a sync channel
    onset(row) = onset_s of the table         + delay      without

One pulse belongs to one row, aborted presentations included: they were shown (paper 2.2), and
only the rates leave them out. Any disagreement is refused, because a single missed pulse would
give every later image the response to its neighbour.
"""

from italign.job import job, keywords

import logging

import numpy as np
import pandas as pd

from italign.recordings.lost import read_lost
from italign.recordings.mismatches import interval_error_s
from italign.recordings.presentations import COLUMNS, read_presentations, write_presentations
from italign.recordings.timing import (
    clock_drift_ppm,
    leave_out_other_codes,
    match_pulses,
    read_pulses,
)


def time_presentations(
    *, table: str, pulses: str, integrity: str, presentations: str, session: str, delay_ms: float,
    sync_tolerance_ms: float,
) -> None:
    """Write the presentation table of one session.

    Parameters
    ----------
    table : str
        Of the session sheet: stimulus_id, trial, position, aborted; onset_s and code if known.
    pulses : str
        Sync pulses of the recording; without any row if the session has no sync channel.
    integrity : str
        What is wrong with the recording; its gaps are named where pulses are missing.
    presentations : str
        Output.
    session : str
        Name of the session.
    delay_ms : float
        From the pulse, or the table's time, to the image on the screen.
    sync_tolerance_ms : float
        Largest difference between an interval of the table and that of the pulses.
    """
    try:
        shown = read_presentations(table, COLUMNS[1:], ("onset_s", "code"))
        onset_s = _onsets(shown, read_pulses(pulses), sync_tolerance_ms / 1e3, table)
    except ValueError as error:
        raise ValueError(f"session {session}: {error}{_gaps(integrity)}") from error
    timed = shown.assign(onset_s=onset_s + delay_ms / 1e3, aborted=shown.aborted.astype(int))
    logging.info("%s: %d presentations, %d aborted; delay %g ms", session, len(timed),
                 timed.aborted.sum(), delay_ms)
    write_presentations(timed, presentations)


def _gaps(integrity: str) -> str:
    gaps = read_lost(integrity, "gap")
    if gaps.empty:
        return ""
    first_s, last_s = gaps.iloc[0]
    return (f"; the recording has {len(gaps)} gap{'s' * (len(gaps) > 1)} (the first at "
            f"{first_s:.3f} s, {1e3 * (last_s - first_s):.0f} ms): a pulse in a gap is lost, drop "
            "the row of its image from the table")


def _onsets(
    shown: pd.DataFrame, pulses: pd.DataFrame, tolerance_s: float, table: str
) -> np.ndarray:
    if pulses.empty:
        return _onsets_of_table(shown, table)
    ours = leave_out_other_codes(shown, pulses)
    if len(ours) < len(pulses):
        others = sorted(set(pulses.code) - set(ours.code))
        logging.info("%d of %d pulses left out: the table has no code %s",
                     len(pulses) - len(ours), len(pulses), ", ".join(f"{x:g}" for x in others))
    onset_s = match_pulses(shown, ours, tolerance_s, table)
    if "onset_s" in shown:
        table_s = shown.onset_s.to_numpy()
        logging.info("%d pulses match the table: largest interval error %.3f ms, clock drift "
                     "%.1f ppm", len(onset_s),
                     1e3 * np.abs(interval_error_s(table_s, onset_s)).max(initial=0),
                     clock_drift_ppm(table_s, onset_s))
    else:
        logging.warning("%d pulses for as many rows, but the table has no onset_s: only the "
                        "number%s could be compared", len(onset_s),
                        " and the codes" if "code" in shown else "")
    return onset_s


def _onsets_of_table(shown: pd.DataFrame, table: str) -> np.ndarray:
    if "onset_s" not in shown:
        raise ValueError(f"{table}: column onset_s is missing and the session has no sync pulses; "
                         "give one of the two")
    logging.info("no sync pulses: onsets of the table")
    return shown.onset_s.to_numpy()


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        time_presentations(
            **snakemake.input, **snakemake.output, **keywords(snakemake.params)
        )
