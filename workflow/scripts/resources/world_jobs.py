"""The jobs of a world as Snakemake plans them, for `make plan`; nothing is run."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))  # as a command: the package lies at the root

from snakemake.api import SnakemakeApi
from snakemake.io import is_flagged
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
)

from italign.models._sizes import network_size
from italign.planning.jobs import Job

ROOT = Path(__file__).parents[3]
MANY_CORES = 10_000  # a job's threads are those it asks for
BYTES_FP32 = 4


def world_jobs(configs: Sequence[str], *, is_whole: bool) -> tuple[str, list[Job]]:
    """Plan a world.

    Parameters
    ----------
    configs : sequence of str
        Config files laid over config/config.yaml.
    is_whole : bool
        All jobs, as if nothing were there; else those that a run would do now.

    Returns
    -------
    str
        Name of the world.
    list of Job
        Files have sizes where they follow from the network: checkpoints and states; else NaN.
    """
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        files = [Path(config) for config in configs]
        loaded = api.workflow(
            resource_settings=ResourceSettings(cores=MANY_CORES),
            config_settings=ConfigSettings(configfiles=files), snakefile=ROOT / "Snakefile")
        loaded.dag(DAGSettings(forceall=is_whole))
        # Snakemake's interface prints a plan or runs it, but gives no jobs: its insides are read.
        workflow = loaded._workflow
        workflow._prepare_dag(forceall=is_whole, ignore_incomplete=True, lock_warn_only=True,
                              nolock=True)
        workflow._build_dag()
        planned = list(workflow.dag.jobs if is_whole else workflow.dag.needrun_jobs())
        wanted = frozenset(str(file) for job in planned if job.is_norun for file in job.input)
        jobs = [_job(job, workflow.dag, wanted) for job in planned if not job.is_norun]
        return workflow.globals["config"]["world"], jobs


def _job(job, dag, wanted: frozenset[str]) -> Job:
    temp = frozenset(str(file) for file in job.output if is_flagged(file, "temp"))
    return Job(
        name=_name(job), rule=_rule(job), after=frozenset(map(_name, dag.dependencies[job])),
        network=network_name(job.params.get("model")),
        mmacs=float(job.resources.get("mmacs", 0)), looks=float(job.resources.get("looks", 0)),
        threads=job.threads, gpu_slots=job.resources.get("gpu_slots", 0),
        files_mb=_files_mb(job), inputs=frozenset(map(str, job.input)),
        temp=temp - wanted,  # Snakemake keeps what it was asked for
        benchmark=str(job.benchmark or ""),
    )


def _name(job) -> str:
    """Name as the job's benchmark file has it."""
    return f"{job.rule.name} {'-'.join(job.wildcards_dict.values())}".strip()


def _rule(job) -> str:
    return re.sub(r"_\d+$", "", job.rule.name)


def network_name(model: dict | None) -> str:
    """Name, width and bottleneck of config entry ``training.model``; empty without one."""
    if not model:
        return ""
    parts = [model["name"], model.get("width"), model.get("bottleneck")]
    return " ".join(str(part) for part in parts if part is not None)


def _files_mb(job) -> dict[str, float]:
    sizes = _trained_mb(job) if job.rule.name in ("train_base", "train_model") else {}
    return {str(file): sizes.get(Path(file).name, float("nan")) for file in job.output}


def _trained_mb(job) -> dict[str, float]:
    """Sizes of what a training job leaves, fp32: checkpoints; weights and their momentum; lines."""
    params = job.params
    steps = params["last_step"] - params.get("first_step", 0)
    weights = network_size(params["model"], params["image_px"]).n_parameters * BYTES_FP32 / 1e6
    return {"checkpoints.safetensors": weights * -(-steps // params["validation_every"]),
            "state.safetensors": 2 * weights, "log.csv": 0.0}
