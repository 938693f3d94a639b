"""The reproduction report, its copy in docs, and the marks that it lists."""

import re

import numpy as np
import pandas as pd
import pytest
import yaml

from italign.evaluation.paper_claims import CLAIMS
from italign.evaluation.published import read_published
from italign.evaluation.published_values import COLUMNS as VALUE_COLUMNS
from italign.evaluation.verdicts import RULE
from italign.figures.assumptions import assumptions_of
from italign.figures.reproduction_page import (
    INTERVALS,
    escaped,
    reproduction_page,
    training_words,
    world_notes,
)
from tests.conftest import ROOT

PUBLISHED = ROOT / "resources" / "published" / "dapello2023.csv"
STALE = "run make, then: cp results/insilico/reproduction.md docs/reproduction.md"
MODULE = '''"""What it does.

DEVIATION from theirs: ours | differs
over two lines.

Another paragraph.
"""

# A reason. ASSUME: first
# and on. DEVIATION: second.
LIMIT = 3  # ASSUME: few
OTHER = 4  # no mark


def function(x):
    """Do it.

    Parameters
    ----------
    x : float
        Any. ASSUME: positive
        or zero.
    y : float
        Not meant.
    """
    return "ASSUME: a string is no mark"
'''


TRAINING = {"seeds": [1, 2], "conditions": [{"p": [0, 1], "labels": "on"}, {"p": [1]}]}


@pytest.fixture
def claims():
    return pd.DataFrame({
        "id": ["a", "b"], "figure": ["1b", "a1"], "unit": ["correlation", "accuracy"],
        "claim": ["It rises.", "It falls."], "statistic": ["Pearson r", "accuracy | x"],
        "published": ["r = 0.84", "-0.1"], "estimate": [0.5, np.nan], "low": [0.25, np.nan],
        "high": [0.75, np.nan], "n": [14, 0], "unit_of_resampling": ["run", "none"],
        "verdict": ["agrees", "not testable here"], "why": ["above zero", "no such model"]})


@pytest.fixture
def values():
    row = dict.fromkeys(VALUE_COLUMNS, "") | dict.fromkeys(
        ["p", "steps_since_onset", "x", "low", "high", "difference"], np.nan)
    first = row | {"figure": "1b", "quantity": "pearson_r", "mark": "statistic",
                   "published": 0.84, "precision": 0.005, "read_from": "printed", "ours": 0.5,
                   "low": 0.25, "high": 0.75, "n": 14, "inside": "no"}
    second = row | {"figure": "2a", "quantity": "similarity", "mark": "final", "published": 0.6,
                    "precision": 0.002, "ours": np.nan, "n": 0, "why": "no such animal"}
    return pd.DataFrame([first, second])


def test_the_report_has_claims_numbers_and_reasons(claims, values):
    text = reproduction_page(claims, values, "mine", "in silico", False, TRAINING, [])
    assert "**2 claims: 1 agree, 0 disagree, 1 cannot be tested here.**" in text
    assert ("| It rises.<br>*Pearson r* | 1B | r = 0.84 | 0.50 | [0.25, 0.75] | 14 runs | "
            "**agrees** | above zero |") in text
    assert ("| It falls.<br>*accuracy / x* | A.1 | -0.1 |  |  |  | **not testable here** | "
            "no such model |") in text
    assert "| 1B | pearson r, statistic |  | 0.84 | printed, ± 0.005 | 0.500 |" in text
    assert "1 of 2 published numbers have none" in text and "- 1: no such animal" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {9}


@pytest.mark.parametrize("n, unit, words", [
    (1, "none", "1 seed"), (2, "seed", "2 seeds"), (14, "run", "14 runs"), (0, "none", "")])
def test_n_is_counted_in_words(claims, values, n, unit, words):
    counted = claims.assign(n=n, unit_of_resampling=unit)
    text = reproduction_page(counted, values, "mine", "in silico", False, TRAINING, [])
    assert f"| {words} | **agrees** |" in text and "nones" not in text


