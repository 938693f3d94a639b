"""What surrounds every script: log, traceback, provenance."""

from italign.job import job, keywords

import gc
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from italign import io


def test_log_holds_messages_and_provenance_is_set(tmp_path):
    log = tmp_path / "rule.log"
    with job(str(log), "my_rule", {"seed": 7}):
        logging.info("480 stimuli")
        print("a warning of a library", file=sys.stderr)
    text = log.read_text()
    assert "start my_rule" in text and "480 stimuli" in text and "end my_rule after" in text
    assert "a warning of a library" in text
    assert io.PROVENANCE["rule"] == "my_rule" and io.PROVENANCE["world_seed"] == "7"


def test_traceback_lands_in_the_log_and_one_line_on_the_console(tmp_path, capsys):
    log = tmp_path / "rule.log"
    with pytest.raises(SystemExit) as stopped, job(str(log), "my_rule", {}):
        raise ValueError("rates.nc: no presentation")
    assert stopped.value.code == 1
    assert "Traceback" in log.read_text() and "no presentation" in log.read_text()
    assert capsys.readouterr().err == "my_rule: rates.nc: no presentation\n"


def test_same_config_same_hash(tmp_path):
    hashes = []
    for config in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 3}):
        with job(str(tmp_path / "log"), "rule", config):
            hashes.append(io.PROVENANCE["config_hash"])
    assert hashes[0] == hashes[1] != hashes[2]


def test_keywords_leave_out_the_rerun_trigger():
    assert keywords({"code": "abc", "seed": 1}) == {"seed": 1}


def test_a_script_looks_for_garbage_only_while_it_works(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from types import SimpleNamespace\n"
                      "snakemake = SimpleNamespace(wildcards={})  # as of its preamble\nimport gc\n"
                      "from italign.job import job\nassert not gc.isenabled()\n"
                      "with job('log', 'rule', {}):\n    assert gc.isenabled()\n")
    subprocess.run([sys.executable, script], cwd=tmp_path, check=True,
                   env={"PYTHONPATH": str(Path(__file__).parents[1])})
    assert gc.isenabled()
