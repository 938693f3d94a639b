"""The registry of outside files is well formed, so that a fetch can trust every line."""

import csv
import re
from pathlib import Path

import pytest

REGISTRY = Path(__file__).resolve().parents[1] / "resources" / "datasets.tsv"
COLUMNS = ["name", "version", "filename", "url", "sha256", "sha1", "md5", "bytes", "licence",
           "access", "citation", "obtain", "stands_for", "known_as"]
HASHES = {"sha256": r"[0-9a-f]{64}|[0-9a-f]{8}", "sha1": r"[0-9a-f]{40}", "md5": r"[0-9a-f]{32}"}


def read() -> list[dict]:
    with REGISTRY.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


ENTRIES = read()
entries = pytest.mark.parametrize("entry", ENTRIES, ids=[entry["name"] for entry in ENTRIES])


def test_columns():
    assert list(ENTRIES[0]) == COLUMNS


def test_names_are_unique():
    values = [entry["name"] for entry in ENTRIES]
    assert sorted(set(values)) == sorted(values)


def test_file_names_of_today_and_of_old_are_unique():
    """A mirror is searched by any of them."""
    values = [name for entry in ENTRIES for name in [entry["filename"], *entry["known_as"].split()]]
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
    assert given or entry["access"] != "public"  # what is fetched is compared
    for kind, value in given.items():
        assert re.fullmatch(HASHES[kind], value), (kind, value)
    if len(entry["sha256"]) == 8:  # torch hub's convention
        assert f"-{entry['sha256']}." in entry["filename"]


@entries
def test_size_is_a_count_or_unknown(entry):
    assert re.fullmatch(r"[1-9]\d*|", entry["bytes"])


@entries
def test_public_files_have_addresses_and_others_none(entry):
    assert entry["access"] in ("public", "private", "mirror")
    urls = entry["url"].split(" ")
    assert all(re.match(r"https://|pip:\w+/", url) for url in urls) == (
        entry["access"] == "public")
    assert len(urls) == 1 or all(url.startswith("https://") for url in urls)


@entries
def test_files_that_are_not_public_say_how_to_get_them(entry):
    assert bool(entry["obtain"]) == (entry["access"] != "public")
    assert entry["obtain"] == entry["obtain"].strip()


@entries
def test_a_stand_in_stands_for_a_public_file_that_no_mirror_need_have(entry):
    if entry["stands_for"]:
        known = {other["name"]: other["access"] for other in ENTRIES}
        assert known[entry["stands_for"]] == "public" and entry["stands_for"] != entry["name"]


@entries
def test_a_package_is_pinned_as_the_requirements_pin_it(entry):
    if entry["url"].startswith("pip:"):
        package = entry["url"].removeprefix("pip:").split("/")[0]
        pins = (REGISTRY.parents[1] / "requirements.txt").read_text().replace("-", "_").split("\n")
        assert f"{package}=={entry['version']}" in pins


@entries
def test_github_addresses_are_pinned_to_their_version(entry):
    if commit := re.search(r"github\.com/[^/]+/[^/]+/raw/([^/]+)/", entry["url"]):
        assert re.fullmatch(r"[0-9a-f]{40}", commit[1])
        assert commit[1].startswith(entry["version"])


def test_no_two_entries_claim_the_same_bytes():
    for kind in HASHES:
        values = [entry[kind] for entry in ENTRIES if entry[kind]]
        assert len(set(values)) == len(values), kind
