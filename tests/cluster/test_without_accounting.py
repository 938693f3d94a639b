"""The same profile where SLURM keeps no accounts, so that sacct has no answer.

A controller that goes away is left out: the plugin may wait for ever (docs/cluster.md).
"""

import subprocess

import pytest

from tests.cluster.submitting import SLEEP, ended, wait_until

pytestmark = pytest.mark.cluster

ACCOUNTING = False
MODEL = "cka-true-labels-p0"


def test_a_job_outlives_a_failure_and_preemption(world):
    kept = world.lose(MODEL)
    world.strike({MODEL: 'raise RuntimeError("struck")'})
    workflow = world.train(MODEL)
    wait_until(lambda: world.met(MODEL), world.said)
    world.strike({MODEL: SLEEP})
    wait_until(lambda: world.met(MODEL), world.said)  # by the second try
    preempt()
    assert ended(workflow) == 0, world.said()[-3000:]
    assert [(job["JobState"], job["Restarts"]) for job in world.jobs()] == [
        ("FAILED", "0"), ("COMPLETED", "1")]
    assert world.found(kept) == kept


def preempt() -> None:
    """Take the whole node for a job that goes before all others."""
    subprocess.run(["sbatch", "--partition=urgent", "--exclusive", "--output=/dev/null",
                    "--wrap=sleep 1"], check=True, capture_output=True)
