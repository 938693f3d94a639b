"""Look for every file from outside that a world needs, and tell at once all that are missing."""

from italign.job import job, keywords

import logging
from pathlib import Path

from italign.io import write_table
from italign.resources.mirrors import mirror_folders
from italign.resources.missing import place_files, refuse_absent
from italign.resources.registry import read_registry
from italign.stimuli.folder import refuse_missing


def find_files(*, registry: str, files: str, datasets: list[str], image_folder: str | None,
               here: str, mirrors: list[str]) -> None:
    """Write where each file is, or fail with what is missing and how to get it.

    Parameters
    ----------
    registry : str
        ``resources/datasets.tsv``.
    files : str
        Output, CSV: name, filename, access, licence, taken, place.
    datasets : list of str
        Names in the registry.
    image_folder : str or None
        Of the base images, if they stay in a folder.
    here : str
        Where fetched files lie.
    mirrors : list of str
        ``resources.mirrors``.
    """
    known, folders = read_registry(registry), mirror_folders(mirrors)
    table, absent = place_files(datasets, known, folders, Path(here))
    if image_folder is not None:
        try:
            refuse_missing(image_folder)
        except ValueError as error:
            absent.append(str(error))
    refuse_absent(absent)
    logging.info("\n%s", table.to_string(index=False))
    write_table(table, files)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        base_set = snakemake.config["training"]["base_set"]
        find_files(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                   image_folder=snakemake.config["stimuli"]["sets"][base_set].get("folder"),
                   mirrors=snakemake.config["resources"]["mirrors"])
