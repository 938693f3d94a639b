"""Intan RHD recordings: header 1.x, 2.x, 3.x in one file, a file per signal type or per channel.

neo reads the header. The samples are read here: neo's reader holds all time stamps in memory, and
pairs files of channels with the header by sorted name. A channel is numbered
128 * port + native number (A-017 is 17, B-003 is 131); its scale is the chip's 0.195 uV per bit.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from neo.rawio.intanrawio import read_rhd

from italign.recordings.integrity import finding, problem
from italign.recordings.readers._channels import (
    RATE_TOLERANCE,
    SCALE_TOLERANCE,
    agreed,
    check_extension,
    kept_channels,
    nearest,
)
from italign.recordings.readers._clock import build_clock, stretches
from italign.recordings.readers._intan_layouts import (
    ANALOG,
    DIGITAL,
    Streams,
    file_per_channel,
    file_per_signal_type,
    one_file,
)
from italign.recordings.records import Level, Recording
from italign.recordings.segments import Segments

MAGIC = b"\x02\x27\x91\xc6"
UV_PER_BIT = 0.195  # RHD2000 data sheet
CHANNELS_PER_PORT = 128


@dataclass(frozen=True)
class Header:
    """What an RHD header says: rate, channels, and the layout of a block behind it."""

    version: str
    sampling_rate_hz: float
    amplifiers: list[dict]
    board: list[dict]
    block: list
    block_samples: int
    size: int
    notch: str


def intan(files: list[str], session: dict) -> Recording:
    """Open an Intan recording.

    Parameters
    ----------
    files : list of str
        One .rhd, several .rhd that the controller split a recording into (in order), or the
        ``info.rhd`` of a folder.
    session : dict
        Row of the session sheet; its sync channel is a native name (DIGITAL-IN-01, ANALOG-IN-1).

    Raises
    ------
    ValueError
        If a file is truncated, not Intan's, or contradicts the sheet or the others.
    """
    for file in files:
        check_extension(session, file, (".rhd",))
    headers = [_header(session, file) for file in files]
    header, file = _same_setup(session, files, headers), files[0]
    names = [channel["native_channel_name"] for channel in header.amplifiers]
    kept, findings = kept_channels(session, file, [_number(session, file, x) for x in names], names)
    agreed(session, "uv_per_bit", UV_PER_BIT, file, SCALE_TOLERANCE)
    agreed(session, "sampling_rate_hz", header.sampling_rate_hz, file, RATE_TOLERANCE)
    streams = _streams(session, files, headers)
    segments, gaps = build_clock(stretches(streams.stamps(), 1), 1,
                                 header.sampling_rate_hz, partial(problem, session, file))
    if header.notch:
        findings.append(finding("filtered", f"the {header.notch} notch filter was on: the voltage "
                                "is not raw"))
    numbers = np.array([_number(session, file, names[row]) for row in kept], np.int32)
    rails = np.full((2, len(kept)), [[-(2**15)], [2**15 - 1]])
    return Recording(segments, UV_PER_BIT, numbers, lambda: streams.voltage(kept),
                     f"recorded (Intan RHD {header.version})", tuple(rails),
                     _sync(session, file, header, streams, segments), findings + gaps)


def _header(session: dict, file: str) -> Header:
    with open(file, "rb") as handle:
        if handle.read(4) != MAGIC:
            raise problem(session, file, "is not an Intan RHD file (its first bytes differ); "
                          "correct `files` or `format` in the session sheet")
    try:
        # The header is the same in all layouts; of the others neo misreads temperature sensors.
        info, channels, block, size, block_samples, _ = read_rhd(Path(file), "header-attached")
    except (IndexError, KeyError, UnicodeDecodeError, ValueError) as error:
        raise problem(session, file, "is truncated: it ends inside its header; copy it "
                      "again") from error
    return Header(
        f"{info['major_version']}.{info['minor_version']}", float(info["sampling_rate"]),
        [c for c in channels if c["signal_type"] == 0],
        [c for c in channels if c["signal_type"] in (ANALOG, *DIGITAL)],
        block, block_samples, size, info["notch_filter"] or "",
    )


def _same_setup(session: dict, files: list[str], headers: list[Header]) -> Header:
    for file, header in zip(files, headers, strict=True):
        if Path(file).name == "info.rhd" and len(files) > 1:
            raise problem(session, file, "is one of several files; an Intan folder is a session")
        if (header.block, header.sampling_rate_hz) != (headers[0].block,
                                                        headers[0].sampling_rate_hz):
            raise problem(session, file, f"has other channels or another rate than {files[0]}; "
                          "make it a session of its own")
    return headers[0]


def _streams(session: dict, files: list[str], headers: list[Header]) -> Streams:
    folder = Path(files[0]).parent
    if Path(files[0]).name != "info.rhd":
        return one_file(session, files, headers)
    if (folder / "amplifier.dat").is_file():
        return file_per_signal_type(session, folder, headers[0])
    return file_per_channel(session, folder, headers[0])


def _number(session: dict, file: str, name: str) -> int:
    parts = re.fullmatch(r"([A-Z])-(\d+)", name)
    if not parts:
        raise problem(session, file, f"channel name {name!r} is not port and number (A-017)")
    return CHANNELS_PER_PORT * (ord(parts[1]) - ord("A")) + int(parts[2])


def _sync(session, file, header: Header, streams: Streams, segments: Segments) -> Level | None:
    wanted = session["sync_channel"]
    if not wanted:
        return None
    known = {channel["native_channel_name"]: channel for channel in header.board}
    if wanted not in known:
        raise problem(session, file, f"sync channel {wanted!r} is not in the file; nearest: "
                      f"{nearest(wanted, list(known))}")
    channel = known[wanted]
    if channel["signal_type"] == ANALOG:
        return Level(segments, lambda: streams.board(channel), digital=False)
    folder = Path(file).name == "info.rhd" and not (Path(file).parent / "amplifier.dat").is_file()
    # A file of one line holds 0 and 1; elsewhere the lines are the bits of one word.
    bit = 0 if folder else int(channel["native_order"])
    return Level(segments, lambda: _bits(streams.board(channel), bit), digital=True)


def _bits(words: Iterator[np.ndarray], bit: int) -> Iterator[np.ndarray]:
    return (chunk & np.uint16(1 << bit) for chunk in words)
