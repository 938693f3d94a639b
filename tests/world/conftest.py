"""A copy of the finished tiny world that a test may damage."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [str(Path(sys.executable).with_name("snakemake")), "--resources", "gpu_slots=1000"]


class World:
    """A working folder with the pipeline, and the config that it is run with."""

    def __init__(self, folder: Path, config: str = "tests/config/tiny.yaml"):
        self.folder = folder
        self.results = folder / "results" / Path(config).stem
        # --configfile takes all words up to the next option.
        self.command = [*COMMAND, "--configfile", config, "--nolock", "--cores", "2"]

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([*self.command, *arguments], cwd=self.folder, capture_output=True,
                              text=True, check=False)

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen([*self.command, *arguments], cwd=self.folder,
                                start_new_session=True, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def plan(self, *arguments: str) -> dict[str, int]:
        """Rules that a run would execute, and how often; groups of models under one name."""
        answer = self.run("--dry-run", "--quiet", "rules", *arguments)
        assert answer.returncode == 0, answer.stderr
        rows = re.findall(r"^(\w+) +(\d+)$", answer.stdout + answer.stderr, re.MULTILINE)
        plan = Counter()
        for rule, count in dict(rows).items():  # a plan is printed before and after its jobs
            plan[re.sub(r"_\d+$", "", rule)] += int(count)
        return {rule: count for rule, count in plan.items() if rule not in ("total", "all")}

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{file} no longer holds {old!r}: adapt the test"
        path.write_text(text.replace(old, new, 1))


@pytest.fixture
def world(tmp_path):
    if not (ROOT / "results/tiny/evaluation/statistics.csv").exists():
        pytest.skip("no finished tiny world: run `make tiny` first")
    return World(copied(tmp_path / "world", "insilico"))


@pytest.fixture(scope="module")
def empty_world(tmp_path_factory):
    """Give a function (config) -> World in one folder with the pipeline and no results."""
    folder = copied(tmp_path_factory.mktemp("empty") / "world", "results")
    return lambda config: World(folder, config)


def copied(folder: Path, *without: str) -> Path:
    always = shutil.ignore_patterns(".venv", ".git", "__pycache__", ".*_cache", *without)

    def ignored(place: str, names: list[str]) -> set[str]:
        # Results of other worlds may be large, and no test is about them.
        others = set(names) - {"tiny"} if Path(place) == ROOT / "results" else set()
        return {*always(place, names), *others}

    shutil.copytree(ROOT, folder, ignore=ignored)
    return folder
