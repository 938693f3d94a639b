"""List the files from outside that a world needs, or all that are registered: `make data`.

    python workflow/scripts/resources/list_data.py [--config config/open.yaml]

Name, whether it is here, in a mirror, fetchable or to be asked for, size, licence, and where it is
or whom to ask; sizes in all. Nothing is fetched.
"""

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))  # as a command: the package lies at the root
sys.path.append(str(Path(__file__).parents[2] / "schemas"))

from check_config import DEFAULT, check_config, merged_config
from session_sheet import read_sessions
from snakemake.exceptions import WorkflowError

from italign.resources.mirrors import mirror_folders
from italign.resources.overview import format_survey, survey_files
from italign.resources.registry import read_registry
from italign.resources.used import used_datasets, used_folder
from italign.stimuli.folder import refuse_missing


def list_data(config: str | None, registry: str, here: str) -> str:
    """Describe a world's files, or all that are registered.

    Parameters
    ----------
    config : str or None
        Config file of the world; None: every file of the registry.
    registry : str
        ``resources/datasets.tsv``.
    here : str
        Where fetched files lie.

    Returns
    -------
    str
        The table, with sizes at the foot.

    Raises
    ------
    ValueError
        If the config is not valid.
    """
    merged, known = merged_config(Path(config) if config else DEFAULT), read_registry(registry)
    folders = mirror_folders(merged["resources"]["mirrors"])
    title, names, folder = f"every file of {registry}", list(known), None
    if config:
        check_config(merged, config)
        title, folder = f"world {merged['world']}", used_folder(merged)
        names = used_datasets(merged, read_sessions(merged["recordings"]["sessions"]))
    survey = survey_files(names, known, folders, Path(here))
    return "\n".join([
        f"{title}; mirrors: {', '.join(map(str, folders)) or 'none'}",
        format_survey(survey) if names else "no file from outside is needed",
        *([_folder_line(folder)] if folder else []),
    ])


def _folder_line(folder: str) -> str:
    try:
        refuse_missing(folder)
    except ValueError as error:
        return f"ImageNet, a folder of your own: {error}"
    return f"ImageNet, a folder of your own: present, {folder} (ImageNet research terms)"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--config", help="config file of a world; without it, every file")
    try:
        print(list_data(parser.parse_args().config, "resources/datasets.tsv", "resources/files"))
    except (OSError, ValueError, WorkflowError) as error:
        sys.exit(str(error))
