"""kill -9 at any moment, then the same command: the same numbers as an undisturbed run."""

import os
import signal
import time

import pandas as pd
import psutil
import pytest
import torch

from italign.training.state import read_tensors

pytestmark = pytest.mark.world

MEMBER = "training/cka-true-labels-p1/seed1/segment0"
FILES = ("checkpoints.safetensors", "state.safetensors")


def wait_for_job(rule, workflow, timeout_s=90):
    """Process of a rule's script below a running Snakemake, once it trains."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        for process in psutil.Process(workflow.pid).children(recursive=True):
            try:
                command = " ".join(process.cmdline())
            except psutil.NoSuchProcess:  # ended since, or a zombie
                continue
            if f"{rule}.py" in command and "bash" not in command:
                time.sleep(3)  # past its imports, into its work
                return process
        time.sleep(0.05)
    raise AssertionError(f"no job of {rule} within {timeout_s} s")


def numbers(folder):
    return [read_tensors(folder / name)[0] for name in FILES], pd.read_csv(folder / "log.csv")


@pytest.mark.parametrize("victim", ["the job", "everything"])
def test_a_killed_run_ends_with_the_same_numbers(world, victim):
    folder = world.results / MEMBER
    before = numbers(folder)
    for name in (*FILES, "log.csv"):
        (folder / name).unlink()
    target = f"results/tiny/{MEMBER}/state.safetensors"
    workflow = world.start(target)
    job = wait_for_job("train_model", workflow)
    if victim == "the job":
        job.kill()
    else:
        os.killpg(workflow.pid, signal.SIGKILL)
        job.kill()
    assert workflow.wait(timeout=60) != 0
    assert not [file for file in folder.glob("*") if file.suffix != ".tmp"]
    again = world.run(target)
    assert again.returncode == 0, again.stderr
    after = numbers(folder)
    pd.testing.assert_frame_equal(before[1], after[1], check_exact=True)
    for old, new in zip(before[0], after[0], strict=True):
        assert old.keys() == new.keys() and all(torch.equal(old[k], new[k]) for k in old)
