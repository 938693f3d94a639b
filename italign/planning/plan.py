"""A world's plan: seconds of its jobs, and for each size of machine days, GPU hours and disk."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, isnan

import pandas as pd

from italign.planning.cost_model import KINDS, fit_costs, held_out_errors, kind_of
from italign.planning.jobs import Job
from italign.planning.measured import (
    gpu_rates,
    network_jobs,
    refuse_unmeasured,
    seconds_of,
    with_sizes,
)
from italign.planning.schedule import Machine, makespan_s, schedule
from italign.planning.storage import kept_mb, peak_mb

SLOTS = 4  # of one GPU
CORES_PER_GPU = 16  # ASSUME: of a GPU node; eight decode images for each training job
# Until a job's own process starts: two starts of Snakemake and of srun on a cluster.
CLUSTER_START_S, LOCAL_START_S = 8.0, 0.1


@dataclass(frozen=True)
class Outlook:
    """A world on machines of one size.

    Parameters
    ----------
    n : int
        GPUs; or cores of a world that needs none.
    wall_s, fastest_s : float
        Until all jobs end; the second with the fastest of the speeds measured on a GPU.
    first_figure_s : float
        Until the first figure that is drawn from trained models; infinite where there is none.
    peak_mb : float
        Most on disk at a time.
    """

    n: int
    wall_s: float
    fastest_s: float
    first_figure_s: float
    peak_mb: float


@dataclass(frozen=True)
class Plan:
    """What `make plan` prints.

    Parameters
    ----------
    world : str
        Its name.
    jobs : list of Job
        With sizes of their files.
    seconds, fastest : dict of str to float
        Of each job, by the slowest and the fastest speed measured on a GPU; without GPUs alike.
    unmeasured : list of str
        Rules that were measured nowhere and count as nothing.
    outlooks : list of Outlook
        One per size of machine.
    errors : pandas.DataFrame
        Of the cost model at held-out jobs: ``kind``, ``held_out``, ``n``, ``median``, ``largest``.
    on_gpus : bool
        Whether machines are GPUs.
    kept_mb : dict of str to float
        What stays, by file name.
    """

    world: str
    jobs: list[Job]
    seconds: dict[str, float]
    fastest: dict[str, float]
    unmeasured: list[str]
    outlooks: list[Outlook]
    errors: pd.DataFrame
    on_gpus: bool
    kept_mb: dict[str, float]


def needs_gpus(jobs: Sequence[Job]) -> bool:
    """Whether a job's network fills a GPU, so that cores alone would take months."""
    return any(job.gpu_slots >= SLOTS for job in jobs)


def plan_world(
    world: str, jobs: Sequence[Job], costs: pd.DataFrame, machines: Sequence[int], *,
    on_gpus: bool, queue_minutes: float = 0.0,
) -> Plan:
    """Plan a world on machines of several sizes.

    Parameters
    ----------
    world : str
        Name, by which its own measured jobs are found.
    jobs : sequence of Job
        All of them.
    costs : pandas.DataFrame
        From `italign.planning.measured.read_costs`.
    machines : sequence of int
        GPUs, or cores.
    on_gpus : bool
        Which of both.
    queue_minutes : float
        That every job waits on a cluster with GPUs.

    Raises
    ------
    ValueError
        If a kind of job was measured nowhere.
    """
    refuse_unmeasured(jobs, costs)
    jobs = with_sizes(jobs, costs, world)
    if on_gpus:  # SLURM gives whole GPUs
        jobs = [replace(job, gpu_slots=SLOTS * bool(job.gpu_slots)) for job in jobs]
    slow, fast = (_seconds(jobs, costs, world, on_gpus, place) for place in (-1, 0))
    unmeasured = sorted({job.rule for job in jobs if isnan(slow[job.name])})
    slow, fast = ({name: 0.0 if isnan(s) else s for name, s in times.items()}
                  for times in (slow, fast))
    outlooks = [_outlook(jobs, slow, fast, n, _machine(n, on_gpus, queue_minutes))
                for n in machines]
    return Plan(world, jobs, slow, fast, unmeasured, outlooks, model_errors(costs), on_gpus,
                dict(kept_mb(jobs)))


def model_errors(costs: pd.DataFrame) -> pd.DataFrame:
    """Relative errors of the cost model at jobs and at networks that it was not fitted to."""
    rows, measured = [], network_jobs(costs)
    for by in (None, "network"):
        errors = held_out_errors(measured, by)
        for kind in KINDS:
            own = abs(errors.loc[errors["kind"] == kind, "error"])
            rows.append({"kind": kind, "held_out": by or "job", "n": len(own),
                         "median": own.median(), "largest": own.max()})
    return pd.DataFrame(rows)


def _machine(n: int, on_gpus: bool, queue_minutes: float) -> Machine:
    if on_gpus:
        return Machine(CORES_PER_GPU * n, SLOTS * n, 60 * queue_minutes, CLUSTER_START_S)
    return Machine(n, inf, 0.0, LOCAL_START_S)


def _seconds(
    jobs: Sequence[Job], costs: pd.DataFrame, world: str, on_gpus: bool, place: int
) -> dict[str, float]:
    """Seconds of jobs, on GPUs by the first or the last of the speeds measured there."""
    model = fit_costs(network_jobs(costs))
    if on_gpus:
        model = model.on_gpu({kind: gpu_rates(costs, kind)[place] for kind in KINDS})
    return seconds_of(jobs, costs, world, model)


def _outlook(jobs: list[Job], slow: dict, fast: dict, n: int, machine: Machine) -> Outlook:
    # Snakemake gives a job no more threads than the machine has cores.
    jobs = [replace(job, threads=max(1, min(job.threads, machine.cores))) for job in jobs]
    spans = schedule(jobs, slow, machine)
    figures = [spans[job.name][1] for job in _figures_of_models(jobs)]
    return Outlook(n, makespan_s(spans), makespan_s(schedule(jobs, fast, machine)),
                   min(figures, default=inf), peak_mb(jobs, spans))


def _figures_of_models(jobs: list[Job]) -> list[Job]:
    """Jobs that draw something after a model was trained."""
    followers: dict[str, list[Job]] = {}
    for job in jobs:
        for before in job.after:
            followers.setdefault(before, []).append(job)
    todo = [job for job in jobs if job.rule == "train_model"]
    after = {}
    while todo:
        for job in followers.get(todo.pop().name, []):
            if job.name not in after:
                after[job.name] = job
                todo.append(job)
    return [job for job in after.values() if job.rule.startswith("plot_")]


def hours_by_rule(plan: Plan) -> pd.DataFrame:
    """Jobs, hours, GPU hours by rule, the longest first."""
    rows = [{"rule": job.rule, "jobs": 1, "hours": plan.seconds[job.name] / 3600,
             "fastest_hours": plan.fastest[job.name] / 3600,
             "gpu_hours": plan.on_gpus * job.gpu_slots / SLOTS * plan.seconds[job.name] / 3600,
             "is_modelled": kind_of(job.rule) is not None} for job in plan.jobs]
    table = pd.DataFrame(rows).groupby("rule").agg(
        jobs=("jobs", "sum"), hours=("hours", "sum"), fastest_hours=("fastest_hours", "sum"),
        gpu_hours=("gpu_hours", "sum"), is_modelled=("is_modelled", "first"))
    return table.sort_values("hours", ascending=False).reset_index()
