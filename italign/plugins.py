"""Find what lives one-per-file in a package: a new method or model is one new file."""

import difflib
import pkgutil
from collections.abc import Callable
from importlib import import_module
from types import ModuleType


def functions_by_file(package: ModuleType) -> dict[str, Callable]:
    """Collect, from every public module of a package, the function that has the module's name.

    Parameters
    ----------
    package : module
        For example `italign.alignment`; modules whose name starts with ``_`` are helpers.

    Returns
    -------
    dict of str to callable
        In alphabetical order.
    """
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name[0] != "_")
    return {name: getattr(import_module(f"{package.__name__}.{name}"), name) for name in names}


def pick(functions: dict[str, Callable], name: str, kind: str) -> Callable:
    """Look a function up by name.

    Raises
    ------
    ValueError
        With near matches if there is none of that name.
    """
    if name not in functions:
        near = difflib.get_close_matches(name, functions, n=3) or sorted(functions)
        raise ValueError(f"unknown {kind} {name!r}; did you mean {', '.join(near)}?")
    return functions[name]
