"""Measured jobs of finished worlds, resources/costs.csv, and what they tell of other jobs.

One row is one job of a rule that computes with a network, or all jobs of another rule of a world,
by their mean. Rows with a ``gpu`` are of benchmarks there: seconds of so many multiply-adds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isnan, nan
from pathlib import Path

import pandas as pd

from italign.planning.cost_model import KINDS, CostModel, kind_of
from italign.planning.jobs import Job

COLUMNS = ["machine", "gpu", "world", "rule", "job", "jobs", "network", "mmacs", "looks",
           "seconds", "mb", "temp_mb"]
RECORD = "python workflow/scripts/resources/record_costs.py"


def read_costs(path: Path) -> pd.DataFrame:
    """Read the table.

    Raises
    ------
    ValueError
        If columns are missing or a job took no time.
    """
    costs = pd.read_csv(path, keep_default_na=False, na_values={"mb": "", "temp_mb": ""})
    if missing := [name for name in COLUMNS if name not in costs]:
        raise ValueError(f"{path}: columns {missing} are missing, expected {COLUMNS}: record a "
                         f"finished world anew with {RECORD}")
    if not (costs["seconds"] > 0).all():
        raise ValueError(f"{path}: column seconds holds values that are not above 0")
    return costs


def network_jobs(costs: pd.DataFrame) -> pd.DataFrame:
    """Rows of single jobs with a network, on processors, with their ``kind``."""
    kinds = costs["rule"].map(kind_of)
    return costs[kinds.notna() & (costs["gpu"] == "")].assign(kind=kinds)


def refuse_unmeasured(jobs: Sequence[Job], costs: pd.DataFrame) -> None:
    """Refuse a world with jobs of a kind that was measured nowhere.

    Raises
    ------
    ValueError
        Naming the rules.
    """
    known = set(network_jobs(costs)["kind"])
    missing = sorted({job.rule for job in jobs if kind_of(job.rule) not in {None, *known}})
    if missing:
        raise ValueError(
            f"resources/costs.csv: no measured job of {', '.join(missing)}: run a world that has "
            f"some to its end and record it with {RECORD}")


def gpu_rates(costs: pd.DataFrame, kind: str) -> list[float]:
    """Seconds of a million multiply-adds in each benchmark of a kind on a GPU, fastest first.

    AutoAttack is taken to run as other attacks do.

    Raises
    ------
    ValueError
        If none was measured.
    """
    rules = KINDS["attacks" if kind == "AutoAttack" else kind]
    rows = costs[(costs["gpu"] != "") & costs["rule"].isin(rules)]
    if rows.empty:
        raise ValueError(f"resources/costs.csv: no row of {' or '.join(rules)} with a gpu: add "
                         "multiply-adds and seconds of a step that you measured")
    return sorted(rows["seconds"] / rows["mmacs"])


def seconds_of(jobs: Sequence[Job], costs: pd.DataFrame, world: str,
               model: CostModel) -> dict[str, float]:
    """Seconds of each job by name: from the model, or the mean of its rule; NaN without either.

    Parameters
    ----------
    jobs : sequence of Job
        Of the world.
    costs : pandas.DataFrame
        From `read_costs`.
    world : str
        Its own means come before those of other worlds.
    model : CostModel
        Of jobs with a network.
    """
    means = _rule_means(costs, world, "seconds")
    return {job.name: model.seconds(kind, job.network, job.mmacs, job.looks)
            if (kind := kind_of(job.rule)) else means.get(job.rule, nan) for job in jobs}


def with_sizes(jobs: Sequence[Job], costs: pd.DataFrame, world: str) -> list[Job]:
    """Give files of unknown size their share of what a job of their rule left elsewhere."""
    means = {column: _rule_means(costs, world, column) for column in ("mb", "temp_mb")}
    return [replace(job, files_mb=_sizes(job, means)) for job in jobs]


def _sizes(job: Job, means: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    unknown = {column: [file for file, size in job.files_mb.items()
                        if isnan(size) and (file in job.temp) == (column == "temp_mb")]
               for column in means}
    sizes = dict(job.files_mb)
    for column, files in unknown.items():
        for file in files:
            sizes[file] = means[column].get(job.rule, nan) / len(files)
    return sizes


def _rule_means(costs: pd.DataFrame, world: str, column: str) -> dict[str, float]:
    """Mean of a rule's jobs in its own world where it was measured there, else in all others."""
    known = costs[(costs["gpu"] == "") & costs[column].notna()]
    everywhere = known.groupby("rule")[column].mean().to_dict()
    return everywhere | known[known["world"] == world].groupby("rule")[column].mean().to_dict()
