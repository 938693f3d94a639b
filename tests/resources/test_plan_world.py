"""`make plan`: Snakemake's jobs of a world, and the words about them."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from italign.planning.jobs import Job
from italign.planning.measured import read_costs
from italign.planning.plan import needs_gpus, plan_world
from italign.planning.words import left_words, plan_words

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "workflow" / "scripts" / "resources"
COSTS = ROOT / "resources" / "costs.csv"
# Of the default world on two idle cores, as resources/costs.csv was recorded.
MEASURED_WALL_S = 992
DUMP = """
import json, sys
from dataclasses import asdict
from world_jobs import world_jobs
jobs = world_jobs(sys.argv[1:], is_whole=True)[1]
json.dump([asdict(job) for job in jobs], sys.stdout, default=list)
"""


def python(*words):
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True,
                          check=False, env={"PYTHONPATH": str(SCRIPTS), "PATH": "/usr/bin:/bin"})


def jobs_with(folder, training):
    """All jobs of the default world with some of its training changed."""
    config = folder / "world.yaml"
    config.write_text(f"training: {training}\n")
    answer = python("-c", DUMP, config)
    assert answer.returncode == 0, answer.stderr
    sets = ("after", "temp", "inputs")
    return [Job(**{key: frozenset(value) if key in sets else value for key, value in one.items()})
            for one in json.loads(answer.stdout)]


@pytest.fixture(scope="module")
def default_jobs(tmp_path_factory):
    """In two segments per model, with temporary states."""
    return jobs_with(tmp_path_factory.mktemp("config"), "{keep_states: false, segment_steps: 180}")


@pytest.fixture(scope="module")
def costs():
    return read_costs(COSTS)


def full_size_jobs():
    network = {"network": "cornet_s 1 4", "gpu_slots": 4, "threads": 8}
    segments = [Job(f"segment{n}", "train_model", frozenset({f"segment{n - 1}" if n else "base"}),
                    **network, mmacs=1e10, inputs=frozenset({f"m/{n - 1}/state.safetensors"}),
                    files_mb={f"m/{n}/checkpoints.safetensors": 1000.0,
                              f"m/{n}/state.safetensors": 400.0},
                    temp=frozenset({f"m/{n}/state.safetensors"} if n < 2 else ()))
                for n in range(3)]
    return [Job("base", "train_base", **network, mmacs=1e9), *segments,
            Job("figure", "plot_figure_2a", frozenset({"segment2"}), files_mb={"f.svg": 1.0}),
            Job("schematic", "plot_figure_1a")]


def test_jobs_wait_for_each_other_as_in_the_world(default_jobs):
    by_name = {job.name: job for job in default_jobs}
    assert len(by_name) == len(default_jobs)
    segment = by_name["train_model cka-true-labels-p1-1-1"]
    assert "train_model cka-true-labels-p1-1-0" in segment.after
    [attacks] = [job for job in default_jobs if job.name == "attack_models_0 1"]
    assert attacks.rule == "attack_models" and segment.name in attacks.after
    voltage = [job for job in default_jobs if job.rule == "simulate_voltage"]
    assert {Path(file).name for job in voltage for file in job.temp} == {"voltage.nc"}


def test_states_that_are_not_kept_are_temporary_but_for_the_last(default_jobs):
    temporary = {job.name for job in default_jobs
                 if any(file.endswith("state.safetensors") for file in job.temp)}
    assert temporary == {job.name for job in default_jobs
                         if job.rule == "train_model" and job.name.endswith("-0")}


def test_jobs_say_what_they_compute(default_jobs):
    """Multiply-adds of segments by hand: steps, images of a step, three passes; and attacks."""
    from italign.models._sizes import network_size

    by_name = {job.name: job for job in default_jobs}
    macs = network_size({"name": "cornet_s", "width": 0.125, "bottleneck": 2}, 48).macs
    n_validated = 2 * (20 * 10 + 15 * 20)
    plain = by_name["train_model cka-true-labels-p1-1-0"].mmacs
    assert plain == pytest.approx((180 * 2 * 48 * 3 + n_validated) * macs / 1e6, abs=1)
    attacked = by_name["train_model cka-true-labels-p0-linf4-1-0"].mmacs
    assert attacked - plain == pytest.approx(180 * 3 * 48 * 3 * macs / 1e6, abs=1)
    assert by_name["score_models_0 1"].looks == 7 * 5


def test_the_default_world_takes_as_long_as_it_took(tmp_path, costs):
    jobs = jobs_with(tmp_path, "{}")
    plan = plan_world("insilico", jobs, costs, [1, 2, 64], on_gpus=needs_gpus(jobs))
    one, two, many = plan.outlooks
    assert two.wall_s == pytest.approx(MEASURED_WALL_S, rel=0.1)
    assert one.wall_s == pytest.approx(sum(plan.seconds.values()), rel=0.05)
    assert many.wall_s < two.wall_s and not plan.unmeasured
    assert many.first_figure_s < many.wall_s
    assert two.peak_mb > sum(plan.kept_mb.values()) + 5000  # voltage, while it lies there


def test_a_full_size_world_is_planned_on_gpus(costs):
    jobs = full_size_jobs()
    assert needs_gpus(jobs)
    plan = plan_world("w", jobs, costs, [1], on_gpus=True, queue_minutes=60)
    [outlook] = plan.outlooks
    training = costs[(costs["gpu"] != "") & (costs["rule"] == "train_model")]
    slowest = (training["seconds"] / training["mmacs"]).max()
    start = plan.seconds["base"] - slowest * 1e9
    assert plan.seconds["segment2"] == pytest.approx(start + slowest * 1e10)
    chain = sum(plan.seconds[job.name] for job in jobs if job.name != "schematic")
    assert outlook.wall_s == pytest.approx(5 * (3600 + 8) + chain)
    assert outlook.first_figure_s == outlook.wall_s > outlook.fastest_s
    # Three checkpoint files, the state that the last segment reads and its own.
    assert outlook.peak_mb == 3800


def test_the_words_of_a_plan_fit_a_screen(costs):
    words = plan_words(plan_world("w", full_size_jobs(), costs, [1, 8], on_gpus=True))
    lines = words.splitlines()
    assert len(lines) < 40 and max(map(len, lines)) <= 110
    assert "GPU hours" in lines[2] and "w: 6 jobs" in lines[0]
    assert "checkpoints.safetensors 3.00 GB" in words and "3.80 GB" in words
    assert "deleted on the way: state.safetensors" in words


def test_a_rule_that_was_measured_nowhere_is_named(costs):
    plan = plan_world("w", [Job("a", "of_tomorrow")], costs, [1], on_gpus=False)
    assert "measured nowhere, counted as nothing: of_tomorrow" in plan_words(plan)
    assert "of_tomorrow" in left_words(plan)


def test_what_is_left_is_said_in_words(costs):
    jobs = [Job(f"t{n}", "train_model", network="x", mmacs=1e6) for n in range(3)]
    words = left_words(plan_world("w", jobs, costs, [2], on_gpus=False))
    assert words.startswith("3 jobs are left: 3 train_model\nabout ") and "on 2 cores" in words
    assert left_words(plan_world("w", [], costs, [2], on_gpus=False)) == "nothing is left to do"


def test_the_command_plans_the_tiny_world():
    answer = python(SCRIPTS / "plan_world.py", "--configs", "tests/config/tiny.yaml")
    assert answer.returncode == 0, answer.stderr
    assert "tiny: " in answer.stdout and "deleted on the way: voltage.nc" in answer.stdout
    assert "train_model " in answer.stdout


def test_a_finished_world_is_recorded(tmp_path, load_script, monkeypatch, costs):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    record = load_script("resources", "record_costs")
    names = ["train_model a-1-0", "plot_figure_2a x", "plot_figure_2a y"]
    jobs = []
    for name, seconds in zip(names, (30.0, 2.0, 4.0), strict=True):
        (benchmark := tmp_path / f"{name}.tsv").write_text(f"s\tio_out\n{seconds}\t7.0\n")
        (output := tmp_path / f"{name}.out").write_bytes(bytes(2_000_000))
        jobs.append(Job(name, name.split()[0], network="small", mmacs=9.0,
                        files_mb={str(output): 0, "gone": 0}, temp=frozenset({"gone"}),
                        benchmark=str(benchmark)))
    monkeypatch.setattr(record, "world_jobs", lambda configs, is_whole: ("open", jobs))
    costs.to_csv(table := tmp_path / "costs.csv", index=False)
    assert record.record_costs("here", [], table) == 2
    new = read_costs(table)
    assert len(new) == (costs["world"] != "open").sum() + 2
    figure, model = new[new["world"] == "open"].to_dict("records")
    assert (figure["jobs"], figure["seconds"], figure["job"]) == (2, 3.0, "")
    assert (model["job"], model["seconds"], model["mb"], model["temp_mb"]) == (names[0], 30, 2, 5.3)
    pd.testing.assert_frame_equal(
        new[new["world"] != "open"].reset_index(drop=True),
        costs[costs["world"] != "open"].reset_index(drop=True), check_dtype=False)
    monkeypatch.setattr(record, "world_jobs", lambda configs, is_whole: ("w", [Job("a", "b")]))
    with pytest.raises(ValueError, match="results/w/benchmarks: no job"):
        record.record_costs("here", [], table)
