"""Turn image files of others into an image set: chosen, labelled and resized once.

How a source lays its files out is read by `italign/stimuli/sources/<source>.py`. The paper's sets
are HVM (variation 0 and 3 to train, 6 to test) and COCO photographs, section 2.1.
"""

import logging

import numpy as np

from italign.io import write_dataset
from italign.job import job, keywords
from italign.plugins import pick
from italign.resources.registry import describe_files
from italign.stimuli.prepared import join_blocks, prepare_block
from italign.stimuli.sources import SOURCES


def prepare_stimuli(
    *, train_files: list[str], test_files: list[str], stimuli: str, set_name: str, source: str,
    categories: list[str], blocks: list[dict], image_px: int, image_degrees: float, registry: str,
) -> None:
    """Read the blocks of one set from files and write them.

    Parameters
    ----------
    train_files, test_files : list of str
        Files of the blocks of that split, in the order that the source wants.
    stimuli : str
        Target, contract ``stimuli``.
    set_name : str
        Identifier of the set.
    source : str
        Name of a file of italign/stimuli/sources.
    categories : list of str
        Nouns of the set; images of others are left out.
    blocks : list of dict
        variation, split and n_images of each.
    image_px : int
        Side of the images, pixels.
    image_degrees : float
        Side of the images, degrees of visual angle.
    registry : str
        resources/datasets.tsv, for licences and citations.
    """
    read, files = pick(SOURCES, source, "source"), {"train": train_files, "test": test_files}
    images = {split: read(names, categories) for split, names in files.items() if names}
    prepared = [prepare_block(images, block, categories, image_px, set_name) for block in blocks]
    ds = join_blocks(prepared)
    used = sorted({*train_files, *test_files})
    licence, citation = describe_files(used, registry)
    nouns, counts = np.unique(ds["category"].values, return_counts=True)
    logging.info("%s: %d images, %d px, from %s (licence: %s): %s", set_name, ds.sizes["stimulus"],
                 image_px, ", ".join(used), licence,
                 ", ".join(f"{noun} {n}" for noun, n in zip(nouns, counts, strict=True)))
    ds.attrs.update(identifier=set_name, image_degrees=image_degrees, licence=licence,
                    source=f"images: {citation}")
    write_dataset(ds, stimuli, "stimuli")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        files = {"train_files": [], "test_files": [], **snakemake.input}
        prepare_stimuli(**files, **snakemake.output, **keywords(snakemake.params))
