"""CITATION.cff parses and agrees with the package and with what the pipeline builds upon."""

import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
REFERENCES = [("Dapello", 2023), ("Kubilius", 2019), ("Majaj", 2015), ("Rajalingham", 2018),
              ("Schrimpf", 2018), ("Kornblith", 2019), ("Madry", 2018)]


def test_required_keys():
    assert CITATION["cff-version"] == "1.2.0"
    for key in ("message", "title", "authors"):
        assert CITATION[key], key


def test_agrees_with_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert CITATION["version"] == project["version"]
    assert CITATION["license"] == project["license"]
    assert CITATION["title"].split(":")[0] == project["name"]


def test_licence_text_is_the_one_declared():
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("BSD 3-Clause License")
    assert CITATION["license"] == "BSD-3-Clause"
    assert "italign contributors" in text


@pytest.mark.parametrize(("family", "year"), REFERENCES)
def test_work_built_upon_is_cited(family, year):
    found = [reference for reference in CITATION["references"]
             if reference["authors"][0]["family-names"] == family and reference["year"] == year]
    assert len(found) == 1
    assert found[0]["title"]
    assert found[0].get("journal") or found[0]["conference"]["name"]


def test_nothing_else_is_cited_without_a_test():
    assert len(CITATION["references"]) == len(REFERENCES)
