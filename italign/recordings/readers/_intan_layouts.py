"""Where an Intan recording keeps its samples: the three layouts of the RHD file formats note.

Each function returns the streams of a recording: number of samples, and callables that give time
stamps (int64), voltage (int16) of some amplifier columns, and the raw words of a board channel.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from italign.recordings.integrity import problem
from italign.recordings.readers._flat import CHUNK_BYTES, n_records, records

ANALOG, DIGITAL = 3, (4, 5)  # signal types of the board's channels


@dataclass(frozen=True)
class Streams:
    """Samples of a recording, as a layout stores them."""

    n_samples: int
    stamps: Callable[[], Iterator[np.ndarray]]
    voltage: Callable[[np.ndarray], Iterator[np.ndarray]]
    board: Callable[[dict], Iterator[np.ndarray]]


def one_file(session: dict, files: list[str], headers: list) -> Streams:
    """Blocks of 60 or 128 samples behind the header; a long recording is several files."""
    parts = [(file, _block(header), header.size) for file, header in
             zip(files, headers, strict=True)]
    counts = [n_records(session, file, block, offset) for file, block, offset in parts]
    n_per_block = headers[0].block_samples
    digital = {4: "USB board digital input channel", 5: "USB board digital output channel"}

    def blocks():
        for (file, block, offset), n in zip(parts, counts, strict=True):
            yield from records(file, block, offset, n)

    def voltage(columns):
        first = headers[0].amplifiers[0]["native_channel_name"]
        for chunk in blocks():
            # Fields of a block follow each other: its amplifiers are one (channel, sample) matrix.
            start = chunk.dtype.fields[first][1]
            words = chunk.view(np.uint8).reshape(len(chunk), -1)[:, start:]
            matrix = words[:, : 2 * n_per_block * len(headers[0].amplifiers)].copy().view("<u2")
            matrix = matrix.reshape(len(chunk), -1, n_per_block)[:, columns]
            by_sample = matrix.transpose(0, 2, 1).reshape(-1, len(columns))
            yield (by_sample ^ np.uint16(0x8000)).view(np.int16)  # less 32768

    def board(channel):
        name = digital.get(int(channel["signal_type"]), channel["native_channel_name"])
        return (chunk[name].ravel() for chunk in blocks())

    return Streams(sum(counts) * n_per_block,
                   lambda: (chunk["timestamp"].ravel().astype(np.int64) for chunk in blocks()),
                   voltage, board)


def _block(header) -> np.dtype:
    return np.dtype(header.block)


def file_per_signal_type(session: dict, folder: Path, header) -> Streams:
    """``time.dat``, ``amplifier.dat``, ``analogin.dat``, ``digitalin.dat``: sample after sample."""
    n_samples = _stamps_in(session, folder)
    n_analog = len([c for c in header.board if c["signal_type"] == ANALOG])
    sample = np.dtype([("counts", "<i2", (len(header.amplifiers),))])
    _same_length(session, folder / "amplifier.dat", sample, n_samples)
    files = {ANALOG: ("analogin.dat", n_analog), 4: ("digitalin.dat", 1), 5: ("digitalout.dat", 1)}

    def board(channel):
        kind = int(channel["signal_type"])
        name, n = files[kind]
        word = np.dtype([("counts", "<u2", (n,))])
        column = [c["native_channel_name"] for c in header.board if c["signal_type"] == ANALOG
                  ].index(channel["native_channel_name"]) if kind == ANALOG else 0
        _same_length(session, folder / name, word, n_samples)
        return (chunk["counts"][:, column] for chunk in records(folder / name, word, 0, n_samples))

    return Streams(n_samples, lambda: _stamps(folder, n_samples), lambda columns: (
        chunk["counts"][:, columns]
        for chunk in records(folder / "amplifier.dat", sample, 0, n_samples)), board)


def file_per_channel(session: dict, folder: Path, header) -> Streams:
    """``time.dat``, ``amp-A-000.dat``, ``board-DIGITAL-IN-01.dat``: one file for each channel."""
    n_samples = _stamps_in(session, folder)
    files = [folder / f"amp-{c['native_channel_name']}.dat" for c in header.amplifiers]
    for file in files:
        _same_length(session, file, np.dtype("<i2"), n_samples)
    step = max(1, CHUNK_BYTES // (2 * max(len(files), 1)))

    def voltage(columns):
        for start in range(0, n_samples, step):
            yield np.stack([np.fromfile(files[c], "<i2", step, offset=2 * start) for c in columns],
                           axis=1)

    def board(channel):
        file = folder / f"board-{channel['native_channel_name']}.dat"
        _same_length(session, file, np.dtype("<u2"), n_samples)
        return records(file, np.dtype("<u2"), 0, n_samples)

    return Streams(n_samples, lambda: _stamps(folder, n_samples), voltage, board)


def _stamps_in(session: dict, folder: Path) -> int:
    if not (folder / "time.dat").is_file():
        raise problem(session, folder, "has no time.dat beside info.rhd; copy the whole folder")
    return n_records(session, folder / "time.dat", np.dtype("<i4"))


def _stamps(folder: Path, n_samples: int) -> Iterator[np.ndarray]:
    chunks = records(folder / "time.dat", np.dtype("<i4"), 0, n_samples)
    return (chunk.astype(np.int64) for chunk in chunks)


def _same_length(session: dict, file: Path, dtype: np.dtype, n_samples: int) -> None:
    if not file.is_file():
        raise problem(session, file, "not found; info.rhd announces it: copy the whole folder")
    found = n_records(session, file, dtype)
    if found != n_samples:
        raise problem(session, file, f"holds {found} samples, but time.dat {n_samples}; it is "
                      "truncated: copy the folder again")
