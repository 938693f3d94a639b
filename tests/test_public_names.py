"""Every name that a package announces can be imported."""

import importlib

import pytest

PACKAGES = ["alignment", "assemblies", "evaluation", "models", "recordings", "stimuli"]


@pytest.mark.parametrize("package", PACKAGES)
def test_announced_names_exist(package):
    module = importlib.import_module(f"italign.{package}")
    names = [name for name in dir(module) if name[0] != "_"]
    assert names
    for name in names:
        getattr(module, name)
