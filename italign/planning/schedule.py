"""When the jobs of a world run on so many cores and GPUs: a list scheduler, event by event.

A job is ready when all that it waits for has ended, waits in the queue, and starts as soon as cores
and GPU slots are free; of several that fit, the one that was ready first. Snakemake and SLURM
decide more cleverly; no list takes more than about twice the best, and wide jobs may wait behind
narrow ones.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from italign.planning.jobs import Job


@dataclass(frozen=True)
class Machine:
    """What jobs run on.

    Parameters
    ----------
    cores : float
        In all; infinite where they are never short.
    gpu_slots : float
        Four of each GPU; infinite where jobs do without one.
    queue_s : float
        From submission until a job may start, if there is room.
    start_s : float
        Until the job's own work begins.
    """

    cores: float = inf
    gpu_slots: float = inf
    queue_s: float = 0.0
    start_s: float = 0.0


def schedule(
    jobs: Sequence[Job], seconds: Mapping[str, float], machine: Machine
) -> dict[str, tuple[float, float]]:
    """Start and end of each job, seconds after the first submission.

    Parameters
    ----------
    jobs : sequence of Job
        In any order; jobs that are waited for but not among them are done.
    seconds : mapping of str to float
        Duration of each job by name.
    machine : Machine
        What they run on.

    Raises
    ------
    ValueError
        If a job asks for more than the machine has, or jobs wait for each other.
    """
    _refuse_too_large(jobs, machine)
    names = {job.name for job in jobs}
    waits = {job.name: set(job.after & names) for job in jobs}
    followers = {name: [] for name in names}
    for job in jobs:
        for before in waits[job.name]:
            followers[before].append(job)
    # Events: (time, kind, order, job), ends before releases so that room is seen at once.
    events = [(machine.queue_s, 1, n, job) for n, job in enumerate(jobs) if not waits[job.name]]
    heapq.heapify(events)
    free, queue, spans, order = [machine.cores, machine.gpu_slots], [], {}, len(jobs)
    while events:
        now = events[0][0]
        while events and events[0][0] == now:
            _, kind, _, job = heapq.heappop(events)
            if kind == 1:
                queue.append(job)
                continue
            free = [free[0] + job.threads, free[1] + job.gpu_slots]
            for follower in followers[job.name]:
                waits[follower.name].remove(job.name)
                if not waits[follower.name]:
                    order += 1
                    heapq.heappush(events, (now + machine.queue_s, 1, order, follower))
        for job in _startable(queue, free):
            free = [free[0] - job.threads, free[1] - job.gpu_slots]
            end = now + machine.start_s + seconds[job.name]
            spans[job.name] = (now, end)
            order += 1
            heapq.heappush(events, (end, 0, order, job))
        queue = [job for job in queue if job.name not in spans]
    if len(spans) < len(names):
        stuck = sorted(names - spans.keys())
        raise ValueError(f"jobs wait for each other: {', '.join(stuck[:5])}")
    return spans


def makespan_s(spans: Mapping[str, tuple[float, float]]) -> float:
    """Seconds until the last job ends."""
    return max((end for _, end in spans.values()), default=0.0)


def _startable(queue: list[Job], free: list[float]) -> list[Job]:
    """Jobs of the queue that fit beside each other, first come first."""
    cores, slots = free
    chosen = []
    for job in queue:
        if job.threads <= cores and job.gpu_slots <= slots:
            chosen.append(job)
            cores, slots = cores - job.threads, slots - job.gpu_slots
    return chosen


def _refuse_too_large(jobs: Sequence[Job], machine: Machine) -> None:
    for job in jobs:
        if job.threads > machine.cores or job.gpu_slots > machine.gpu_slots:
            raise ValueError(
                f"job {job.name}: asks for {job.threads} cores and {job.gpu_slots} GPU slots, "
                f"the machine has {machine.cores:g} and {machine.gpu_slots:g}: plan a larger one")
