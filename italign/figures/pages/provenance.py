"""What a world's figures were made with: packages, drawing code, commits, and the config."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version

import pandas as pd
import yaml

from italign.code import PACKAGE, code_digest
from italign.io import open_dataset

# These decide the bytes of a figure (requirements-figures.txt pins them) ...
DRAWN_WITH = ("Python", "matplotlib", "numpy", "pandas", "pillow", "fonttools",
              "kiwisolver", "contourpy")
# ... and these read its data, or write the page around it.
PAGE_WITH = ("xarray", "netCDF4", "plotly", "jinja2", "markupsafe", "docutils")
SCRIPTS = "workflow/scripts/figures/plot_*.py"
# What scripts are told, and the paper's numbers that they draw, come with the code.
BESIDE = ("workflow/rules/*.smk", "resources/published/*.csv")


def versions(names: Iterable[str]) -> dict[str, str]:
    """Versions of Python and of packages here; ``not installed`` of what is not."""
    return {name: _version(name) for name in names}


def drawing_code(root: str | Path = PACKAGE.parent) -> str:
    """Hash the code that draws figures: scripts, what they import of `italign`, and rules.

    Parameters
    ----------
    root : str or Path
        Folder of the checkout.

    Returns
    -------
    str
        Twelve hexadecimal digits.

    Raises
    ------
    ValueError
        If no script is there.
    """
    scripts = sorted(Path(root).glob(SCRIPTS))
    if not scripts:
        raise ValueError(f"{root}: no {SCRIPTS}, expected the scripts that draw figures; run this "
                         "in a checkout of italign")
    digest = hashlib.sha256("".join(map(code_digest, scripts)).encode())
    beside = [file for pattern in BESIDE for file in sorted(Path(root).glob(pattern))]
    for file in [*scripts, *beside]:
        digest.update(f"{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def versions_table(datasets: Sequence[str]) -> pd.DataFrame:
    """List versions of what computed the data and of what draws it here.

    Parameters
    ----------
    datasets : sequence of str
        netCDF files written by `italign.io.write_dataset`, e.g. of the cohort.

    Returns
    -------
    pandas.DataFrame
        ``file`` (its name, or ``figures``), ``name`` of a package or of what identifies the run,
        ``version``.
    """
    rows = [(Path(path).name, *pair) for path in datasets for pair in _provenance(path)]
    rows += [("figures", *pair) for pair in versions([*DRAWN_WITH, *PAGE_WITH]).items()]
    return pd.DataFrame(rows, columns=["file", "name", "version"])


def config_yaml(config: Mapping) -> str:
    """The merged config as YAML, keys in their own order."""
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=100)


def _version(name: str) -> str:
    if name == "Python":
        return python_version()
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _provenance(path: str) -> list[tuple[str, str]]:
    with open_dataset(path) as ds:
        attrs = {name: str(ds.attrs.get(name, "unknown")) for name in
                 ("rule", "italign_commit", "config_hash", "versions")}
    packages = attrs.pop("versions").split(", ")
    return [*attrs.items(), *((name, number) for name, _, number in
                              (package.partition(" ") for package in packages))]
