"""Intan RHD recordings: header 1.x, 2.x, 3.x in one file, a file per signal type or per channel.

neo reads the header. The samples are read here: neo's reader holds all time stamps in memory, and
pairs files of channels with the header by sorted name. A channel is numbered
128 * port + native number (A-017 is 17, B-003 is 131); its scale is the chip's 0.195 uV per bit.
"""

import re
from functools import partial
from pathlib import Path

import numpy as np

from italign.recordings.integrity import finding, problem
from italign.recordings.readers._channels import (
    RATE_TOLERANCE,
    SCALE_TOLERANCE,
    agree_on_channels,
    agreed,
    check_extension,
    full_range,
    kept_channels,
    sync_position,
)
from italign.recordings.readers._clock import build_clock, cut_at_gaps
from italign.recordings.readers._intan_header import ANALOG, Header, read_header
from italign.recordings.readers._intan_layouts import Streams, open_streams
from italign.recordings.records import Level, Recording
from italign.recordings.segments import Segments

UV_PER_BIT = 0.195  # RHD2000 data sheet
CHANNELS_PER_PORT = 128


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
    headers = [read_header(session, file) for file in files]
    header, file = _same_setup(session, files, headers), files[0]
    names = [channel["native_channel_name"] for channel in header.amplifiers]
    numbers = [_number(session, file, name) for name in names]
    agree_on_channels(session, file, len(numbers))
    kept, findings = kept_channels(session, file, numbers, names)
    agreed(session, "uv_per_bit", UV_PER_BIT, file, SCALE_TOLERANCE)
    agreed(session, "sampling_rate_hz", header.sampling_rate_hz, file, RATE_TOLERANCE)
    streams = open_streams(session, files, headers)
    segments, gaps = build_clock(cut_at_gaps(streams.stamps(), 1), 1,
                                 header.sampling_rate_hz, partial(problem, session, file))
    if header.notch:
        findings.append(finding("filtered", f"the {header.notch} notch filter was on: the voltage "
                                "is not raw"))
    return Recording(segments, UV_PER_BIT, np.array(numbers, np.int32)[kept],
                     lambda: streams.voltage(kept), f"recorded (Intan RHD {header.version})",
                     full_range(len(kept)), _sync(session, file, header, streams, segments),
                     findings + gaps, [names[row] for row in kept])


def _same_setup(session: dict, files: list[str], headers: list[Header]) -> Header:
    for file, header in zip(files, headers, strict=True):
        if Path(file).name == "info.rhd" and len(files) > 1:
            raise problem(session, file, "is one of several files; an Intan folder is a session")
        if (header.block, header.sampling_rate_hz) != (headers[0].block,
                                                        headers[0].sampling_rate_hz):
            raise problem(session, file, f"has other channels or another rate than {files[0]}; "
                          "make it a session of its own")
    return headers[0]


def _number(session: dict, file: str, name: str) -> int:
    parts = re.fullmatch(r"([A-Z])-(\d+)", name)
    if not parts:
        raise problem(session, file, f"channel name {name!r} is not port and number (A-017)")
    return CHANNELS_PER_PORT * (ord(parts[1]) - ord("A")) + int(parts[2])


def _sync(
    session: dict, file: str, header: Header, streams: Streams, segments: Segments
) -> Level | None:
    if not session["sync_channel"]:
        return None
    names = [channel["native_channel_name"] for channel in header.board]
    channel = header.board[sync_position(session, file, names)]
    return Level(segments, streams.board(channel), digital=channel["signal_type"] != ANALOG)
