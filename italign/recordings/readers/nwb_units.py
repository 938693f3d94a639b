"""The Units table of an NWB file: spikes or crossings without voltage.

Units are pooled over the electrode they were found on (the first one listed); without electrodes
each unit is a channel, numbered by its id. A channel is numbered as in format nwb.
"""

import numpy as np
from pynwb import NWBFile
from pynwb.misc import Units

from italign.recordings.integrity import finding, problem
from italign.recordings.readers._channels import (
    RATE_TOLERANCE,
    agree_on_channels,
    agreed,
    kept_channels,
    only_file,
    refuse_scale,
)
from italign.recordings.readers._nwb_file import electrode_names, find_sync, opened, source_of
from italign.recordings.readers._observed import observed, within
from italign.recordings.records import Events


def nwb_units(files: list[str], session: dict) -> Events:
    """Open the units of an NWB file.

    Raises
    ------
    ValueError
        If the file is not NWB, holds no units, spike times that are NaN, or units that were never
        observed together.
    """
    file = only_file(session, files, (".nwb",))
    refuse_scale(session, file)
    with opened(session, file) as content:
        units = content.units
        if units is None or not len(units) or units.spike_times is None:
            raise problem(session, file, "holds no spike times of units; format nwb reads voltage")
        unit_channel, channels = _channels(session, file, content, units)
        ends = units.spike_times_index.data[:].astype(int)
        time_s = np.asarray(units.spike_times.data[:], float)
        sync, source = find_sync(session, file, content), source_of(content)
        segments, gaps = observed(session, file, content, time_s)
        # Writers put -1 or 0 for unknown.
        rate_hz = 1 / float(units.resolution) if (units.resolution or 0) > 0 else None
    if np.isnan(time_s).any():
        raise problem(session, file, "spike times of units hold NaN, expected none")
    given = session.get("sampling_rate_hz")
    if rate_hz is not None or given is not None:
        rate_hz = agreed(session, "sampling_rate_hz", rate_hz, file, RATE_TOLERANCE)
    numbers, names = channels
    agree_on_channels(session, file, len(numbers))
    kept, findings = kept_channels(session, file, numbers, names)
    channel = np.array(numbers, np.int32)[kept]
    event_channel = np.repeat(unit_channel, np.diff(ends, prepend=0))
    inside = within(time_s, segments)
    if not inside.all():
        gaps.append(finding("unobserved", f"{(~inside).sum()} of {len(time_s)} spikes lie outside "
                            "the obs_intervals that all units share: left out",
                            n_samples=int((~inside).sum())))
    mine = np.isin(event_channel, channel) & inside
    time_s, event_channel = time_s[mine], event_channel[mine]
    row = np.argsort(channel)[np.searchsorted(np.sort(channel), event_channel)]
    order = np.lexsort((row, time_s))
    return Events(time_s[order], event_channel[order].astype(np.int32), channel, *segments,
                  np.nan if rate_hz is None else rate_hz, source, sync, findings + gaps)


def _channels(
    session: dict, file: str, content: NWBFile, units: Units
) -> tuple[np.ndarray, tuple[list[int], list[str]]]:
    """Channel number of each unit; numbers and names of the channels, in the file's order."""
    if "electrodes" not in units.colnames:
        numbers = np.asarray(units.id[:]).tolist()
        return np.array(numbers), (numbers, [f"unit{number}" for number in numbers])
    index = units["electrodes"]  # ragged: the rows of each unit
    starts = np.concatenate([[0], index.data[:].astype(int)])
    without = np.flatnonzero(np.diff(starts) == 0)
    if without.size:
        raise problem(session, file, f"unit {units.id[int(without[0])]} has no electrode, others "
                      "do; expected one for each unit")
    rows = np.asarray(index.target.data[:], int)[starts[:-1]]
    used, of_unit = np.unique(rows, return_inverse=True)
    numbers, names = electrode_names(content.electrodes, used)
    return np.array(numbers)[of_unit], (numbers, names)
