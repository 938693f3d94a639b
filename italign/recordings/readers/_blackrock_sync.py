"""Sync channel of a Blackrock session: digital events of the .nev, or an analog input."""

import re

import numpy as np

from italign.recordings.integrity import problem
from italign.recordings.readers._channels import sync_position
from italign.recordings.readers._nev import Nev, read_nev
from italign.recordings.readers._nsx import Nsx
from italign.recordings.records import Level, Marks

NSX = tuple(f".ns{number}" for number in range(1, 7))
PORT = re.compile(r"(digital|serial)_input_port(?::(\d+))?")


def find_sync(
    session: dict, files: list[str], nsx: Nsx | None, nev: Nev | None = None
) -> tuple[Level | Marks | None, int | None]:
    """Sync channel of a session, and its row in the NSx file if it is an analog input there."""
    wanted = session["sync_channel"]
    if not wanted:
        return None, None
    port = PORT.fullmatch(wanted)
    if port:
        nev = nev or nev_of(session, files, nsx)
        return _digital(nev, port[1] == "serial", port[2]), None
    labels = [] if nsx is None else nsx.label
    numbers = [] if nsx is None else [str(number) for number in nsx.electrode]
    known = [*labels, *numbers, "digital_input_port"]
    row = sync_position(session, ", ".join(files), known) % len(labels)
    return Level(nsx.segments, lambda: nsx.chunks(row), digital=False), row


def nev_of(session: dict, files: list[str], nsx: Nsx | None) -> Nev:
    """Read the .nev among the files of a session, on the clock of its NSx file."""
    found = [file for file in files if file.lower().endswith(".nev")]
    if len(found) != 1:
        raise problem(session, ", ".join(files), f"sync channel {session['sync_channel']!r} is in "
                      f"the .nev: expected one among the files, found {len(found)}")
    return read_nev(session, found[0], None if nsx is None else nsx.origin)


def _digital(nev: Nev, serial: bool, bit: str | None) -> Marks:
    chosen = np.flatnonzero(nev.digital_is_serial == serial)
    chosen = chosen[np.argsort(nev.digital_tick[chosen], kind="stable")]
    return Marks(nev.digital_tick[chosen] / nev.ticks_per_s, nev.digital_word[chosen].astype(int),
                 None if bit is None else int(bit))
