"""Digests of code from a file: the same as worked out, and of the package as it is now."""

import json
import shutil

import pytest

from italign import code
from italign.code_memory import PACKAGE_KEY, _known, remembered_digest

PLUGINS = ("alignment/cka",)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package that may be edited, and a script that uses one module of it."""
    copy = tmp_path / "italign"
    shutil.copytree(code.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(code, "PACKAGE", copy)
    script = tmp_path / "script.py"
    script.write_text("from italign.alignment import METHODS\n")
    return copy, script


def ask(script, memory):
    """As the next start of Snakemake does."""
    for function in (_known, code._imported, code._meaning):
        function.cache_clear()
    return remembered_digest(script, PLUGINS, memory)


def test_it_is_the_digest_and_the_next_start_reads_it(package, tmp_path, monkeypatch):
    _, script = package
    memory = tmp_path / "new" / "memory.json"
    first = ask(script, memory)
    assert first == code.code_digest(script, PLUGINS)
    monkeypatch.setattr(code, "code_digest", None)  # would fail if it were called
    assert ask(script, memory) == first


@pytest.mark.parametrize("edited", ["italign/alignment/cka.py", "script.py"])
def test_an_edit_of_the_package_or_of_the_script_is_seen(package, tmp_path, edited):
    _, script = package
    memory = tmp_path / "memory.json"
    ask(script, memory)
    (tmp_path / edited).write_text("import italign.evaluation.similarity\n")
    assert ask(script, memory) == code.code_digest(script, PLUGINS)
    assert len(json.loads(memory.read_text())) == (3 if edited == "script.py" else 2)


def test_a_broken_or_forbidden_memory_is_done_without(package, tmp_path):
    _, script = package
    expected = code.code_digest(script, PLUGINS)
    broken = tmp_path / "memory.json"
    broken.write_text('{"package": ')
    assert ask(script, broken) == expected
    assert PACKAGE_KEY in json.loads(broken.read_text())
    assert ask(script, script / "memory.json") == expected  # a file is no folder
