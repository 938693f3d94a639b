"""What starting, importing and scheduling cost in a finished world, from Snakemake's own files.

    python benchmarks/overhead.py [--world insilico] [--log FILE] [--cores 2] [--scheduler-s 30]

Of each job, its benchmark file says how long its process took and, by its date, when it ended; its
log says how long the function of its rule took (`italign.job`). Seconds of cores are told as

    start       process less function: interpreter, imports, Snakemake's preamble, exit
    scheduling  cores without a job while the next thing that happens is the start of one, so that
                there was one to start; all cores before the first job and after the last

and as shares of cores x wall time. Not counted as overhead: cores without a job while the next
thing that happens is the end of one, since nothing could start before (chains of rules). What a
function imports late counts as function. Snakemake's processor time slows jobs while no core is
without one; it is in none of these files: measured, it is given as --scheduler-s and comes on top.
"""

import argparse
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

LOG_NAME = "%Y-%m-%dT%H%M%S.%f.snakemake.log"
LOG_TIME = "%Y-%m-%d %H:%M:%S,%f"


class Job(NamedTuple):
    """A job of one run, times in seconds since the epoch."""

    rule: str
    start_s: float
    end_s: float
    function_s: float
    threads: int

    @property
    def overhead_s(self) -> float:
        """Core-seconds of the process outside the function of the rule."""
        return (self.end_s - self.start_s - self.function_s) * self.threads


def read_jobs(results: Path, snakemake_log: str) -> list[Job]:
    """Jobs of a run by their start: those of the world that Snakemake's log names."""
    blocks = re.split(r"^(?:local)?rule \w+:$", snakemake_log, flags=re.MULTILINE)[1:]
    jobs = []
    for block in blocks:
        found = dict(re.findall(r"^    (benchmark|log|threads): (\S+)", block, re.MULTILINE))
        if "benchmark" in found and Path(found["benchmark"]).is_relative_to(results):
            jobs.append(read_job(Path(found["benchmark"]), Path(found["log"]),
                                 int(found.get("threads", 1))))
    if not jobs:
        raise SystemExit(f"no job of {results} in Snakemake's log; give the log of its run (--log)")
    return sorted(jobs, key=lambda job: job.start_s)


def read_job(benchmark: Path, log: Path, threads: int) -> Job:
    """One job, from the benchmark file that Snakemake wrote at its end and from its own log."""
    names, values = (line.split("\t") for line in benchmark.read_text().splitlines()[:2])
    end_s = benchmark.stat().st_mtime
    start_s = end_s - float(dict(zip(names, values, strict=True))["s"])
    return Job(benchmark.parent.name, start_s, end_s, function_seconds(log), threads)


def function_seconds(log: Path) -> float:
    """Between the lines "start <rule>" and "end <rule> after ..." of a job's log."""
    begun = re.findall(r"^(\S+ \S+) start \w+$", log.read_text(), re.MULTILINE)
    ended = re.findall(r"^(\S+ \S+) end \w+ after [\d.]+ s$", log.read_text(), re.MULTILINE)
    if not (begun and ended):
        raise SystemExit(f"{log}: no line 'start <rule>' or 'end <rule> after ...'; run the rule")
    first, last = (datetime.strptime(time, LOG_TIME) for time in (begun[0], ended[-1]))
    return (last - first).total_seconds()


def idle_seconds(jobs: Sequence[Job], n_cores: int) -> tuple[float, float]:
    """Core-seconds without a job between the first start and the last end, by what came next.

    Returns
    -------
    scheduling_s, chain_s : float
        Next came the start of a job (of as many cores as were started on before a job ended); the
        end of one.
    """
    events = sorted([(job.start_s, job.threads) for job in jobs]
                    + [(job.end_s, -job.threads) for job in jobs])
    scheduling_s = chain_s = 0.0
    free, awaited = n_cores, 0  # back in time: cores without a job; started on before the next end
    for (before_s, _), (time_s, taken) in zip(events[-2::-1], events[::-1], strict=False):
        free += taken
        awaited = awaited + taken if taken > 0 else 0
        waiting = max(min(free, awaited), 0)
        scheduling_s += waiting * (time_s - before_s)
        chain_s += (max(free, 0) - waiting) * (time_s - before_s)
    return scheduling_s, chain_s


def report(jobs: Sequence[Job], run: tuple[float, float], n_cores: int, scheduler_s: float) -> str:
    """The table of rules and the totals, in core-seconds and shares of cores x wall time."""
    whole_s = n_cores * (run[1] - run[0])
    outside_s = n_cores * (jobs[0].start_s - run[0] + run[1] - max(job.end_s for job in jobs))
    scheduling_s, chain_s = idle_seconds(jobs, n_cores)
    by_rule = defaultdict(list)
    for job in jobs:
        by_rule[job.rule].append(job.overhead_s)
    rows = [(f"start of {len(each)} {rule}, {sum(each) / len(each):.2f} s each", sum(each))
            for rule, each in sorted(by_rule.items(), key=lambda item: -sum(item[1]))]
    start_s = sum(seconds for _, seconds in rows)
    overhead_s = start_s + outside_s + scheduling_s + scheduler_s
    rows += [(f"start of all {len(jobs)} jobs", start_s),
             ("scheduling: before the first job and after the last", outside_s),
             ("scheduling: between jobs", scheduling_s),
             ("scheduling: Snakemake's processor time, as given", scheduler_s),
             ("overhead: start and scheduling", overhead_s),
             ("not overhead: nothing could start", chain_s),
             (f"{n_cores} cores x wall time", whole_s)]
    return "\n".join(f"{seconds:9.1f} s {seconds / whole_s:6.1%}  {name}" for name, seconds in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--world", default="insilico")
    parser.add_argument("--log", type=Path, help="Snakemake's log of the run, else the newest")
    parser.add_argument("--cores", type=int, default=2, help="of the run")
    parser.add_argument("--scheduler-s", type=float, default=0, help="Snakemake's processor time")
    given = parser.parse_args()
    log = given.log or max(Path(".snakemake/log").glob("*.snakemake.log"))
    jobs = read_jobs(Path("results") / given.world, log.read_text())
    run = datetime.strptime(log.name, LOG_NAME).timestamp(), log.stat().st_mtime
    print(report(jobs, run, given.cores, given.scheduler_s))


if __name__ == "__main__":
    main()
