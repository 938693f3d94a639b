"""When the units of an NWB file were observed."""

import numpy as np
from pynwb import NWBFile

from italign.recordings.integrity import finding, problem

Borders = tuple[np.ndarray, np.ndarray]  # float64 (n_segments,) each: starts and ends


def observed(
    session: dict, file: str, content: NWBFile, time_s: np.ndarray
) -> tuple[Borders, list[dict]]:
    """Stretches in which all units were observed; else from the first to the last time in the file.

    Raises
    ------
    ValueError
        If the intervals of a unit overlap or are not in order, or no time is common to all units.
    """
    units = content.units
    if "obs_intervals" not in units.colnames:
        # ASSUME: a file without obs_intervals has no gap, and lasts until its last spike or
        # interval.
        ends = [time_s.max(initial=0.0)]
        ends += [np.nanmax(table["stop_time"][:], initial=0.0)
                 for table in (content.trials, content.epochs) if table is not None]
        return (np.array([min(time_s.min(initial=0.0), 0.0)]), np.array([max(ends)])), []
    of_unit = [np.asarray(units.get_unit_obs_intervals(row), float).reshape(-1, 2)
               for row in range(len(units))]
    for row, intervals in enumerate(of_unit):
        if not (np.diff(intervals.ravel()) >= 0).all():
            raise problem(session, file, f"obs_intervals of unit {units.id[row]} overlap or are "
                          "not in order; expected one after the other")
    start_s, end_s = common(of_unit)
    if not len(start_s):
        raise problem(session, file, "obs_intervals have no time that is common to all units; "
                      "export units that were observed together")
    if all(np.array_equal(of_unit[0], other) for other in of_unit):
        return (start_s, end_s), []
    message = (f"obs_intervals differ between units: only the {(end_s - start_s).sum():g} s in "
               "which all were observed are used")
    return (start_s, end_s), [finding("observed", message)]


def common(of_unit: list[np.ndarray]) -> Borders:
    """Intersect the intervals of all units.

    Parameters
    ----------
    of_unit : list of numpy.ndarray
        (n_intervals, 2) starts and ends of each unit, in order, without overlap.
    """
    borders = np.concatenate([intervals.ravel() for intervals in of_unit])
    step = np.concatenate([np.tile([1, -1], len(intervals)) for intervals in of_unit])
    order = np.lexsort((step, borders))  # at the same time ends come first
    borders, depth = borders[order], np.cumsum(step[order])
    first = np.flatnonzero(depth == len(of_unit))
    start_s, end_s = borders[first], borders[np.minimum(first + 1, len(borders) - 1)]
    lasting = start_s < end_s
    return start_s[lasting], end_s[lasting]


def within(time_s: np.ndarray, borders: Borders) -> np.ndarray:
    """Which times lie in a segment, ends included."""
    start_s, end_s = borders
    segment = np.searchsorted(start_s, time_s, side="right") - 1
    return (segment >= 0) & (time_s <= end_s[segment])
