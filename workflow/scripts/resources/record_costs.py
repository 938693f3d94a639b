"""Write what the jobs of a finished world took into resources/costs.csv.

    python workflow/scripts/resources/record_costs.py "two cores of ..." --configs config/open.yaml

From Snakemake's benchmark files and the files that lie there. Rows of the world are replaced.
"""

import argparse
from collections.abc import Sequence
from math import nan
from pathlib import Path

import pandas as pd
from world_jobs import ROOT, world_jobs

from italign.planning.cost_model import kind_of
from italign.planning.jobs import Job
from italign.planning.measured import COLUMNS, read_costs

COSTS = ROOT / "resources" / "costs.csv"
SAME = ["machine", "gpu", "world", "rule", "job", "network"]


def record_costs(machine: str, configs: Sequence[str], costs: Path) -> int:
    """Replace the rows of a world.

    Parameters
    ----------
    machine : str
        What it ran on, and beside what.
    configs : sequence of str
        Config files of the world.
    costs : pathlib.Path
        The table.

    Returns
    -------
    int
        Number of new rows.

    Raises
    ------
    ValueError
        If no job of the world left a benchmark file.
    """
    world, jobs = world_jobs(configs, is_whole=True)
    rows = [_row(job, machine, world) for job in jobs
            if job.benchmark and Path(job.benchmark).exists()]
    if not rows:
        raise ValueError(f"results/{world}/benchmarks: no job of this world left a file: run it "
                         "to its end first")
    new = pd.DataFrame(rows).groupby(SAME, sort=True).agg(
        jobs=("seconds", "size"), mmacs=("mmacs", "mean"), looks=("looks", "mean"),
        seconds=("seconds", "mean"), mb=("mb", "mean"), temp_mb=("temp_mb", "mean"))
    new = new.reset_index().round({"seconds": 2, "mb": 3, "temp_mb": 1})[COLUMNS]
    old = read_costs(costs)
    pd.concat([old[old["world"] != world], new]).to_csv(costs, index=False, float_format="%.12g")
    return len(new)


def _row(job: Job, machine: str, world: str) -> dict:
    benchmark = pd.read_csv(job.benchmark, sep="\t").iloc[-1]
    stays = [Path(file) for file in job.files_mb if file not in job.temp]
    stays_mb = sum(file.stat().st_size for file in stays if file.exists()) / 1e6
    # What is temporary is gone: all that the job wrote, less what is there.
    # A lower bound: Snakemake looked some seconds before the end.
    wrote_mb = benchmark["io_out"] * 2**20 / 1e6
    temp_mb = max(0.0, wrote_mb - stays_mb) if job.temp and wrote_mb == wrote_mb else nan
    return {"machine": machine, "gpu": "", "world": world, "rule": job.rule,
            "job": job.name if kind_of(job.rule) else "", "network": job.network,
            "mmacs": job.mmacs, "looks": job.looks, "seconds": benchmark["s"],
            "mb": stays_mb, "temp_mb": temp_mb}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("machine")
    parser.add_argument("--configs", nargs="*", default=[])
    asked = parser.parse_args()
    print(record_costs(asked.machine, asked.configs, COSTS), "rows")
