"""Pulses of a session's sync channel: a line whose edges are found here, or recorded events."""

from pathlib import Path

import numpy as np
import pandas as pd

from italign.recordings.integrity import problem
from italign.recordings.pulses import digital_pulses, drop_chatter, pulse_times
from italign.recordings.records import Level, Marks

REMEDY = ("correct sync_channel or recordings.timing.sync_edge, or leave the column empty to use "
          "onset_s of the table")


def session_pulses(
    session: dict, file: str | Path, sync: Level | Marks | None, edge: str, dead_time_ms: float
) -> pd.DataFrame:
    """Table of a session's pulses, as `sync_pulses`: at least one if it names a sync channel.

    Parameters
    ----------
    session : dict
        Row of the session sheet.
    file : str or Path
        Named in messages.
    sync, edge, dead_time_ms
        As in `sync_pulses`.

    Raises
    ------
    ValueError
        If the channel has no pulse, or is no line with two levels.
    """
    try:
        found = sync_pulses(sync, edge, dead_time_ms)
    except ValueError as error:
        raise problem(session, file, f"{session['sync_channel']}: {error}; {REMEDY}") from error
    if sync is not None and found.empty:
        raise problem(session, file, f"{session['sync_channel']}: no pulse, expected one per "
                      f"presentation; {REMEDY}")
    return found


def sync_pulses(sync: Level | Marks | None, edge: str, dead_time_ms: float) -> pd.DataFrame:
    """Table of a session's pulses.

    Parameters
    ----------
    sync : Level, Marks or None
        The sync channel; None gives a table without rows.
    edge : str
        ``"rising"`` or ``"falling"``. Coded events are pulses whatever their word.
    dead_time_ms : float
        For lines only: coded events do not chatter.

    Returns
    -------
    pandas.DataFrame
        time_s (float, ascending) and code (integer, empty where the line has none).
    """
    code = None
    if sync is None:
        time_s = np.zeros(0)
    elif isinstance(sync, Level):
        time_s = pulse_times(sync, edge, dead_time_ms)
    elif sync.bit is None:
        time_s, code = sync.time_s, sync.code
    else:
        # ASSUME: the lines of a port rest low before its first event.
        line = np.concatenate([[0], sync.code >> sync.bit & 1])
        time_s = drop_chatter(sync.time_s[digital_pulses([line], edge) - 1], dead_time_ms)
    codes = pd.array([None] * len(time_s) if code is None else code, dtype="Int64")
    return pd.DataFrame({"time_s": time_s, "code": codes})
