"""The recipe of the image installs the pins; it is read here, and built nowhere in CI."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
RECIPE = (ROOT / "envs/container.def").read_text()
IMAGE = "italign.sif"


def read_by_pip(file: str) -> set[str]:
    """Give a file of requirements and those that it names."""
    named = re.findall(r"(?m)^-[rc] (\S+)", (ROOT / file).read_text())
    return {file}.union(*map(read_by_pip, named))


def test_recipe_copies_every_file_that_pip_reads():
    folder, file = re.search(r"pip install .*-r (\S+/)(\S+)", RECIPE).groups()
    copied = re.findall(rf"(?m)^    (\S+) {folder}$", RECIPE)
    assert sorted(copied) == sorted(read_by_pip(file))


def test_recipe_fixes_the_python_of_the_environments():
    tag = re.search(r"(?m)^From: python:(3\.\d+)\.\d+-slim-bookworm$", RECIPE)
    for env in ROOT.glob("envs/*.yaml"):
        assert yaml.safe_load(env.read_text())["dependencies"][0] == f"python={tag[1]}"


def test_rules_run_in_the_image_that_the_recipe_says_how_to_build():
    assert f'\ncontainer: "{IMAGE}"\n' in (ROOT / "Snakefile").read_text()
    assert f"\n#   apptainer build {IMAGE} envs/container.def\n" in RECIPE
