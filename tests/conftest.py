"""Shared by all tests: one thread, and access to the pipeline's scripts."""

import importlib.util
import os
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
