"""Fetch made-up files with the rule's script, with this machine as the only network."""

import csv
import io
import socket
import sys
from functools import partial
from pathlib import Path

import pytest

from italign.resources import download, mirrors

REGISTRY = Path(__file__).parents[2] / "resources" / "datasets.tsv"
COLUMNS = REGISTRY.read_text().split("\n")[0].split("\t")


def _found(getaddrinfo, host, *args, **options):
    if host != "127.0.0.1":
        raise socket.gaierror(-3, "Temporary failure in name resolution")
    return getaddrinfo(host, *args, **options)


@pytest.fixture
def local(monkeypatch):
    """No mirror, no waiting, and no network but this machine."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", partial(_found, socket.getaddrinfo))
    monkeypatch.delenv(mirrors.VARIABLE, raising=False)
    monkeypatch.setattr(download, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(download.download, "__defaults__", (0.001,))


@pytest.fixture
def console(monkeypatch):
    """What a user sees of a job, whose own stderr goes to its log."""
    monkeypatch.setattr(sys, "__stderr__", io.StringIO())
    return sys.__stderr__


@pytest.fixture
def fetch(tmp_path, load_script, console, local):
    """Fetch one made-up dataset with the rule's script; others stand beside it in the registry."""
    script = load_script("resources", "fetch_file").fetch_file
    registry = tmp_path / "datasets.tsv"

    def entry(**row):
        return dict.fromkeys(COLUMNS, "") | {
            "name": "thing", "filename": "file.bin", "licence": "CC0", "citation": "We 2023",
            "access": "public" if row.get("url") else "private"} | row

    def run(folders=(), others=(), **row):
        with registry.open("w", newline="") as handle:
            table = csv.DictWriter(handle, COLUMNS, delimiter="\t", quoting=csv.QUOTE_NONE)
            table.writeheader()
            table.writerows([entry(**row), *(entry(**other) for other in others)])
        target = tmp_path / "out" / row.get("filename", "file.bin")
        script(file=str(target), dataset="thing", mirrors=list(map(str, folders)),
               registry=str(registry))
        return target.read_bytes()

    run.part = tmp_path / "out" / "file.bin.part"
    run.part.parent.mkdir()
    return run
