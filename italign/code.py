"""Content hash of the package code that a script uses, so that editing mathematics re-runs it."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
# Logging around the work cannot change a result.
IGNORED = {PACKAGE / "job.py"}


def code_digest(script: str | Path) -> str:
    """Hash every module of `italign` that a script imports, directly or through another.

    Comments, docstrings and layout do not count. A name imported from a package (rather than from
    one of its modules) counts as all of the package's modules. The script itself is left out:
    Snakemake follows it.

    Parameters
    ----------
    script : str or Path
        A Python file.

    Returns
    -------
    str
        Twelve hexadecimal digits.
    """
    modules, todo = set(), set(_imported(Path(script)))
    while todo:
        module = todo.pop()
        if module not in modules | IGNORED:
            modules.add(module)
            todo |= _imported(module)
    digest = hashlib.sha256()
    for module in sorted(modules):
        digest.update(f"{module.relative_to(PACKAGE)}\n{_meaning(module)}\n".encode())
    return digest.hexdigest()[:12]


@cache
def _imported(path: Path) -> frozenset[Path]:
    """Files of the package that a file imports."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "italign":
            found |= _files(node.module, [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "italign":
                    found |= _files(alias.name, [])
    return frozenset(found)


def _files(module: str, names: list[str]) -> set[Path]:
    place = PACKAGE.joinpath(*module.split(".")[1:])
    if not place.is_dir():
        return {place.with_suffix(".py")}
    files = [place / f"{name}.py" for name in names]
    if names and all(file.exists() for file in files):
        return set(files)
    return set(place.glob("*.py"))


@cache
def _meaning(path: Path) -> str:
    """Syntax tree without docstrings."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            if isinstance(getattr(body[0].value, "value", None), str):
                node.body = body[1:]
    return ast.dump(tree)
