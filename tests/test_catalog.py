"""What the Snakemake workflow catalog needs, and pages that are written from rules and schema."""

import re
import sys
from pathlib import Path

import yaml
from write_readme import README, readme

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "docs"))

import draw_rules  # noqa: E402  a page's own script, beside the page


def test_catalog_finds_what_it_looks_for():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    deployment = usage["software-stack-deployment"]
    assert set(deployment) == {"conda", "apptainer", "apptainer+conda"}
    assert all(isinstance(works, bool) for works in [*deployment.values(), usage["report"]])
    words = (ROOT / "README.md").read_text().lower()
    assert "snakemake" in words and "workflow" in words  # by which it searches


def test_conda_is_promised_for_every_rule():
    for file in (ROOT / "workflow/rules").glob("*.smk"):
        text = file.read_text()
        assert text.count("    script:\n") == text.count("    conda:\n"), file.name


def test_every_key_of_the_config_is_explained_as_in_the_schema():
    assert README.read_text() == readme(), (
        "config/README.md is out of date: python workflow/schemas/write_readme.py")


def test_rules_are_drawn_as_they_are_and_the_catalogs_entry_has_the_same():
    graph = draw_rules.rule_graph("workflow/Snakefile")
    assert draw_rules.PAGE.read_text() == draw_rules.page(graph), (
        "docs/rules.md is out of date: python docs/draw_rules.py")
    drawn = set(re.findall(r"^    (\w+)$", draw_rules.PAGE.read_text(), re.MULTILINE))
    assert set(graph) <= drawn, "a rule in no file of workflow/rules"
