"""What the stages share: the checked config, its tables, and what a world can make.

Functions used by rules live here and in the files without rules: root, disk, files, sessions,
members, attacks, costs, work, panels, drawn.
"""

import os
from functools import cache
from pathlib import Path

from snakemake import benchmark
from check_config import check_config, over_default
from session_sheet import read_sessions
from italign.code import PACKAGE
from italign.code_memory import remembered_digest
from italign.training import costs
from italign.training.cohort import (
    chosen_models,
    expand_conditions,
    n_segments,
    original_switches,
    segment_start,
    step_options,
    trunk_steps,
)

if not workflow.modifier.is_main_snakefile():
    config = over_default(config)
check_config(config, "config")
if PACKAGE.parent != ROOT:
    raise WorkflowError(
        "italign is also installed in this environment, and scripts would run that "
        "copy: pip uninstall italign"
    )

RESULTS = f"results/{config['world']}"
warn_of_unwritable(RESULTS)
LOGS = f"{RESULTS}/logs"
BENCHMARKS = f"{RESULTS}/benchmarks"
FIGURE_FORMATS = ["pdf", "svg", "png", "csv"]
IN_SILICO = "in silico"
CACHED = Path(workflow.main_snakefile).name == "cached.smk"
# What figures are drawn from and only other stages make.
COHORT_TABLE = f"{RESULTS}/evaluation/cohort.nc"
TRUTH, CEILINGS = (f"{RESULTS}/evaluation/{n}.csv" for n in ("truth", "ceilings"))
GENERALISATION, LAYERS, COMPARED = (
    f"{RESULTS}/evaluation/{n}.csv" for n in ("generalisation", "layers", "animals")
)
EXAMPLES = f"{RESULTS}/stimuli/examples.nc"
QUALITY = f"{RESULTS}/assemblies/quality.csv"
MEAN_RATES = f"{RESULTS}/assemblies/mean-rates.nc"
ARCHITECTURE = f"{RESULTS}/training/architecture.csv"

SETS = config["stimuli"]["sets"]
SESSIONS = {
    entry["session"]: entry for entry in read_sessions(config["recordings"]["sessions"])
}
SIMULATED = [name for name, entry in SESSIONS.items() if entry["format"] == "simulated"]
# Sessions of other regions end at rates: an assembly, and so a world, has one region.
REGION = config["assemblies"]["region"]
IN_REGION = [name for name, entry in SESSIONS.items() if entry["region"] == REGION]
PREPARED = {
    (entry["animal"], entry["set"]): entry for entry in config["assemblies"]["prepared"]
}
PAIRS = list(
    dict.fromkeys(
        (SESSIONS[name]["animal"], SESSIONS[name]["stimulus_set"]) for name in IN_REGION
    )
)
ANIMALS = sorted(
    {entry["animal"] for entry in [*SESSIONS.values(), *PREPARED.values()]}
)
SHOWN_SETS = sorted({*SETS, *(s["stimulus_set"] for s in SESSIONS.values())})
HELD_OUT = [(axis["animal"], axis["set"]) for axis in config["assemblies"]["held_out"]]
COHORT = expand_conditions(config["training"]["conditions"])
HEADLINE = config["evaluation"]["headline"]
ROBUSTNESS = config["evaluation"]["robustness"]
TRAINING = config["training"]
IMAGE_DEGREES = config["stimuli"]["image_degrees"]
IMAGE_PX = config["stimuli"]["image_px"]
TARGETS = sorted({"true", *(member["target"] for member in COHORT.values())})
TRUNKS = sorted({member["trunk"] for member in COHORT.values()})
MODEL_FILE = f"models/{config['training']['model']['name']}"
if not (ROOT / f"italign/{MODEL_FILE}.py").exists():
    MODEL_FILE = "models/_torchvision"
ORIGINAL = original_switches(config["paper_code"], config["original_code"])
TEACHER = config["recordings"]["teacher"]
SEEDS = config["training"]["seeds"]
BENCHMARK_EVERY_S = 2


def spare_a_core():
    """Of the machine's cores, Snakemake 9 would take up to a fifth of one.

    For its limit of starts per second every job that ends adds a look per second at all open jobs,
    and the memory of young jobs is read twice a second.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None
    benchmark.BENCHMARK_INTERVAL_SHORT = BENCHMARK_EVERY_S


@cache
def code_of(stage, rule, *plugins):
    """Content hash of the package code that a rule's script uses: editing it re-runs the rule."""
    script = ROOT / "workflow/scripts" / stage / f"{rule}.py"
    return remembered_digest(script, plugins, ".snakemake/italign_code.json")


def shipped(path):
    """File that comes with this workflow. Relative, so that a moved checkout re-runs nothing."""
    return os.path.relpath(ROOT / path)


def seeds_of(model):
    """Seeds of a member: those of its condition, or all."""
    return COHORT[model]["seeds"] or SEEDS


def runs():
    """Every run of the cohort, (model, seed)."""
    return [(model, seed) for model in COHORT for seed in seeds_of(model)]


def in_study(targets):
    """Targets that need models; a world without training animals ends at assemblies."""
    return targets if HELD_OUT else []


def growing(amount):
    """Resource of a rule: an amount of which every retry of a cluster's job asks once more."""
    return lambda wildcards, attempt: amount * attempt


def any_of(names):
    """Regular expression of names; of no name, one that nothing matches."""
    return "|".join(names) or "(?!)"
