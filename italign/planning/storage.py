"""Disk that a world fills: what stays, and the most that lies there at a time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import PurePath

from italign.planning.jobs import Job


def kept_mb(jobs: Sequence[Job]) -> Counter:
    """Megabytes that stay, by file name; files of unknown size count as nothing."""
    kept: Counter = Counter()
    for job in jobs:
        for file, size in job.files_mb.items():
            if file not in job.temp and not isnan(size):
                kept[PurePath(file).name] += size
    return kept


def peak_mb(jobs: Sequence[Job], spans: Mapping[str, tuple[float, float]]) -> float:
    """Most megabytes at a time: a file takes its room from the start of its job on.

    A temporary one goes when the last job that reads it ends, or its own if none does. Files of
    unknown size count as nothing.

    Parameters
    ----------
    jobs : sequence of Job
        Of a schedule.
    spans : mapping of str to tuple of float
        From `italign.planning.schedule.schedule`.
    """
    last_read: dict[str, float] = {}
    for job in jobs:
        for file in job.inputs:
            last_read[file] = max(last_read.get(file, 0.0), spans[job.name][1])
    changes = []
    for job in jobs:
        for file, size in job.files_mb.items():
            if not isnan(size):
                start, end = spans[job.name]
                changes.append((start, 1, size))
                if file in job.temp:  # gone before what starts at that moment
                    changes.append((last_read.get(file, end), 0, -size))
    return _highest(sorted(changes))


def unknown_sizes(jobs: Sequence[Job]) -> list[str]:
    """Names of files whose size is not known, each once."""
    return sorted({PurePath(file).name for job in jobs
                   for file, size in job.files_mb.items() if isnan(size)})


def _highest(changes: list[tuple[float, int, float]]) -> float:
    level = highest = 0.0
    for _, _, change in changes:
        level += change
        highest = max(highest, level)
    return highest
