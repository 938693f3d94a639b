"""Shared by all tests: one thread, the pipeline's scripts, local mirrors, and a small disk."""

import importlib.util
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from italign.resources.mirrors import VARIABLE, find_in_mirrors, mirror_folders
from italign.resources.registry import read_registry

os.environ.setdefault("OMP_NUM_THREADS", "1")
# Tests compare with tensors and bits of a processor; a GPU, were there one, is not seen.
os.environ["CUDA_VISIBLE_DEVICES"] = ""

ROOT = Path(__file__).resolve().parents[1]
REGISTRY = ROOT / "resources" / "datasets.tsv"


@pytest.fixture
def load_script():
    """Give a function (stage, rule) -> the module of that rule's script."""

    def load(stage: str, rule: str):
        path = ROOT / "workflow" / "scripts" / stage / f"{rule}.py"
        spec = importlib.util.spec_from_file_location(f"script_{stage}_{rule}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def mirror():
    """Give a function (filename) -> path of that file in a folder of $ITALIGN_MIRRORS.

    Its hash is that of resources/datasets.tsv; without such a file the test is skipped.
    """
    return _mirrored


@cache
def _mirrored(filename: str) -> Path:
    datasets = {entry.filename: entry for entry in read_registry(REGISTRY).values()}
    path, refused = find_in_mirrors(datasets[filename], mirror_folders([]))
    if path is None:
        pytest.skip(f"{filename} is in no folder of {VARIABLE} with the registered hash "
                    f"{'; '.join(refused)}")
    return path


class SmallDisk:
    """A file system in memory over a folder, which keeps its files."""

    def __init__(self, folder: Path, size_mb: int, n_files: int = 0):
        self.folder, self.ballast = folder, folder / "ballast"
        aside = folder.with_name(f"{folder.name}-aside")
        folder.rename(aside)
        folder.mkdir()
        options = f"size={size_mb}m,nr_inodes={n_files}"
        _mount("-t", "tmpfs", "-o", options, "tmpfs", str(folder))
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        shutil.rmtree(aside)

    def fill(self, kb_left: int = 0) -> None:
        n_kb = shutil.disk_usage(self.folder).free // 1024 - kb_left
        subprocess.run(["fallocate", "-l", f"{n_kb}k", self.ballast], check=True)

    def forbid_writing(self) -> None:
        _mount("-o", "remount,ro", str(self.folder))


def _mount(*options: str) -> None:
    answer = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if answer.returncode:
        problem = f"a small disk needs the right to mount: {answer.stderr.strip()}"
        pytest.fail(problem) if os.environ.get("CI") else pytest.skip(problem)


@pytest.fixture
def small_disk():
    """Give a function (folder, size_mb) -> a `SmallDisk` over that folder; Linux, as root."""
    made = []

    def make(folder: Path, size_mb: int, n_files: int = 0) -> SmallDisk:
        folder.mkdir(exist_ok=True)
        made.append(folder)
        return SmallDisk(folder, size_mb, n_files)

    yield make
    for folder in made:
        subprocess.run(["umount", "--lazy", folder], capture_output=True, check=False)
