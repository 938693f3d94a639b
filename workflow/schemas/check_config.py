"""Check a config against its schema and against itself; every problem is one readable line.

As a command, check files as Snakemake would see them (each override alone over the default, or over
the world that its line "# extends: FILE" names):

    python workflow/schemas/check_config.py config/config.yaml tests/config/tiny.yaml
"""

import copy
import os
import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # as a command: the package lies at the root

from cross_keys import cross_key_problems
from schema_file import read_schema
from session_sheet import read_sessions
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config
from violations import config_problems

SCHEMA = Path(__file__).with_name("config.schema.yaml")
DEFAULT = Path(__file__).parents[2] / "config" / "config.yaml"


def check_config(config: dict, source: str = "config") -> None:
    """Refuse a config that breaks the schema or contradicts itself.

    Parameters
    ----------
    config : dict
        The merged config, as Snakemake has it.
    source : str
        Put in front of every line.

    Raises
    ------
    ValueError
        With every problem, one line each: key, what was found, what is allowed. The session sheet
        is read once every single key is valid, contradictions are looked for after that.
    """
    schema = read_schema(SCHEMA)
    problems = config_problems(config, schema)
    if not problems:
        problems = cross_key_problems(config, read_sessions(config["recordings"]["sessions"]))
    if problems:
        raise ValueError("\n".join(f"{source}: {problem}" for problem in problems))


def merged_config(path: Path) -> dict:
    """Read a config file and merge it over the default as ``snakemake --configfile`` does.

    Returns
    -------
    dict
        Mappings merged, lists replaced.
    """
    config = load_configfile(DEFAULT)
    for override in overrides(path):
        update_config(config, load_configfile(override))
    return config


def over_default(config: dict) -> dict:
    """Merge what a workflow that imports this one as a module gives as config over the default.

    Returns
    -------
    dict
        A new one: mappings merged, lists replaced. The session sheet of the default is named from
        the working folder, which is not the project's root.
    """
    default = load_configfile(DEFAULT)
    sheet = DEFAULT.parents[1] / default["recordings"]["sessions"]
    default["recordings"]["sessions"] = os.path.relpath(sheet)
    merged = copy.deepcopy(config)  # first, as Snakemake does: the order of keys is part of params
    for layer in (default, config):
        update_config(merged, layer)
    return merged


def overrides(path: Path) -> list[Path]:
    """Files that make a world, in the order of ``snakemake --configfile``.

    Parameters
    ----------
    path : Path
        Config file; a line ``# extends: FILE`` names the world that it changes, with the file's
        path from the project's root.

    Returns
    -------
    list of Path
        Empty for the default world.

    Raises
    ------
    ValueError
        If a world extends several, or one that extends another.
    """
    if path.resolve() == DEFAULT.resolve():
        return []
    extended = re.findall(r"^# extends: (\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    below = [DEFAULT.parents[1] / name for name in extended]
    if len(below) > 1 or any(len(overrides(file)) > 1 for file in below):
        raise ValueError(f"{path}: its line '# extends:' leads to {', '.join(map(str, below))}, "
                         "expected one file that extends no other")
    return [*below, path]


def main(paths: list[str]) -> int:
    """Check each file; return the number of files with problems."""
    n_bad = 0
    for path in paths:
        try:
            check_config(merged_config(Path(path)), source=path)
            print(f"{path}: valid")
        except (OSError, ValueError, WorkflowError) as error:
            print(error, file=sys.stderr)
            n_bad += 1
    return n_bad


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python workflow/schemas/check_config.py CONFIG.yaml [CONFIG.yaml ...]")
    sys.exit(min(main(sys.argv[1:]), 1))
