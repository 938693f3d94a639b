"""Figures draw what tables hold: their code computes no statistics of its own."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("italign/figures/**/*.py"), *ROOT.glob("workflow/scripts/figures/*.py")])
PACKAGES = {"scipy", "sklearn", "torch", "statsmodels"}
# Of arrays and tables alike, called or named: rows.mean(), np.mean(x), agg("mean").
WORDS = {"mean", "nanmean", "std", "nanstd", "var", "nanvar", "sem", "median", "nanmedian",
         "percentile", "nanpercentile", "quantile", "nanquantile", "corr", "corrcoef", "cov",
         "polyfit", "lstsq", "rolling", "average"}
# Functions that take the name of a statistic.
BY_NAME = {"agg", "aggregate", "apply", "transform"}


def statistics(source: str) -> list[str]:
    """What code imports or calls of these, each with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found += [f"{node.lineno}: {name}" for name in called(node) if name in WORDS]
            continue
        else:
            continue
        found += [f"{node.lineno}: import {name}" for name in names
                  if name.split(".")[0] in PACKAGES]
    return found


def called(node: ast.Call) -> list[str]:
    """Name of the method, and the words given to one that takes names of statistics."""
    if node.func.attr not in BY_NAME:
        return [node.func.attr]
    return [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)
            and isinstance(part.value, str)]


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(ROOT)) for file in FILES])
def test_figure_code_computes_no_statistics(file):
    assert statistics(file.read_text()) == []


@pytest.mark.parametrize(("source", "expected"), [
    ("import scipy.stats", ["1: import scipy.stats"]),
    ("def f():\n    from sklearn.linear_model import Ridge", ["2: import sklearn.linear_model"]),
    ("low = rows['x'].quantile(0.1)", ["1: quantile"]),
    ("np.polyfit(x, y, 1)", ["1: polyfit"]),
    ("rows.groupby('a').agg(['min', 'median'])", ["1: median"]),
    ("rows.groupby('a').agg(low=('x', 'mean'))", ["1: mean"]),
    ("rows['mean'].max()", []),
])
def test_statistics_are_found_where_they_are(source, expected):
    assert statistics(source) == expected
