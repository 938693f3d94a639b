"""Shared by all tests: one thread, the pipeline's scripts, and files of local mirrors."""

import csv
import hashlib
import importlib.util
import os
from functools import cache
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parents[1]


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


@pytest.fixture
def mirror():
    """Give a function (filename) -> path of that file in a folder of $ITALIGN_MIRRORS.

    The file's sha256 is that of resources/datasets.tsv; without such a file the test is skipped.
    """
    return _mirrored


@cache
def _mirrored(filename: str) -> Path:
    expected = {entry["filename"]: entry["sha256"] for entry in _registry()}[filename]
    for folder in filter(None, os.environ.get("ITALIGN_MIRRORS", "").split(os.pathsep)):
        for path in sorted(Path(folder).rglob(filename)):
            with path.open("rb") as handle:
                if hashlib.file_digest(handle, "sha256").hexdigest() == expected:
                    return path
    pytest.skip(f"{filename} is in no folder of ITALIGN_MIRRORS with the registered sha256")


def _registry() -> list[dict[str, str]]:
    with (ROOT / "resources" / "datasets.tsv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
