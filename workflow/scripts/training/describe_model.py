"""Describe the network that the cohort trains: sizes of its regions, parameters, outputs.

One forward pass of an image's shape, without weights; Figure 1A draws it.
"""

from italign.job import job, keywords

import logging
from pathlib import Path

import torch

from italign.evaluation.table import read_csv
from italign.io import open_dataset, write_table
from italign.models import build_configured
from italign.models._architecture import describe
from italign.training.images import category_names


def describe_model(*, base: str, stimuli: str, architecture: str, model: dict,
                   image_px: int) -> None:
    """Write the network's table.

    Parameters
    ----------
    base, stimuli : str
        Images of the base task, or the index of their folder, and of the stimulus set: their
        categories are the outputs.
    architecture : str
        Output, see `describe`.
    model : dict
        Config entry of the network, with ``region``, where it is compared.
    image_px : int
        Side of the images, pixels.
    """
    # Shapes without numbers: the largest networks are described in seconds.
    with torch.device("meta"):
        network = build_configured(model, _n_categories(base) + _n_categories(stimuli))
    table = describe(network, image_px, model["region"])
    for row in table.itertuples():
        logging.info("%s: %d x %d x %d", row.region, row.height, row.width, row.channels)
    write_table(table, architecture)


def _n_categories(path: str) -> int:
    """Outputs of a set; the images themselves are not read."""
    if Path(path).suffix == ".csv":
        return read_csv(path)["category"].nunique()
    with open_dataset(path) as lazy:
        return len(category_names(lazy))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        describe_model(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
