"""The tiny world through profiles/slurm and a real controller, and what goes wrong on clusters.

Whatever happens, a run ends with the numbers of an undisturbed one.
"""

import re
import signal
import socket
import subprocess
import time

import pytest

from tests.cluster import controller
from tests.cluster.submitting import SLEEP, ended, wait_until
from tests.world.conftest import ROOT

pytestmark = pytest.mark.cluster

ON_GPU = r"rule_(train|score|attack|run_auto|test_gen|rank|compare_an|simulate_cortex)\w*"
FAILS, DIES, REACHES_LIMIT, CANCELLED = MODELS = [
    "cka-true-labels-p0", "cka-shuffled-labels-p1", "cka-true-labels-p1", "cka-true-nolabels-p1"]
FAULTS = {FAILS: 'raise RuntimeError("struck")', REACHES_LIMIT: SLEEP, CANCELLED: SLEEP,
          DIES: "import signal; os.kill(os.getpid(), signal.SIGKILL)"}
NODE = socket.gethostname().partition(".")[0]
WAIT_FOR_GO = 'import time\nwhile not Path("go").exists(): time.sleep(0.1)'


@pytest.fixture(scope="module")
def tiny(new_world):
    """The whole tiny world from nothing, under way."""
    world = new_world("results")
    return world, world.start()


@pytest.fixture(scope="module")
def struck(new_world, tiny):
    """A world four of whose models were each struck while their last segment was trained."""
    world = new_world()
    world.kept = world.lose(*MODELS)
    world.strike(FAULTS)
    world.options += ["--set-resources", "train_model:runtime=1 if wildcards.model == "
                      f"'{REACHES_LIMIT}' and attempt == 1 else 60 * attempt"]
    world.first = [world.results / f"training/{model}/seed1/segment0" for model in MODELS]
    world.written = [(folder / "state.safetensors").stat().st_mtime_ns for folder in world.first]
    workflow = world.train(*MODELS)
    wait_until(lambda: all(map(world.met, MODELS)), world.said)
    scancel = [job["JobId"] for job in world.jobs(CANCELLED) if job["JobState"] == "RUNNING"]
    subprocess.run(["scancel", *scancel], check=True)
    assert ended(workflow) == 0, world.said()[-3000:]
    return world


@pytest.mark.parametrize("model,state", [(FAILS, "FAILED"), (DIES, "FAILED"),
                                         (REACHES_LIMIT, "TIMEOUT"), (CANCELLED, "CANCELLED")])
def test_a_job_that_ends_badly_is_submitted_again_and_asks_for_more(struck, model, state):
    assert struck.states(model) == [state, "COMPLETED"]
    first, second = struck.jobs(model)
    assert int(second["MinMemoryNode"][:-1]) > int(first["MinMemoryNode"][:-1])
    assert minutes(second["TimeLimit"]) > minutes(first["TimeLimit"])


def minutes(limit: str) -> int:
    """Of a time limit in SLURM's words, [days-]hours:minutes:seconds."""
    days, _, rest = limit.rpartition("-")
    hours, minute, _ = map(int, rest.split(":"))
    return 24 * 60 * int(days or 0) + 60 * hours + minute


def test_models_that_were_struck_end_with_the_same_weights(struck):
    assert struck.found(struck.kept) == struck.kept
    assert struck.written == [(folder / "state.safetensors").stat().st_mtime_ns
                              for folder in struck.first]


def test_what_a_failing_job_said_is_shown(struck):
    assert "RuntimeError: struck" in struck.said()


def test_jobs_at_the_same_time_see_different_gpus(struck):
    seen = [(struck.folder / "faults" / f"{model}.gpu").read_text()
            for model in (REACHES_LIMIT, CANCELLED)]
    assert len(set(seen)) == 2 and set(seen) <= set("01234567")


def test_ctrl_c_leaves_no_job_behind(world):
    kept = world.lose(FAILS)
    world.strike({FAILS: SLEEP})
    workflow = world.train(FAILS, often=False)
    wait_until(lambda: world.met(FAILS), world.said)
    workflow.send_signal(signal.SIGINT)
    assert ended(workflow) != 0
    wait_until(lambda: world.states() == ["CANCELLED"], lambda: str(world.jobs()), 30)
    assert ended(world.train(FAILS)) == 0, world.said()[-3000:]
    assert world.found(kept) == kept


def test_memory_that_nobody_has_and_a_missing_partition_are_said(world):
    kept = world.lose(FAILS)
    world.options += ["--set-resources", "train_model:mem_mb=99999999"]
    assert ended(world.train(FAILS)) != 0
    assert "Memory specification can not be satisfied" in world.said()
    assert "Error in rule train_model" in world.said()
    world.options = world.options[:-2]
    world.edit("profiles/slurm/partitions.yaml", "gpu:  ", "gpus: ")
    assert ended(world.train(FAILS)) != 0
    assert "invalid partition specified: gpus" in world.said()
    world.edit("profiles/slurm/partitions.yaml", "gpus: ", "gpu:  ")
    assert ended(world.train(FAILS)) == 0 and world.found(kept) == kept


def test_the_tiny_world_gives_the_same_table(tiny):
    world, workflow = tiny
    assert ended(workflow, 1500) == 0, world.said()[-3000:]
    table = "evaluation/cohort.csv"
    assert (world.results / table).read_text() == (ROOT / "results/tiny" / table).read_text()


def test_the_tiny_world_took_few_jobs_and_no_second_try(tiny):
    world, workflow = tiny
    assert ended(workflow) == 0
    assert set(world.states()) == {"COMPLETED"}
    assert len(world.jobs()) < 45


def test_jobs_of_networks_ask_for_a_gpu_and_others_for_none(tiny):
    world, workflow = tiny
    assert ended(workflow) == 0
    for job in world.jobs():
        asked = (job["Partition"], job.get("TresPerJob"))
        on_gpu = re.search(ON_GPU, job["StdOut"])
        assert asked == (("gpu", "gres:gpu:1") if on_gpu else ("cpu", None)), job["StdOut"]


# Up to here the tiny world was under way beside; a lost node would end its jobs.
def test_a_job_outlives_a_lost_node_and_a_new_controller(world, slurm):
    kept = world.lose(FAILS)
    world.strike({FAILS: SLEEP})
    workflow = world.train(FAILS)
    wait_until(lambda: world.met(FAILS), world.said)
    lose_the_node(world)
    world.strike({FAILS: WAIT_FOR_GO})
    wait_until(lambda: world.met(FAILS), world.said)  # by the same job, queued again
    controller.stop_controller(slurm)
    time.sleep(3)  # for the workflow to ask in vain, some times
    controller.start_controller()
    (world.folder / "go").touch()
    assert ended(workflow) == 0, world.said()[-3000:]
    assert [(job["Restarts"], job["JobState"]) for job in world.jobs()] == [("1", "COMPLETED")]
    assert world.found(kept) == kept


def lose_the_node(world) -> None:
    """Set the node down under the job of a world, and back."""
    for change in (["state=down", "reason=test"], ["state=resume"]):
        subprocess.run(["scontrol", "update", f"nodename={NODE}", *change], check=True)
        wait_until(lambda: world.jobs()[0]["Restarts"] == "1", world.said)
