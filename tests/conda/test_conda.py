"""Part of the tiny world with --use-conda, in environments made of envs/*.yaml as they are."""

import re
import subprocess

import pytest
import yaml
from packaging.utils import canonicalize_name

from tests.conda.conftest import ENVS

INSTALLED = """from importlib.metadata import distributions
for found in distributions():
    print(f"{found.name}=={found.version}")
"""
pytestmark = pytest.mark.conda


def test_what_is_made_anew_is_the_same_to_the_last_byte(remade):
    assert len(remade.lost) > 5
    for name, content in remade.lost.items():
        assert (remade.results / name).read_bytes() == content, name


def test_every_environment_was_used(remade):
    activated = re.findall(r"Activating conda environment: (\S+)", remade.said)
    assert set(remade.environments()) == {env.stem for env in ENVS}
    assert {str(path.relative_to(remade.folder)) for path in remade.environments().values()} == set(
        activated)


@pytest.mark.parametrize("env", ENVS, ids=lambda env: env.stem)
def test_environment_holds_its_pins_and_nothing_else(remade, env):
    python = remade.environments()[env.stem] / "bin/python"
    said = subprocess.run([python, "-c", INSTALLED], capture_output=True, text=True,
                          check=True).stdout
    found = {line.partition("+")[0] for line in canonical(said.split())}  # torch's 2.13.0+cpu
    pins = yaml.safe_load(env.read_text())["dependencies"][-1]["pip"]
    assert {line for line in found if not line.startswith("pip==")} == canonical(pins)


def test_what_the_channel_lacks_is_said(remade):
    remade.edit("envs/figures.yaml", "python=3.11", "python=2.7")
    answer = remade.run("--conda-create-envs-only", "--forcerun", "plot_figure_4b")
    remade.edit("envs/figures.yaml", "python=2.7", "python=3.11")
    assert answer.returncode != 0
    assert "envs/figures.yaml" in answer.stderr and "python 2.7.*" in answer.stderr


def canonical(pins: list[str]) -> set[str]:
    parts = [pin.split("==") for pin in pins]
    return {f"{canonicalize_name(name)}=={version}" for name, version in parts}
