"""The same profile where SLURM keeps no accounts, so that sacct has no answer.

A controller that goes away is left out: the plugin may wait for ever (docs/cluster.md).
"""

import pytest

from tests.cluster.submitting import SLEEP, ended, lose_the_node, preempt, wait_until

pytestmark = pytest.mark.cluster

ACCOUNTING = False
MODEL = "cka-true-labels-p0"


def test_a_job_outlives_a_failure_preemption_and_a_lost_node(world):
    kept = world.lose(MODEL)
    world.strike({MODEL: 'raise RuntimeError("struck")'})
    workflow = world.train(MODEL)
    wait_until(lambda: world.met(MODEL), world.said)
    world.strike({MODEL: SLEEP})
    wait_until(lambda: world.met(MODEL), world.said)  # by the second try
    preempt()
    world.strike({MODEL: SLEEP})
    wait_until(lambda: world.met(MODEL), world.said)  # by the same, queued again
    lose_the_node(world)
    assert ended(workflow) == 0, world.said()[-3000:]
    assert world.states() == ["FAILED", "COMPLETED"]
    assert [job["Restarts"] for job in world.jobs()] == ["0", "2"]
    assert world.found(kept) == kept
