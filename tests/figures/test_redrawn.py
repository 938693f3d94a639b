"""Redrawn figures: other packages or other code excuse other bytes, and nothing else does."""

import json
from pathlib import Path

import pytest

from italign.figures.pages import provenance as provenance_module
from italign.figures.pages.provenance import DRAWN_WITH, drawing_code
from italign.figures.pages.redrawn import compare_figures, provenance

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "results/small"


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """A world of one figure, in the working folder."""
    monkeypatch.chdir(tmp_path)
    Path(FOLDER, "figures").mkdir(parents=True)
    Path(FOLDER, "figures", "figure_1b.svg").write_bytes(b"<svg/>")


def compared(contents, **changes):
    """What is said of a figure with these bytes, of a bundle that was packed with changes."""
    said = provenance("small", "in silico", [f"{FOLDER}/figures/figure_1b.svg"])
    Path(FOLDER, "figures", "figure_1b.svg").write_bytes(contents)
    packages = {name: number for name, number in changes.items() if name in said["packages"]}
    return compare_figures(json.dumps({**said, **changes, "packages": said["packages"] | packages}),
                           ".")


@pytest.mark.parametrize("package", DRAWN_WITH)
def test_other_versions_explain_other_bytes(package, drawn):
    as_expected, words = compared(b"<svg />", **{package: "0.1"})
    assert as_expected and f"other versions: {package} 0.1 there, " in words
    assert f"  {FOLDER}/figures/figure_1b.svg" in words and "other code" not in words


def test_other_drawing_code_explains_other_bytes_and_is_said(drawn):
    as_expected, words = compared(b"<svg />", drawing_code="0123456789ab")
    assert as_expected and "drawn by other code (0123456789ab there, " in words
    assert "was not verified" in words and "other versions" not in words


@pytest.mark.parametrize("changes", [
    {}, {"italign_commit": "unknown"}, {"italign_commit": "abc", "italign_version": "9"},
    {"config_hash": "0"}])
def test_nothing_else_explains_other_bytes(changes, drawn):
    as_expected, words = compared(b"<svg />", **changes)
    assert not as_expected and "packages and drawing code are the same" in words


def test_a_package_that_draws_nothing_explains_nothing(drawn):
    said = provenance("small", "in silico", [f"{FOLDER}/figures/figure_1b.svg"])
    said["packages"] |= {"italign": "0.1", "torch": "0.1"}
    Path(FOLDER, "figures", "figure_1b.svg").write_bytes(b"<svg />")
    assert not compare_figures(json.dumps(said), ".")[0]


def test_a_figure_that_was_not_drawn_is_never_explained(drawn):
    Path(FOLDER, "figures", "figure_2a.svg").write_bytes(b"<svg/>")
    said = provenance("small", "in silico", [f"{FOLDER}/figures/figure_{name}.svg"
                                             for name in ("1b", "2a")])
    Path(FOLDER, "figures", "figure_2a.svg").unlink()
    as_expected, words = compare_figures(
        json.dumps(said | {"packages": {"matplotlib": "0.1"}, "drawing_code": ""}), ".")
    assert not as_expected and "figure_2a.svg (not drawn)" in words and "figure_1b" not in words


def test_other_versions_alone_are_no_difference(drawn):
    assert compared(b"<svg/>", matplotlib="0.1", drawing_code="") == (
        True, "1 files of figures are byte-identical to the bundle's")


def test_a_bundle_without_figures_proves_nothing(drawn):
    said = provenance("small", "in silico", [])
    with pytest.raises(ValueError, match="lists no figure"):
        compare_figures(json.dumps(said), ".")


@pytest.mark.parametrize("said", ["{}", "[]", '{"figures": {}, "packages": {}}',
                                  '{"figures": [], "packages": {}, "drawing_code": ""}'])
def test_other_provenance_is_refused(said):
    with pytest.raises(ValueError, match="no bundle of this version of italign"):
        compare_figures(said, ".")


def test_drawing_code_is_scripts_modules_rules_and_published_values(tmp_path, monkeypatch):
    files = ["workflow/scripts/figures/plot_a.py", "workflow/rules/figures.smk",
             "resources/published/paper.csv"]
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("# one\n")
    digests = [drawing_code(tmp_path)]
    for file in files:
        (tmp_path / file).write_text("# two\n")
        digests.append(drawing_code(tmp_path))
    monkeypatch.setattr(provenance_module, "code_digest", lambda script: "of other modules")
    digests += [drawing_code(tmp_path)]
    (tmp_path / "workflow/scripts/figures/write_page.py").write_text("# draws nothing\n")
    assert len(set(digests)) == 5 and drawing_code(tmp_path) == digests[-1]
    with pytest.raises(ValueError, match="expected the scripts that draw figures"):
        drawing_code(tmp_path / "workflow")


def test_versions_that_explain_bytes_are_pinned():
    pins = {line.partition("==")[0] for line in
            (ROOT / "requirements-figures.txt").read_text().splitlines()}
    assert set(DRAWN_WITH) - {"Python"} <= pins
