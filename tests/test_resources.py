"""The registry of outside files is well formed, so that a fetch can trust every line."""

import csv
import re
from pathlib import Path

import pytest

REGISTRY = Path(__file__).resolve().parents[1] / "resources" / "datasets.tsv"
COLUMNS = ["name", "version", "filename", "url", "sha256", "sha1", "md5", "bytes", "licence",
           "access", "citation", "obtain"]
HASHES = {"sha256": r"[0-9a-f]{64}|[0-9a-f]{8}", "sha1": r"[0-9a-f]{40}", "md5": r"[0-9a-f]{32}"}


def read() -> list[dict]:
    with REGISTRY.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


ENTRIES = read()
entries = pytest.mark.parametrize("entry", ENTRIES, ids=[entry["name"] for entry in ENTRIES])


def test_columns():
    assert list(ENTRIES[0]) == COLUMNS


@pytest.mark.parametrize("column", ["name", "filename"])
def test_names_are_unique(column):
    values = [entry[column] for entry in ENTRIES]
    assert sorted(set(values)) == sorted(values)


@entries
def test_entry_is_complete(entry):
    assert None not in entry.values(), "too few columns"
    assert None not in entry, "too many columns"
    for column in ("name", "version", "filename", "licence", "citation"):
        assert entry[column] == entry[column].strip() != "", column
    assert re.fullmatch(r"[a-z0-9-]+", entry["name"])
    assert re.fullmatch(r"[\w.-]+", entry["filename"])


@entries
def test_entry_has_a_hash(entry):
    given = {kind: entry[kind] for kind in HASHES if entry[kind]}
    assert given or entry["access"] == "private"  # of some private files none was published
    for kind, value in given.items():
        assert re.fullmatch(HASHES[kind], value), (kind, value)
    if len(entry["sha256"]) == 8:  # torch hub's convention
        assert f"-{entry['sha256']}." in entry["filename"]


@entries
def test_size_is_a_count_or_unknown(entry):
    assert re.fullmatch(r"[1-9]\d*|", entry["bytes"])


@entries
def test_public_files_have_an_address_and_private_ones_none(entry):
    assert entry["access"] in ("public", "private")
    assert entry["url"].startswith("https://") == (entry["access"] == "public")


@entries
def test_private_files_say_whom_to_ask(entry):
    assert bool(entry["obtain"]) == (entry["access"] == "private")
    assert entry["obtain"] == entry["obtain"].strip()


@entries
def test_github_addresses_are_pinned_to_their_version(entry):
    commit = re.search(r"github\.com/[^/]+/[^/]+/raw/([^/]+)/", entry["url"])
    if commit:
        assert re.fullmatch(r"[0-9a-f]{40}", commit[1])
        assert commit[1].startswith(entry["version"])


def test_no_two_entries_claim_the_same_bytes():
    for kind in HASHES:
        values = [entry[kind] for entry in ENTRIES if entry[kind]]
        assert len(set(values)) == len(values), kind
