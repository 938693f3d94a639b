"""Header of an Intan RHD file, the same in all layouts; neo parses it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from neo.rawio.intanrawio import read_rhd

from italign.recordings.integrity import problem

MAGIC = b"\x02\x27\x91\xc6"
# Signal types of the RHD file formats note; 1 and 2 are auxiliary inputs and the supply.
AMPLIFIER, ANALOG, DIGITAL_IN, DIGITAL_OUT = 0, 3, 4, 5


@dataclass(frozen=True)
class Header:
    """What an RHD header says: rate, channels, and the layout of a block behind it."""

    version: str
    sampling_rate_hz: float
    amplifiers: list[dict]
    board: list[dict]
    block: np.dtype
    block_samples: int
    size: int  # bytes
    notch: str


def read_header(session: dict, file: str) -> Header:
    """Read the header of an .rhd file.

    Raises
    ------
    ValueError
        If the file is not Intan's, or ends inside its header.
    """
    with open(file, "rb") as handle:
        if handle.read(4) != MAGIC:
            raise problem(session, file, "is not an Intan RHD file (its first bytes differ); "
                          "correct `files` or `format` in the session sheet")
    try:
        # Taken as attached in every layout: of a detached one neo misreads temperature sensors.
        info, channels, block, size, block_samples, _ = read_rhd(Path(file), "header-attached")
    except (IndexError, KeyError, UnicodeDecodeError, ValueError) as error:
        raise problem(session, file, "is truncated: it ends inside its header; copy it "
                      "again") from error
    return Header(
        f"{info['major_version']}.{info['minor_version']}", float(info["sampling_rate"]),
        [c for c in channels if c["signal_type"] == AMPLIFIER],
        [c for c in channels if c["signal_type"] in (ANALOG, DIGITAL_IN, DIGITAL_OUT)],
        np.dtype(block), block_samples, size, info["notch_filter"] or "",
    )
