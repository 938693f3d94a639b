"""A conda command on PATH, and a channel that it takes python and pip from."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conda.channel import make_channel
from tests.world.conftest import ROOT, World, copied

ENVS = sorted(ROOT.glob("envs/*.yaml"))
MEMBER = "cka-true-nolabels-p1/seed1"
LOST = (f"training/{MEMBER}/segment1/*", f"evaluation/{MEMBER}/*", "evaluation/*/*/autoattack.nc",
        "evaluation/cohort.csv", "evaluation/statistics.csv", "figures/figure_4b.*")
MADE = ("evaluation/cohort.csv", "figures/figure_4b.svg", "recordings/sim1-hvm/sim1-hvm.nwb")
COMPARED = {".csv", ".safetensors", ".svg"}  # netCDF files say when they were made
COMMAND = '#!/bin/sh\nexec "{python}" "{standin}" "{prefix}" "$@"\n'
ACTIVATE = 'export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\n'


class CondaWorld(World):
    """A world whose jobs run in the environments of envs/."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        # Nothing else is done again because it was made without conda.
        self.command += ["--use-conda", "--rerun-triggers", "mtime"]
        self.lost: dict[str, bytes] = {}
        self.said = ""

    def remake(self) -> None:
        """Lose a trained member with all that follows from it, and make it anew."""
        for file in [file for pattern in LOST for file in self.results.glob(pattern)]:
            if file.suffix in COMPARED:
                self.lost[str(file.relative_to(self.results))] = file.read_bytes()
            file.unlink()
        answer = self.run("--", *(f"results/tiny/{name}" for name in MADE))
        self.said = answer.stdout + answer.stderr
        assert answer.returncode == 0, self.said[-3000:]

    def environments(self) -> dict[str, Path]:
        """Name of each yaml -> the environment made of it."""
        made = {path.read_text(): path.with_suffix("")
                for path in self.folder.glob(".snakemake/conda/*.yaml")}
        return {path.stem: made[path.read_text()] for path in self.folder.glob("envs/*.yaml")
                if path.read_text() in made}


@pytest.fixture(scope="session")
def conda(tmp_path_factory):
    """Put the stand-in on PATH."""
    folder = tmp_path_factory.mktemp("conda")
    make_channel(folder / "channel" / "conda-forge")
    standin = Path(__file__).with_name("standin.py")
    (folder / "bin").mkdir()
    (folder / "bin/conda").write_text(
        COMMAND.format(python=sys.executable, standin=standin, prefix=folder))
    (folder / "bin/conda").chmod(0o755)
    (folder / "bin/activate").write_text(ACTIVATE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
        patch.setenv("CONDA_CHANNEL_ALIAS", f"file://{folder / 'channel'}")
        patch.setenv("CONDA_PKGS_DIRS", str(folder / "packages"))
        patch.setenv("UV_CACHE_DIR", str(folder / "wheels"))  # beside the worlds: hard links
        for name, value in places_of_wheels().items():
            patch.setenv(name, value)
        yield


def places_of_wheels() -> dict[str, str]:
    """What this machine has told pip, in the words of uv, which does not read it."""
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # pip's: all places are equal
    for option in ("find-links", "index-url", "extra-index-url"):
        said = subprocess.run([sys.executable, "-m", "pip", "config", "get", f"global.{option}"],
                              capture_output=True, text=True, check=False)
        if value := said.stdout.strip():
            found[f"UV_{option.upper().replace('-', '_')}"] = value
    return found


@pytest.fixture(scope="module")
def remade(conda, tmp_path_factory):
    """A copy of the finished tiny world of which a part was made anew, in all environments."""
    if not (ROOT / "results/tiny/evaluation/statistics.csv").exists():
        (pytest.fail if "CI" in os.environ else pytest.skip)("no finished tiny world: make tiny")
    world = CondaWorld(copied(tmp_path_factory.mktemp("conda") / "world", "insilico", "open"))
    world.remake()
    return world
