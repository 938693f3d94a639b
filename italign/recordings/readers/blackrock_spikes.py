"""Spikes that a Blackrock system found itself: the .nev of a session, without voltage.

All units of an electrode are pooled, unclassified and rejected ones too: together they are what
crossed the threshold. The system's own thresholds are not read.
"""

import numpy as np

from italign.recordings.integrity import problem
from italign.recordings.readers._blackrock_sync import NSX, find_sync
from italign.recordings.readers._channels import (
    RATE_TOLERANCE,
    agree_on_channels,
    agreed,
    check_extension,
    kept_channels,
    refuse_scale,
)
from italign.recordings.readers._nev import read_nev
from italign.recordings.readers._nsx import read_nsx
from italign.recordings.records import Events


def blackrock_spikes(files: list[str], session: dict) -> Events:
    """Open the spikes of a .nev file.

    Parameters
    ----------
    files : list of str
        A .nev; an NSx file beside it tells pauses, and may hold the sync channel.
    session : dict
        Row of the session sheet.

    Raises
    ------
    ValueError
        If a file is damaged, or contradicts the sheet.
    """
    for file in files:
        check_extension(session, file, (".nev", *NSX))
    events = [file for file in files if file.lower().endswith(".nev")]
    others = [file for file in files if file not in events]
    if len(events) != 1 or len(others) > 1:
        raise problem(session, ", ".join(files), "expected one .nev, and at most one NSx file")
    nsx = read_nsx(session, others[0]) if others else None
    nev = read_nev(session, events[0], None if nsx is None else nsx.origin)
    if not len(nev.spike_tick) and not len(nev.digital_tick):
        raise problem(session, events[0], "holds no spike and no digital event; expected at least "
                      "one")
    refuse_scale(session, events[0])
    agreed(session, "sampling_rate_hz", nev.rate_hz, events[0], RATE_TOLERANCE)
    agree_on_channels(session, events[0], len(nev.electrode))
    kept, findings = kept_channels(session, events[0], nev.electrode, nev.label)
    channel = np.array(nev.electrode, np.int32)[kept]
    mine = np.isin(nev.spike_electrode, channel)
    tick, electrode = nev.spike_tick[mine], nev.spike_electrode[mine]
    order = np.lexsort((electrode, tick))
    # ASSUME: without an NSx file the recording lasts from time 0 to the last packet.
    start_s, end_s = np.zeros(1), np.array([(nev.last_tick + 1) / nev.ticks_per_s])
    if nsx is not None:
        start_s, end_s = nsx.segments.start_s, nsx.segments.end_s
        findings = findings + nsx.findings
    return Events(tick[order] / nev.ticks_per_s, electrode[order], channel, start_s, end_s,
                  nev.rate_hz, "recorded (Blackrock NEV)",
                  find_sync(session, files, nsx, nev)[0], findings)
