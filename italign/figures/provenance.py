"""What a world's figures were made with: packages, commits, and the config."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from platform import python_version

import pandas as pd
import yaml

from italign.io import open_dataset

DRAWN_WITH = ("numpy", "pandas", "xarray", "matplotlib", "seaborn", "plotly", "jinja2", "docutils")


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
    rows.append(("figures", "Python", python_version()))
    rows += [("figures", package, version(package)) for package in DRAWN_WITH]
    return pd.DataFrame(rows, columns=["file", "name", "version"])


def _provenance(path: str) -> list[tuple[str, str]]:
    with open_dataset(path) as ds:
        attrs = {name: str(ds.attrs.get(name, "unknown")) for name in
                 ("rule", "italign_commit", "config_hash", "versions")}
    packages = attrs.pop("versions").split(", ")
    return [*attrs.items(), *((name, number) for name, _, number in
                              (package.partition(" ") for package in packages))]


def config_yaml(config: Mapping) -> str:
    """The merged config as YAML, keys in their own order."""
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=100)
