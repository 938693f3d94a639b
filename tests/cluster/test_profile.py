"""What rules ask for fits profiles/slurm; needs no SLURM."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from check_config import merged_config

from italign.training.costs import training_minutes

ROOT = Path(__file__).resolve().parents[2]
# Snakemake's command line where the plugin is not installed.
WITHOUT_PLUGIN = """
import pkgutil
found = pkgutil.iter_modules
pkgutil.iter_modules = lambda *words, **named: (
    module for module in found(*words, **named) if "_plugin_slurm" not in module.name)
from snakemake.cli import main
main()
"""
PROFILE = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
SMK = {smk: smk.read_text() for smk in sorted((ROOT / "workflow/rules").glob("*.smk"))}


def submitted() -> dict[str, str]:
    """Text of every rule that has a script and runs on the cluster, by its name."""
    found = {}
    for text in SMK.values():
        for block in re.split(r"(?m)^ *rule\b", text)[1:]:
            if "script:" in block and "localrule: True" not in block:
                name = re.search(r"\w\w+", block.replace("name:", ""))[0]
                found[f"{name}{len(found)}"] = block  # rules of a loop begin alike
    return found


RULES = submitted()
GROUPS = {name: re.search(r'group:\s+"(\w+)"', block) for name, block in RULES.items()}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_states_threads_memory_and_time_and_grows(name):
    assert "threads:" in RULES[name]
    for resource in ("mem_mb", "runtime"):
        stated = re.search(rf"\b{resource}=([^\n]+)", RULES[name])
        assert stated, f"{name}: a job without {resource} gets the cluster's default"
        assert re.search(r"growing\(|_mb\b|_minutes", stated[1]), (
            f"{name}: a retry must ask for more {resource}: growing(...), or of costs.smk")


def test_there_are_rules_with_gpus_and_groups():
    assert sum("gpu=1" in block for block in RULES.values()) >= 10
    assert len({group[1] for group in GROUPS.values() if group}) >= 5


def test_small_jobs_that_share_a_job_need_no_gpu():
    """A group would ask for the GPUs of all jobs that could run side by side."""
    assert not [name for name, group in GROUPS.items() if group and "gpu=1" in RULES[name]]


def test_groups_of_the_profile_exist():
    named = {line.partition("=")[0] for line in PROFILE["group-components"]}
    assert named <= {group[1] for group in GROUPS.values() if group}


def test_no_job_has_more_threads_than_the_profile_allows():
    text = "\n".join(SMK.values())
    threads = re.findall(r"threads: (\d+)|JOB_THREADS = (\d+) if", text)
    assert max(int(a or b) for a, b in threads) <= PROFILE["cores"]


def test_three_lines_are_to_be_edited():
    files = [ROOT / "profiles/slurm" / name for name in ("config.yaml", "partitions.yaml")]
    assert sum(file.read_text().count("# EDIT") for file in files) == 3


def test_a_segment_of_the_paper_fits_its_partition_at_the_third_try():
    paper = merged_config(ROOT / "config/paper.yaml")
    training, image_px = paper["training"], paper["stimuli"]["image_px"]
    limits = yaml.safe_load((ROOT / "profiles/slurm/partitions.yaml").read_text())["partitions"]
    days, _, clock = str(limits["gpu"]["max_runtime"]).rpartition("-")
    hours = training_minutes(training["model"], image_px, training["batch_size"],
                             training["segment_steps"], training["attack"]["n_steps"], 3) / 60
    assert hours <= 24 * int(days) + int(clock.split(":")[0])


def test_without_its_plugin_the_profile_is_refused_in_a_line_that_the_readme_explains():
    answer = subprocess.run([sys.executable, "-c", WITHOUT_PLUGIN, "--profile", "profiles/slurm",
                             "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False)
    *_, last = answer.stderr.splitlines()
    assert answer.returncode == 2 and "argument --executor/-e: invalid choice: 'slurm'" in last
    readme = (ROOT / "README.md").read_text()
    assert "`argument --executor/-e: invalid choice: 'slurm'`" in readme
