"""NWB files: the ElectricalSeries in ``acquisition``, int16 or floats.

Microvolts are (data * conversion * channel_conversion + offset) * 1e6, as NWB defines. A channel is
numbered by the id of its row in the electrode table (its index unless the file says otherwise) and
named by that table's column ``channel_name`` or ``label``, else ``elec<id>``. Where a file
holds several series, the one named as the session's `array` is read. The sync channel is a time
series, or a table of intervals (their starts; codes from a column ``code``).
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
from pynwb import NWBFile
from pynwb.ecephys import ElectricalSeries

from italign.recordings.integrity import finding, problem
from italign.recordings.readers._channels import (
    INT16,
    RATE_TOLERANCE,
    SCALE_TOLERANCE,
    agree_on_channels,
    agreed,
    full_range,
    kept_channels,
    one_scale,
    only_file,
)
from italign.recordings.readers._flat import hdf5_chunks
from italign.recordings.readers._nwb_file import (
    electrode_names,
    find_sync,
    opened,
    series_clock,
    source_of,
)
from italign.recordings.records import Recording

# Unsigned counts are shifted by half their range, which the offset of the file undoes.
SHIFT = {"int16": 0, "uint16": -(2**15)}


def nwb(files: list[str], session: dict) -> Recording:
    """Open the voltage of an NWB file.

    Raises
    ------
    ValueError
        If the file is not NWB, holds no or several series, or contradicts the sheet. NaN and values
        beyond int16 are refused when they are read.
    """
    file = only_file(session, files, (".nwb",))
    with opened(session, file) as content:
        series = _series(session, file, content)
        rows = np.asarray(series.electrodes.data[:], int)
        numbers, names = electrode_names(series.electrodes.table, rows)
        agree_on_channels(session, file, len(numbers))
        kept, findings = kept_channels(session, file, numbers, names)
        segments, gaps = series_clock(session, file, series, session.get("sampling_rate_hz"))
        agreed(session, "sampling_rate_hz", segments.sampling_rate_hz, file, RATE_TOLERANCE)
        kept_names = [names[row] for row in kept]
        gain_uv = _gain_uv(series, len(rows))[kept]
        offset_uv, dtype = float(series.offset) * 1e6, str(series.data.dtype)
        path = series.data.name
        sync, source = find_sync(session, file, content), source_of(content)
    raw = partial(hdf5_chunks, file, path, kept)
    if dtype in SHIFT:
        uv_per_bit = one_scale(session, file, gain_uv, kept_names)
        offset_uv -= SHIFT[dtype] * uv_per_bit
        if round(offset_uv / uv_per_bit):
            findings.append(finding("offset", f"a constant {offset_uv:g} uV of every channel is "
                                    "left out: thresholds count from a channel's own centre"))
        convert = partial(_shifted, shift=SHIFT[dtype])
    else:
        uv_per_bit = agreed(session, "uv_per_bit", None, file, SCALE_TOLERANCE)
        convert = partial(_quantised, session=session, file=file, gain_uv=gain_uv,
                          offset_uv=offset_uv, uv_per_bit=uv_per_bit, names=kept_names)
    return Recording(segments, uv_per_bit, np.array(numbers, np.int32)[kept],
                     lambda: convert(raw()), source, full_range(len(kept)), sync,
                     findings + gaps, kept_names)


def _series(session: dict, file: str, content: NWBFile) -> ElectricalSeries:
    found = {name: item for name, item in content.acquisition.items()
             if isinstance(item, ElectricalSeries)}
    if not found:
        raise problem(session, file, "holds no ElectricalSeries in acquisition (found: "
                      f"{', '.join(content.acquisition) or 'nothing'}); format nwb-units reads "
                      "files with units only")
    if len(found) > 1 and session["array"] not in found:
        raise problem(session, file, f"holds several ElectricalSeries ({', '.join(found)}); name "
                      "one of them in the column array of the session sheet")
    series = found[session["array"] if len(found) > 1 else next(iter(found))]
    if not len(series.data):
        raise problem(session, file, f"{series.name} holds no sample; expected at least one")
    return series


def _gain_uv(series: ElectricalSeries, n_channels: int) -> np.ndarray:
    of_channel = 1.0 if series.channel_conversion is None else series.channel_conversion[:]
    return np.full(n_channels, 1e6 * float(series.conversion)) * of_channel


def _shifted(raw: Iterator[np.ndarray], shift: int) -> Iterator[np.ndarray]:
    return ((chunk.astype(np.int32) + shift).astype(np.int16) if shift else chunk for chunk in raw)


def _quantised(
    raw: Iterator[np.ndarray], session: dict, file: str, gain_uv: np.ndarray, offset_uv: float,
    uv_per_bit: float, names: list[str],
) -> Iterator[np.ndarray]:
    start = 0
    for chunk in raw:
        counts = np.rint((chunk * gain_uv + offset_uv) / uv_per_bit)
        bad = ~((counts >= INT16.min) & (counts <= INT16.max))
        if bad.any():
            row, column = np.argwhere(bad)[0]
            value = chunk[row, column] * gain_uv[column] + offset_uv
            limit_uv = INT16.max * uv_per_bit
            raise problem(session, file, f"{names[column]} is {value:g} uV at sample {start + row},"
                          f" expected a number within {limit_uv:g} uV: exclude the channel, or "
                          "correct uv_per_bit in the session sheet")
        yield counts.astype(np.int16)
        start += len(chunk)
