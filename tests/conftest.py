"""Shared by all tests: one thread, the pipeline's scripts, and files of local mirrors."""

import importlib.util
import os
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
