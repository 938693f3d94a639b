"""A real SLURM controller, and worlds that submit their jobs to it."""

import os
import tempfile
from pathlib import Path

import pytest

from tests.cluster import controller
from tests.cluster.submitting import ClusterWorld
from tests.world.conftest import ROOT, copied


@pytest.fixture(scope="module")
def slurm(request):
    """A controller: with accounting, as clusters have it, unless the module says otherwise."""
    accounting = getattr(request.module, "ACCOUNTING", True)
    if lacking := controller.lacking(accounting):
        (pytest.fail if "CI" in os.environ else pytest.skip)(f"no SLURM: {', '.join(lacking)}")
    with tempfile.TemporaryDirectory(prefix="italign-slurm-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database is not root's
        try:
            controller.start(folder, accounting)
            yield folder
        finally:
            controller.stop(folder)


@pytest.fixture(scope="module")
def new_world(slurm, tmp_path_factory):
    """Give a function that makes a copy of the finished tiny world, or one without results.

    A run that a failed test left behind is ended before the controller.
    """
    worlds = []
    if not (ROOT / "results/tiny/evaluation/statistics.csv").exists():
        (pytest.fail if "CI" in os.environ else pytest.skip)("no finished tiny world: make tiny")

    def new(*without: str) -> ClusterWorld:
        folder = copied(tmp_path_factory.mktemp("cluster") / "world", "insilico", "open", *without)
        worlds.append(ClusterWorld(folder))
        return worlds[-1]

    yield new
    for world in worlds:
        world.end()


@pytest.fixture
def world(new_world):
    return new_world()
