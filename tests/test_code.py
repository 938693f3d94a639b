"""The content hash that re-runs a rule when mathematics behind its script changes."""

import shutil

import pytest

from italign import code


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package that may be edited, and a script that uses one module of it."""
    copy = tmp_path / "italign"
    shutil.copytree(code.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(code, "PACKAGE", copy)
    monkeypatch.setattr(code, "IGNORED", {copy / "job.py"})
    script = tmp_path / "script.py"
    script.write_text("from italign.alignment import METHODS\nfrom italign.job import job\n")
    return copy, script


def digest(script, plugins=("alignment/cka",)):
    code._imported.cache_clear()
    code._meaning.cache_clear()
    return code.code_digest(script, plugins)


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_editing_what_is_imported_through_another_module_changes_it(package):
    folder, script = package
    before = digest(script)
    edit(folder / "evaluation" / "similarity.py", "return gram / trace", "return gram / trace / 1")
    assert digest(script) != before


def test_a_new_method_changes_only_what_uses_it(package):
    folder, script = package
    before = digest(script)
    (folder / "alignment" / "other.py").write_text("def other(features, targets):\n    return 0\n")
    assert digest(script) == before
    assert digest(script, ("alignment/other",)) != before


def test_the_simulated_brain_does_not_hang_on_the_training_of_models(package):
    folder, _ = package
    script = code.Path(__file__).parents[1] / "workflow/scripts/recordings/train_teacher.py"
    before = digest(script, ())
    edit(folder / "training" / "segment.py", "sum(v) / len(v)", "2 * sum(v) / len(v)")
    edit(folder / "alignment" / "cka.py", "torch.log1p(-similarity)", "1 - similarity")
    assert digest(script, ()) == before
    edit(folder / "training" / "classifier.py", "loss.backward()", "(2 * loss).backward()")
    assert digest(script, ()) != before


def test_a_style_sheet_is_code(package):
    folder, script = package
    script.write_text("from italign.figures.style import use_style\n")
    before = digest(script, ())
    edit(folder / "figures" / "italign.mplstyle", "\n", "\n# wider\n")
    assert digest(script, ()) != before


def test_editing_what_is_not_used_changes_nothing(package):
    folder, script = package
    before = digest(script)
    edit(folder / "recordings" / "detection.py", "def ", "def _unused(): return 1\n\n\ndef ")
    edit(folder / "job.py", "start = time.monotonic()", "start = time.monotonic() + 0")
    assert digest(script) == before


def test_comments_docstrings_and_layout_change_nothing(package):
    folder, script = package
    before = digest(script)
    edit(folder / "alignment" / "cka.py", '"""The paper', '"""Not the paper')
    edit(folder / "alignment" / "cka.py", "import torch\n", "import torch  # tensors\n\n")
    assert digest(script) == before


def test_importing_one_module_does_not_follow_its_neighbours(package):
    folder, script = package
    script.write_text("from italign.evaluation.behavior import i2n\n")
    before = digest(script)
    edit(folder / "evaluation" / "robustness.py", "NORMS = (", "NORMS = tuple(")
    assert digest(script) == before
    edit(folder / "evaluation" / "trials.py", "n_images: int", "n_images: 'int'")
    assert digest(script) != before
