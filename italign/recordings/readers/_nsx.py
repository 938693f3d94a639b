"""Blackrock NSx files (.ns1 to .ns6), file specifications 2.1 to 3.0, and 3.0 with PTP.

The layouts are neo's tables. The blocks are walked here: neo's reader holds every PTP time stamp in
memory, takes only steps over two samples for a gap, and drops the last sample of a 2.1 file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from neo.rawio.blackrockrawio import (
    NSX_BASIC_HEADER_TYPES,
    NSX_DATA_HEADER_TYPES,
    NSX_EXT_HEADER_TYPES,
)

from italign.recordings.integrity import problem
from italign.recordings.readers._channels import full_range
from italign.recordings.readers._clock import Piece, build_clock, cut_at_gaps
from italign.recordings.readers._flat import n_records, records
from italign.recordings.segments import Segments, gapless

PERIODS_PER_S = 30_000  # unit of the header's period, whatever the resolution of its time stamps
PTP_TICKS_PER_S = 1_000_000_000
UV_PER_UNIT = {"uV": 1.0, "mV": 1e3, "V": 1e6}


@dataclass(frozen=True)
class Nsx:
    """An NSx file: its channels, clock, and where its samples lie."""

    file: str
    electrode: list[int]
    label: list[str]
    uv_per_bit: np.ndarray | None  # None: file specification 2.1 does not say it
    rails: tuple[np.ndarray, np.ndarray]  # (n_channels,) each, counts
    segments: Segments
    origin: int  # time stamp of time 0
    blocks: list[tuple[int, int]]  # offset in the file, records
    record: np.dtype
    findings: list[dict]

    def chunks(self, columns: np.ndarray | int) -> Iterator[np.ndarray]:
        """Counts of some channels, in order."""
        for offset, n in self.blocks:
            for chunk in records(self.file, self.record, offset, n):
                yield chunk["counts"][:, columns]


def read_nsx(session: dict, file: str) -> Nsx:
    """Read the headers of an NSx file and its clock.

    Raises
    ------
    ValueError
        If the file is not NSx, truncated, or its clock runs backwards.
    """
    spec, basic, channels = _headers(session, file)
    if spec == "2.1":
        return _read_spec_21(session, file, basic, channels)
    ticks_per_s, offset = int(basic["timestamp_resolution"]), int(basic["bytes_in_headers"])
    ticks_per_sample = ticks_per_s * int(basic["period"]) / PERIODS_PER_S
    counts = _counts(channels)
    block = np.dtype(NSX_DATA_HEADER_TYPES[spec])
    ptp = ticks_per_s == PTP_TICKS_PER_S
    start = np.fromfile(file, block, int(ptp), offset=offset)
    if ptp and (start["nb_data_points"] == 1).all():
        record = np.dtype([("reserved", "u1"), ("timestamp", "<u8"), ("n", "<u4"), counts])
        blocks = [(offset, n_records(session, file, record, offset))]
        origin, pieces = _ptp_pieces(session, file, record, *blocks[0], ticks_per_sample)
    else:
        # ASSUME: time 0 is the first sample: PTP counts ns since 1970, too many for a float64.
        record, origin = np.dtype([counts]), int(start["timestamp"][0]) if ptp else 0
        blocks, pieces = _blocks(session, file, block, offset, record.itemsize, ticks_per_sample,
                                 origin)
    segments, findings = build_clock(pieces, ticks_per_sample, ticks_per_s,
                                     partial(problem, session, file))
    labels = [_text(label) for label in channels["electrode_label"]]
    rails = channels["min_digital_val"].astype(int), channels["max_digital_val"].astype(int)
    scale = _uv_per_bit(session, file, channels, labels)
    return Nsx(file, _electrodes(channels), labels, scale, rails, segments, origin, blocks, record,
               findings)


def _read_spec_21(session: dict, file: str, basic: np.void, channels: np.ndarray) -> Nsx:
    """One block without time stamps; neither labels, scale nor rails are in the file."""
    record, offset = np.dtype([_counts(channels)]), basic.dtype.itemsize + channels.nbytes
    n, electrode = n_records(session, file, record, offset), _electrodes(channels)
    segments = gapless(n, PERIODS_PER_S / int(basic["period"]))
    return Nsx(file, electrode, [f"elec{number}" for number in electrode], None,
               full_range(len(channels)), segments, 0, [(offset, n)], record, [])


def _electrodes(channels: np.ndarray) -> list[int]:
    return channels["electrode_id"].astype(int).tolist()


def _counts(channels: np.ndarray) -> tuple:
    """Field of a record that holds the counts of one sample."""
    return ("counts", "<i2", (len(channels),))


def _headers(session: dict, file: str) -> tuple[str, np.void, np.ndarray]:
    with open(file, "rb") as handle:
        start = handle.read(10)
        spec = {b"NEURALSG": "2.1"}.get(start[:8])
        if start[:8] in (b"NEURALCD", b"BRSMPGRP") and len(start) == 10:
            spec = f"{start[8]}.{start[9]}"
        if spec not in NSX_BASIC_HEADER_TYPES:
            raise problem(session, file, f"is not a Blackrock NSx file of specification "
                          f"{', '.join(NSX_BASIC_HEADER_TYPES)} (it starts with {start[:8]!r}); "
                          "correct `files` or `format` in the session sheet")
        handle.seek(0)
        basic = np.fromfile(handle, NSX_BASIC_HEADER_TYPES[spec], 1)
        n_channels = int(basic["channel_count"][0]) if len(basic) else 0
        channels = np.fromfile(handle, NSX_EXT_HEADER_TYPES[spec], n_channels)
    if not len(basic) or len(channels) < n_channels:
        raise problem(session, file, "is truncated: it ends inside its header; copy it again")
    if not n_channels:
        raise problem(session, file, "holds no channel; expected at least one")
    return spec, basic[0], channels


def _ptp_pieces(
    session, file, record, offset, n, ticks_per_sample
) -> tuple[int, Iterator[Piece]]:
    """Time stamps of packets of one sample each."""
    origin = int(next(records(file, record, offset, 1))["timestamp"][0])  # time 0, as for blocks

    def stamps():
        n_seen = 0
        for chunk in records(file, record, offset, n):
            odd = np.flatnonzero((chunk["reserved"] != 1) | (chunk["n"] != 1))
            if odd.size:
                packet, at = chunk[odd[0]], offset + (n_seen + int(odd[0])) * record.itemsize
                raise problem(session, file, f"is damaged: the packet at byte {at} starts with "
                              f"{packet['reserved']} and announces {packet['n']} samples, expected "
                              "1 and 1 as in those before; copy it again")
            n_seen += len(chunk)
            yield (chunk["timestamp"] - np.uint64(origin)).astype(np.int64)

    return origin, cut_at_gaps(stamps(), ticks_per_sample)


def _blocks(session, file, header, offset, sample_bytes, ticks_per_sample, origin):
    """Walk the data blocks: where they lie, and their time stamps less that of time 0."""
    blocks, pieces = [], []
    with open(file, "rb") as handle:
        end = handle.seek(0, 2)
        while offset < end:
            handle.seek(offset)
            block = np.fromfile(handle, header, 1)
            if not len(block) or block["header_flag"][0] != 1:
                raise problem(session, file, f"is damaged: no block of data starts at byte "
                              f"{offset}; copy it again")
            first, n = int(block["timestamp"][0]) - origin, int(block["nb_data_points"][0])
            offset += header.itemsize
            if offset + n * sample_bytes > end:
                raise problem(session, file, f"is truncated: its block at byte {offset} announces "
                              f"{n} samples, but {(end - offset) // sample_bytes} follow; copy it "
                              "again")
            if n:  # a pause may leave an empty block
                blocks.append((offset, n))
                pieces.append((first, first + (n - 1) * ticks_per_sample, n))
            offset += n * sample_bytes
    return blocks, pieces


def _uv_per_bit(session, file, channels, labels) -> np.ndarray:
    units = [_text(unit) for unit in channels["units"]]
    unknown = sorted(set(units) - set(UV_PER_UNIT))
    if unknown:
        raise problem(session, file, f"unit {unknown[0]!r} of {labels[units.index(unknown[0])]} is "
                      f"none of {', '.join(UV_PER_UNIT)}; the header is damaged")
    analog, digital = (channels[f"max_{kind}_val"].astype(float) - channels[f"min_{kind}_val"]
                       for kind in ("analog", "digital"))
    return analog / digital * [UV_PER_UNIT[unit] for unit in units]


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("latin-1").strip()
