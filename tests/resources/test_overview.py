"""The list of files of a world: where each is, how big, under which licence, and sums."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from italign.resources.overview import format_survey, readable, survey_files
from italign.resources.registry import Dataset, read_registry

ROOT = Path(__file__).parents[2]


def dataset(name, **values):
    blank = dict.fromkeys(Dataset.__dataclass_fields__, "")
    return Dataset(**blank | {"name": name, "filename": f"{name}.x", "licence": "MIT",
                              "access": "public", "sha1": hashlib.sha1(b"1234567").hexdigest(),
                              "url": f"https://example.org/{name}"} | values)


@pytest.fixture
def survey(tmp_path):
    """Give a function: datasets, files to put into here/ or mirror/ -> table."""
    def run(*datasets, files=()):
        for file in files:
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_bytes(b"1234567")
        known = {entry.name: entry for entry in datasets}
        return survey_files([n for n in known if n != "part"], known, [tmp_path / "mirror"],
                            tmp_path / "here")

    return run


def row(table):
    assert len(table) == 1
    return table.iloc[0].drop("name").tolist()


def test_every_state(survey, tmp_path):
    assert row(survey(dataset("a"), files=["here/a.x"])) == [
        "present", 7, "MIT", f"{tmp_path}/here/a.x"]
    assert row(survey(dataset("b", bytes="9"), files=["mirror/b.x"])) == [
        "in a mirror", 7, "MIT", f"{tmp_path}/mirror/b.x"]
    assert row(survey(dataset("c", bytes="9"))) == [
        "fetchable", 9, "MIT", "https://example.org/c"]
    assert row(survey(dataset("d", access="private", url="", bytes="9", obtain="Doe"))) == [
        "private", 9, "MIT", "Doe"]
    assert row(survey(dataset("e", access="mirror", url="", bytes="9", obtain="cut it"))) == [
        "by hand", 9, "MIT", "cut it"]
    state, size, _, where = row(survey(dataset("f", url="pip:no_such/f.x", bytes="9")))
    assert (state, size) == ("from pip, not installed", 9) and "pip install no_such" in where


def test_a_stand_in_is_named_with_its_own_licence(survey, tmp_path):
    part = dataset("part", access="mirror", url="", stands_for="g", licence="not stated")
    assert row(survey(dataset("g", sha1="0" * 40), part, files=["mirror/part.x"])) == [
        "in a mirror (part stands in)", 7, "not stated", f"{tmp_path}/mirror/part.x"]


def test_many_files_of_one_kind_are_one_line_and_sums_are_at_the_foot(survey):
    many = [dataset(f"spikes2011-{i:03d}", bytes="1500") for i in range(132)]
    lines = format_survey(survey(*many, dataset("odd", bytes=""), dataset("even", bytes="20"))
                          ).split("\n")
    assert lines == [
        "name                      state      size      licence  where",
        "spikes2011-* (132 files)  fetchable  198.0 kB  MIT      https://example.org/",
        "odd                       fetchable  ?         MIT      https://example.org/odd",
        "even                      fetchable  20 bytes  MIT      https://example.org/even",
        "fetchable: 134 files, 198.0 kB, 1 of unknown size",
        "in all: 134 files, 198.0 kB, 1 of unknown size",
    ]


def test_files_of_one_kind_in_two_states_are_two_lines(survey):
    many = [dataset(f"s-{i:03d}") for i in range(60)]
    text = format_survey(survey(*many, files=[f"here/s-{i:03d}.x" for i in range(30)]))
    assert "s-* (30 files)  present    210 bytes" in text and "s-* (30 files)  fetchable" in text


@pytest.mark.parametrize("n_bytes, text", [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"),
                                           (99_003_388, "99.0 MB"), (12e9, "12.0 GB"),
                                           (float("nan"), "?")])
def test_sizes(n_bytes, text):
    assert readable(n_bytes) == text


def run(*arguments):
    return subprocess.run(
        [sys.executable, "workflow/scripts/resources/list_data.py", *arguments], cwd=ROOT,
        capture_output=True, text=True, env={"PATH": "", "ITALIGN_MIRRORS": ""})


def test_the_command_lists_a_world():
    text = run("--config", "config/paper.yaml").stdout
    assert text.startswith("world paper; mirrors: none\nname ")
    assert "study-coco                     private" in text
    assert "ImageNet, a folder of your own: " in text


def test_the_command_lists_all_that_is_registered():
    text = run().stdout
    n_files = len(read_registry(ROOT / "resources" / "datasets.tsv"))
    assert f"in all: {n_files} files" in text and "zhang2011-* (132 files)" in text
    assert len(text.split("\n")) < n_files - 100


def test_the_default_world_needs_nothing():
    assert run("--config", "config/config.yaml").stdout.split("\n")[1:] == [
        "no file from outside is needed", ""]


def test_a_config_that_is_not_there_is_one_line():
    result = run("--config", "config/nowhere.yaml")
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert "config/nowhere.yaml" in result.stderr
