"""Read a schema, fast: every start of Snakemake waits for it."""

from pathlib import Path

import yaml

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader


def read_schema(path: Path) -> dict:
    """Read a YAML file of plain values."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=SafeLoader)
