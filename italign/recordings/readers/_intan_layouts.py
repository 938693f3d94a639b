"""Where an Intan recording keeps its samples: the three layouts of the RHD file formats note.

Each function returns the streams of a recording.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from italign.recordings.integrity import problem
from italign.recordings.readers._flat import CHUNK_BYTES, n_records, records
from italign.recordings.readers._intan_header import ANALOG, DIGITAL_IN, DIGITAL_OUT, Header

Channel = dict  # one of `Header`
Chunks = Iterator[np.ndarray]
BLOCK_WORDS = {DIGITAL_IN: "USB board digital input channel",
               DIGITAL_OUT: "USB board digital output channel"}  # neo's names
BOARD_FILES = {ANALOG: "analogin.dat", DIGITAL_IN: "digitalin.dat", DIGITAL_OUT: "digitalout.dat"}


@dataclass(frozen=True)
class Streams:
    """Samples of a recording, whatever its layout.

    Parameters
    ----------
    n_samples : int
        Length.
    stamps : callable
        Gives the time stamps: int64 (n,), in samples.
    voltage : callable
        Gives some amplifier columns: int16 (n, n_columns).
    board : callable
        Opens a channel of the board: gives a callable that yields its (n,) samples, uint16 words of
        an analog input, zero or not of a digital line.
    """

    n_samples: int
    stamps: Callable[[], Chunks]
    voltage: Callable[[np.ndarray], Chunks]
    board: Callable[[Channel], Callable[[], Chunks]]


def open_streams(session: dict, files: list[str], headers: list[Header]) -> Streams:
    """Tell the layout of a recording by its files, and open it.

    Raises
    ------
    ValueError
        If a file is missing, truncated, or of another length than the time stamps.
    """
    folder = Path(files[0]).parent
    if Path(files[0]).name != "info.rhd":
        return one_file(session, files, headers)
    if (folder / "amplifier.dat").is_file():
        return file_per_signal_type(session, folder, headers[0])
    return file_per_channel(session, folder, headers[0])


def one_file(session: dict, files: list[str], headers: list[Header]) -> Streams:
    """Blocks of 60 or 128 samples behind the header; a long recording is several files."""
    parts = [(file, header.block, header.size) for file, header in
             zip(files, headers, strict=True)]
    counts = [n_records(session, file, block, offset) for file, block, offset in parts]
    n_per_block = headers[0].block_samples

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
        if channel["signal_type"] == ANALOG:
            return partial(field, channel["native_channel_name"])
        return partial(_line, partial(field, BLOCK_WORDS[channel["signal_type"]]), channel)

    def field(name):
        return (chunk[name].ravel() for chunk in blocks())

    return Streams(sum(counts) * n_per_block,
                   lambda: (chunk["timestamp"].ravel().astype(np.int64) for chunk in blocks()),
                   voltage, board)


def file_per_signal_type(session: dict, folder: Path, header: Header) -> Streams:
    """``time.dat``, ``amplifier.dat``, ``analogin.dat``, ``digitalin.dat``: sample after sample."""
    n_samples = _stamps_in(session, folder)
    analog = [c["native_channel_name"] for c in header.board if c["signal_type"] == ANALOG]

    def columns_of(file, dtype, n_columns):
        sample = np.dtype([("words", dtype, (n_columns,))])
        _same_length(session, file, sample, n_samples)
        return lambda columns: (
            chunk["words"][:, columns] for chunk in records(file, sample, 0, n_samples))

    def board(channel):
        file = folder / BOARD_FILES[channel["signal_type"]]
        if channel["signal_type"] == ANALOG:
            row = analog.index(channel["native_channel_name"])
            return partial(columns_of(file, "<u2", len(analog)), row)
        return partial(_line, partial(columns_of(file, "<u2", 1), 0), channel)

    return Streams(n_samples, lambda: _stamps(folder, n_samples),
                   columns_of(folder / "amplifier.dat", "<i2", len(header.amplifiers)), board)


def file_per_channel(session: dict, folder: Path, header: Header) -> Streams:
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
        # A line has its own file here, of 0 and 1.
        return partial(records, file, np.dtype("<u2"), 0, n_samples)

    return Streams(n_samples, lambda: _stamps(folder, n_samples), voltage, board)


def _line(words: Callable[[], Chunks], channel: Channel) -> Chunks:
    """One bit of the words that hold all lines of a kind."""
    bit = np.uint16(1 << int(channel["native_order"]))
    return (chunk & bit for chunk in words())


def _stamps_in(session: dict, folder: Path) -> int:
    if not (folder / "time.dat").is_file():
        raise problem(session, folder, "has no time.dat beside info.rhd; copy the whole folder")
    return n_records(session, folder / "time.dat", np.dtype("<i4"))


def _stamps(folder: Path, n_samples: int) -> Chunks:
    chunks = records(folder / "time.dat", np.dtype("<i4"), 0, n_samples)
    return (chunk.astype(np.int64) for chunk in chunks)


def _same_length(session: dict, file: Path, dtype: np.dtype, n_samples: int) -> None:
    if not file.is_file():
        raise problem(session, file, "not found; info.rhd announces it: copy the whole folder")
    found = n_records(session, file, dtype)
    if found != n_samples:
        raise problem(session, file, f"holds {found} samples, but time.dat {n_samples}; it is "
                      "truncated: copy the folder again")
