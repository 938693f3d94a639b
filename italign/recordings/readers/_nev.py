"""Blackrock .nev files, file specifications 2.1 to 3.0: spikes and digital events.

Read here, not by neo: its reader makes one mask over all packets for each unit.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from neo.rawio.blackrockrawio import NEV_EXT_HEADER_TYPES_BY_SPEC

from italign.recordings.integrity import problem
from italign.recordings.readers._flat import any_records, records
from italign.recordings.readers._nsx import PTP_TICKS_PER_S

MAX_SPIKE_ID = {"2.1": 255, "2.2": 255}  # from 2.3 on 2048
BASIC = np.dtype([
    ("file_type", "S8"), ("major", "u1"), ("minor", "u1"), ("flags", "<u2"),
    ("header_bytes", "<u4"), ("packet_bytes", "<u4"), ("ticks_per_s", "<u4"), ("rate_hz", "<u4"),
    ("date", "<u2", (8,)), ("application", "S32"), ("comment", "S256"), ("n_extended", "<u4"),
])
# ASSUME: packets are written within this time of each other's order; a larger step back is a reset.
MAX_DISORDER_S = 0.1


@dataclass(frozen=True)
class Nev:
    """Content of a .nev file; ticks are its time stamps, int64 less those of time 0."""

    ticks_per_s: int
    rate_hz: float  # of the samples, whatever the unit of the stamps
    electrode: list[int]
    label: list[str]
    nv_per_bit: dict[int, float]
    spike_tick: np.ndarray
    spike_electrode: np.ndarray
    digital_tick: np.ndarray
    digital_word: np.ndarray
    digital_is_serial: np.ndarray
    last_tick: int


def read_nev(session: dict, file: str | Path, origin: int | None = None) -> Nev:
    """Read spikes and digital events.

    Parameters
    ----------
    session : dict
        Row of the session sheet.
    file : str or Path
        A .nev file.
    origin : int, optional
        Time stamp of time 0. Left out: 0, or the first packet where the clock counts nanoseconds
        (PTP).

    Raises
    ------
    ValueError
        If the file is not .nev, truncated, or its clock was reset.
    """
    spec, basic, extended = _headers(session, file)
    packets = _packets(session, file, spec, basic)
    ticks_per_s = int(basic["ticks_per_s"])
    if origin and ticks_per_s != PTP_TICKS_PER_S:
        raise problem(session, file, "does not share the PTP clock of the NSx file; give the .nev "
                      "of the same recording")
    if origin is None:
        origin = int(packets["timestamp"].min()) \
            if ticks_per_s == PTP_TICKS_PER_S and len(packets) else 0
    tick = packets["timestamp"].astype(np.int64) - origin
    _check_order(session, file, tick, ticks_per_s)
    kind, reason = packets["id"], packets["reason"]
    spike = (kind >= 1) & (kind <= MAX_SPIKE_ID.get(spec, 2048))
    digital = (kind == 0) & (reason & 1 == 1)
    types = NEV_EXT_HEADER_TYPES_BY_SPEC[spec]
    waves = extended[extended["id"] == b"NEUEVWAV"].view(types[b"NEUEVWAV"])
    labels = {int(row["electrode_id"]): row["label"].split(b"\0")[0].decode("latin-1")
              for row in (extended[extended["id"] == b"NEUEVLBL"].view(types[b"NEUEVLBL"])
                          if b"NEUEVLBL" in types else [])}
    electrode = _recorded(waves, kind[spike])
    return Nev(
        ticks_per_s, float(basic["rate_hz"]), electrode,
        [labels.get(number, f"elec{number}") for number in electrode],
        {int(row["electrode_id"]): float(row["digitization_factor"]) for row in waves},
        tick[spike], kind[spike].astype(np.int32), tick[digital], packets["word"][digital],
        reason[digital] & 128 > 0, int(tick.max()) if len(tick) else 0,
    )


def _headers(session, file) -> tuple[str, np.void, np.ndarray]:
    with open(file, "rb") as handle:
        basic = np.fromfile(handle, BASIC, 1)
        if not len(basic) or basic["file_type"][0] not in (b"NEURALEV", b"BREVENTS"):
            raise problem(session, file, "is not a Blackrock .nev file (its first bytes differ); "
                          "correct `files` or `format` in the session sheet")
        basic = basic[0]
        spec = f"{basic['major']}.{basic['minor']}"
        if spec not in NEV_EXT_HEADER_TYPES_BY_SPEC:
            raise problem(session, file, f"has file specification {spec}, expected one of "
                          f"{', '.join(NEV_EXT_HEADER_TYPES_BY_SPEC)}")
        head = np.dtype([("id", "S8"), ("rest", "V24")])
        extended = np.fromfile(handle, head, int(basic["n_extended"]))
    if len(extended) < basic["n_extended"]:
        raise problem(session, file, "is truncated: it ends inside its header; copy it again")
    return spec, basic, extended


def _packets(session, file, spec: str, basic) -> np.ndarray:
    """Head of every packet: time stamp, kind, reason, digital word."""
    stamp = "<u8" if spec.startswith("3") else "<u4"
    fields = [("timestamp", stamp), ("id", "<u2"), ("reason", "u1"), ("reserved", "u1"),
              ("word", "<u2")]
    head = np.dtype(fields)
    rest = int(basic["packet_bytes"]) - head.itemsize
    packet, offset = np.dtype([*fields, ("rest", f"V{rest}")]), int(basic["header_bytes"])
    n = any_records(session, file, packet, offset)
    heads = [chunk[list(head.names)].astype(head) for chunk in records(file, packet, offset, n)]
    return np.concatenate([np.zeros(0, head), *heads])


def _check_order(session, file, tick: np.ndarray, ticks_per_s: int) -> None:
    behind = np.maximum.accumulate(tick) - tick
    if behind.max(initial=0) > MAX_DISORDER_S * ticks_per_s:
        worst = int(behind.argmax())
        raise problem(session, file, f"the clock runs backwards: packet {worst} is stamped "
                      f"{tick[worst] / ticks_per_s:.6f} s, {behind[worst] / ticks_per_s:.6f} s "
                      "after an earlier one; make a session of each part")


def _recorded(waves: np.ndarray, spike_electrode: np.ndarray) -> list[int]:
    """Electrodes with a threshold, and whatever else has spikes."""
    set_up = np.zeros(len(waves), bool)
    for name in ("hi_threshold", "lo_threshold", "energy_threshold"):
        set_up |= waves[name] != 0
    return sorted({*waves["electrode_id"][set_up].tolist(), *np.unique(spike_electrode).tolist()})
