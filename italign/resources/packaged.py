"""Files that a pip package ships: addresses ``pip:<package>/<path in the installed package>``."""

from importlib.util import find_spec
from pathlib import Path

from italign.resources.hashes import hash_problem
from italign.resources.registry import Dataset

SCHEME = "pip:"


def is_packaged(dataset: Dataset) -> bool:
    """Say whether a registered file comes with a pip package."""
    return dataset.url.startswith(SCHEME)


def checked_package_file(dataset: Dataset) -> Path:
    """Find a file in an installed package, which is not imported.

    Parameters
    ----------
    dataset : Dataset
        With a ``pip:`` address; its version is the package's.

    Returns
    -------
    Path
        The file, with the registered hash.

    Raises
    ------
    ValueError
        If the package is not installed, lacks the file or has another one, with the command that
        installs the right one.
    """
    package, _, inside = dataset.url.removeprefix(SCHEME).partition("/")
    get_it = f".venv/bin/pip install {package}=={dataset.version}"
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(f"{dataset.url}: the pip package {package} is not installed: {get_it}")
    path = Path(spec.submodule_search_locations[0]) / inside
    if not path.is_file():
        raise ValueError(f"{dataset.url}: {path} is not there: {get_it}")
    problem = hash_problem(path, dataset.hashes) if dataset.hashes else "it has no registered hash"
    if problem:
        raise ValueError(f"{dataset.url}: {path}: {problem}: {get_it}")
    return path
