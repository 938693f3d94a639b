"""List the images of a folder (ImageNet): all for training, some of its validation images.

Only names are read here; training decodes the images when it needs them. Section 2.5 of the paper.
"""

from italign.job import job, keywords

import logging

from italign.io import write_table
from italign.stimuli.folder import index_folder


def index_images(*, index: str, folder: str, n_test: int | None, first_images: bool) -> None:
    """Write the list of a folder's images.

    Parameters
    ----------
    index : str
        Target, csv: file (relative to the folder), category, split.
    folder : str
        Holds train/<class>/ and val/<class>/.
    n_test : int or None
        Validation images kept; None: all.
    first_images : bool
        Whether these are the first ones (original code) instead of some of every class.
    """
    table = index_folder(folder, n_test, first_images)
    counts = table.groupby("split").agg(images=("file", "size"), classes=("category", "nunique"))
    for split, row in counts.iloc[::-1].iterrows():
        logging.info("%s: %d %s images of %d classes", folder, row.images, split, row.classes)
    write_table(table, index)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        # Not a param: a folder that moved holds the same images.
        folder = snakemake.config["stimuli"]["sets"][snakemake.wildcards.set]["folder"]
        index_images(**snakemake.output, **keywords(snakemake.params), folder=folder)
