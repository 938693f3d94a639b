"""Open an NWB file and find its objects: shared by the readers of voltage and of units."""

from collections.abc import Iterator
from contextlib import contextmanager

import h5py
import numpy as np
from hdmf.build import ConstructError
from pynwb import NWBHDF5IO, NWBFile, TimeSeries
from pynwb.core import DynamicTable
from pynwb.epoch import TimeIntervals

from italign.recordings.integrity import problem
from italign.recordings.readers._channels import sync_position
from italign.recordings.readers._clock import build_clock, cut_at_gaps
from italign.recordings.readers._flat import hdf5_chunks
from italign.recordings.records import Level, Marks
from italign.recordings.segments import Segments

IN_SILICO = "in silico"


@contextmanager
def opened(session: dict, file: str) -> Iterator[NWBFile]:
    """Open a file with pynwb, lazily.

    Raises
    ------
    ValueError
        If it is not an NWB file, or lacks parts that NWB demands.
    """
    try:
        with h5py.File(file) as plain:
            version = plain.attrs.get("nwb_version")
    except OSError as error:
        raise problem(session, file, "cannot be opened as HDF5; it is truncated or another format: "
                      "copy it again") from error
    if version is None:
        raise problem(session, file, "is HDF5, but not NWB 2 (attribute nwb_version is missing); "
                      "correct `files` or `format` in the session sheet")
    with NWBHDF5IO(file, "r", load_namespaces=True) as io:
        try:
            content = io.read()
        except (ConstructError, AttributeError, KeyError, TypeError, ValueError) as error:
            # The last argument of a ConstructError is its reason; the first is all of the file.
            reason = (str(error.args[-1]).splitlines() or ["no reason given"])[0]
            raise problem(session, file, f"breaks the NWB schema: {reason[:200]}; write it again, "
                          "or repair it until pynwb's validate finds nothing") from error
        yield content


def series_clock(
    session: dict, file: str, series: TimeSeries, nominal_hz: float | None
) -> tuple[Segments, list[dict]]:
    """Clock of a series, from its rate or its time stamps.

    Parameters
    ----------
    nominal_hz : float or None
        Sampling rate of the session sheet; where there is none, that of the median step.

    Raises
    ------
    ValueError
        If the time stamps are NaN or run backwards, or too few to tell the rate.
    """
    if series.rate is not None:
        start_s = np.array([float(series.starting_time or 0.0)])
        return Segments(np.array([0]), start_s, len(series.data), float(series.rate)), []
    path = series.timestamps.name
    first = next(hdf5_chunks(file, path, None), np.zeros(0))
    if nominal_hz is None and len(first) < 3:
        raise problem(session, file, f"{series.name} has {len(first)} time stamps; fill in "
                      "sampling_rate_hz in the session sheet")
    # Stamps are counts over a rate, cut to a float64: undo that for rates of whole hundredths.
    nominal_hz = nominal_hz or round(1 / float(np.median(np.diff(first))), 2)
    for chunk in hdf5_chunks(file, path, None):
        if np.isnan(chunk).any():
            raise problem(session, file, f"time stamps of {series.name} hold NaN, expected none")
    if len(series.timestamps) != len(series.data):
        raise problem(session, file, f"{series.name} has {len(series.timestamps)} time stamps for "
                      f"{len(series.data)} samples, expected one each; the file is damaged")
    return build_clock(cut_at_gaps(hdf5_chunks(file, path, None), 1 / nominal_hz),
                       1 / nominal_hz, 1.0, lambda text: problem(session, file, text))


def find_sync(session: dict, file: str, nwb: NWBFile) -> Level | Marks | None:
    """Sync channel of a session: a time series, or the rows of a table of intervals."""
    if not session["sync_channel"]:
        return None
    known = {item.name: item for item in nwb.objects.values()
             if isinstance(item, (TimeSeries, TimeIntervals))}
    sync_position(session, file, list(known))
    item = known[session["sync_channel"]]
    if isinstance(item, TimeIntervals):
        start_s = np.asarray(item["start_time"][:], float)
        order = np.argsort(start_s, kind="stable")
        code = np.asarray(item["code"][:], int)[order] if "code" in item.colnames else None
        return Marks(start_s[order], code)
    segments, _ = series_clock(session, file, item, None)
    path = item.data.name
    return Level(segments, lambda: hdf5_chunks(file, path, None), item.data.dtype.kind in "b")


def electrode_names(table: DynamicTable, rows: np.ndarray) -> tuple[list[int], list[str]]:
    """Channel numbers and names of some rows of the electrode table."""
    numbers = np.asarray(table.id[:])[rows].tolist()
    for column in ("channel_name", "label"):
        if column in table.colnames:
            return numbers, [str(name) for name in np.asarray(table[column][:])[rows]]
    return numbers, [f"elec{number}" for number in numbers]


def source_of(nwb: NWBFile) -> str:
    """Where the data come from: in silico where the file's description begins so."""
    simulated = nwb.session_description.lower().startswith(IN_SILICO)
    return IN_SILICO if simulated else "recorded (NWB)"
