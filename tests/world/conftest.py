"""A copy of the finished tiny world that a test may damage."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [str(Path(sys.executable).with_name("snakemake")), "--resources", "gpu=1000",
           "--configfile", "tests/config/tiny.yaml", "--nolock", "--cores", "2"]


class World:
    """A working folder with the pipeline and its finished results."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.results = folder / "results" / "tiny"

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([*COMMAND, *arguments], cwd=self.folder, capture_output=True,
                              text=True, check=False)

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen([*COMMAND, *arguments], cwd=self.folder, start_new_session=True,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def plan(self, *arguments: str) -> dict[str, int]:
        """Rules that a run would execute, and how often."""
        answer = self.run("--dry-run", "--quiet", "rules", *arguments)
        assert answer.returncode == 0, answer.stderr
        rows = re.findall(r"^(\w+) +(\d+)$", answer.stdout + answer.stderr, re.MULTILINE)
        return {rule: int(count) for rule, count in rows if rule not in ("total", "all")}

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{file} no longer holds {old!r}: adapt the test"
        path.write_text(text.replace(old, new, 1))


@pytest.fixture
def world(tmp_path):
    if not (ROOT / "results/tiny/evaluation/statistics.csv").exists():
        pytest.skip("no finished tiny world: run `make tiny` first")
    ignore = shutil.ignore_patterns(".venv", ".git", "insilico", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, tmp_path / "world", ignore=ignore)
    return World(tmp_path / "world")
