"""Content hash of the package code that a script uses, so that editing mathematics re-runs it."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
# Logging around the work, and which of several GPUs does it, cannot change a result.
IGNORED = {PACKAGE / "job.py", *(PACKAGE / "training" / name for name in ("gpu.py", "progress.py"))}
STATEMENTS = (ast.stmt, ast.ExceptHandler, ast.match_case)  # expressions import nothing


def code_digest(script: str | Path, plugins: tuple[str, ...] = ()) -> str:
    """Hash every module of `italign` that a script imports, directly or through another.

    Comments, docstrings and layout do not count. The script itself is left out: Snakemake follows
    it. What is found by name at run time (a model, an alignment method) has to be given, so that a
    new file re-runs only what uses it.

    Parameters
    ----------
    script : str or Path
        A Python file.
    plugins : tuple of str
        Modules used by name, e.g. ``"alignment/cka"``.

    Returns
    -------
    str
        Twelve hexadecimal digits.
    """
    modules, todo = set(), {PACKAGE / f"{plugin}.py" for plugin in plugins}
    todo |= _imported(Path(script))
    while todo:
        module = todo.pop()
        if module not in modules | IGNORED:
            modules.add(module)
            todo |= _imported(module)
    # A style sheet beside a module is part of what the module does.
    data = {file for module in modules for file in module.parent.glob("*.mplstyle")}
    digest = hashlib.sha256()
    for file in sorted(data):
        digest.update(file.read_bytes())
    for module in sorted(modules):
        digest.update(f"{module.relative_to(PACKAGE)}\n{_meaning(module)}\n".encode())
    return digest.hexdigest()[:12]


@cache
def _imported(path: Path) -> frozenset[Path]:
    """Files of the package that a file imports."""
    found: set[Path] = set()
    for node in _executed(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "italign":
            found |= _files(node.module, [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "italign":
                    found |= _files(alias.name, [])
    return frozenset(found)


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Statements of a syntax tree, less what only type checkers see."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        todo += [child for child in ast.iter_child_nodes(node) if isinstance(child, STATEMENTS)]


def _files(module: str, names: list[str]) -> set[Path]:
    place = PACKAGE.joinpath(*module.split(".")[1:])
    if not place.is_dir():
        return {place.with_suffix(".py")}
    files = {place / f"{name}.py" for name in names}
    return {file if file.exists() else place / "__init__.py" for file in files}


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