def test_the_report_says_how_its_models_were_trained_and_what_its_intervals_are(claims, values):
    text = reproduction_page(claims, values, "mine", "in silico", False, TRAINING, [])
    assert ('- `training.seeds`: `[1, 2]`\n'
            '- `training.conditions`: `{"p": [0, 1], "labels": "on"}`\n'
            '- `training.conditions`: `{"p": [1]}`\n') in text
    assert "| 95 % interval |" not in text and text.count("| interval |") == 2
    assert text.count(INTERVALS) == 2 and RULE in text


def test_only_a_simulated_world_says_so_and_only_the_papers_is_judged(claims, values):
    simulated = reproduction_page(claims, values, "mine", "in silico", False, TRAINING, [])
    real = reproduction_page(claims, values, "paper", "macaque IT", True, TRAINING, [])
    assert "This world is simulated" in simulated and "inside" not in simulated
    assert "simulated" not in real and "| 14 | no |" in real


def test_a_world_of_another_region_or_without_ceilings_says_so(claims, values):
    assert world_notes("IT", "split_half") == []
    notes = world_notes("V4", "none")
    text = reproduction_page(claims, values, "open", "macaque V4, recorded", False, TRAINING, [],
                             notes)
    assert text.index("**Similarity is to V4 here.**") < text.index("claims: ")
    assert "no ceiling of the recordings is known" in text and "simulated" not in text


def test_marks_are_found_in_comments_and_docstrings_but_not_in_strings(tmp_path):
    settings = "key: 1  # so. ASSUME: enough\nother: '#ASSUME'\n"
    for folder, name, text in (("italign", "a.py", MODULE), ("workflow", "b.py", "X = 1\n"),
                               ("config", "c.yaml", settings)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    assert [tuple(mark) for mark in assumptions_of(tmp_path)] == [
        ("config/c.yaml", "ASSUME", "key", "enough"),
        ("italign/a.py", "ASSUME", "", "first and on."),
        ("italign/a.py", "DEVIATION", "", "second."),
        ("italign/a.py", "ASSUME", "LIMIT", "few"),
        ("italign/a.py", "DEVIATION", "", "from theirs: ours | differs over two lines."),
        ("italign/a.py", "ASSUME", "", "positive or zero."),
    ]


def test_no_mark_of_the_project_is_overlooked():
    """By another count: every line of a comment or docstring with the word in capitals."""
    files = [path for folder in ("italign", "workflow", "config") for kind in ("*.py", "*.yaml")
             for path in (ROOT / folder).rglob(kind) if path.name != "assumptions.py"]
    words = sum(len(re.findall(r"\b(?:ASSUME|DEVIATION)\b", line)) for path in files
                for line in path.read_text().splitlines() if '"ASSUME"' not in line)
    found = [mark for mark in assumptions_of(ROOT) if mark.path != "italign/figures/assumptions.py"]
    assert len(found) == words > 60
    assert all(mark.words for mark in found)


@pytest.mark.parametrize("text, shown", [
    ("a_b * c", r"a\_b \* c"), ("`a_b` <c>", r"`a_b` \<c\>"), ("[x] | y", r"\[x\] \| y")])
def test_words_are_shown_as_they_are(text, shown):
    assert escaped(text) == shown


@pytest.fixture(scope="module")
def copy():
    return (ROOT / "docs" / "reproduction.md").read_text()


def test_the_copy_in_docs_has_every_claim_of_the_code(copy):
    published = read_published(PUBLISHED)
    for claim in CLAIMS:
        words = claim.published_words(published)
        lines = [line for line in copy.splitlines() if line.startswith(f"| {claim.sentence}<br>")]
        assert len(lines) == 1 and f" | {words} | " in lines[0], f"{claim.id}: {STALE}"


def test_the_copy_in_docs_is_of_the_default_worlds_models(copy):
    training = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["training"]
    words = training_words({key: training[key] for key in ("conditions", "seeds", "n_steps")})
    assert f"\n\n{words}\n\n" in copy, STALE


def test_the_copy_in_docs_lists_every_assumption(copy):
    for mark in assumptions_of(ROOT):
        assert f"- `{mark.path}`\n" in copy and escaped(mark.words) in copy, f"{mark}: {STALE}"
