"""Render one image set of the in-silico world: solid objects on unrelated backgrounds.

Objects are signed-distance functions, sphere-traced in orthographic view; poses follow HVM's
variation levels; backgrounds have natural (1/f) statistics. Section 2.1 of the paper.
DEVIATION: the paper shows HVM's rendered meshes and COCO photographs; these stand for them.
"""

from italign.job import job, keywords

import logging

from italign.io import write_dataset
from italign.stimuli.sets import make_set

LICENCE = "CC0-1.0 (rendered by italign)"


def render_stimuli(*, stimuli: str, set_name: str, style: str, categories: list[str],
                   blocks: list[dict], image_px: int, image_degrees: float, seed: int) -> None:
    """Render a set and write it.

    Parameters
    ----------
    stimuli : str
        Target, contract ``stimuli``.
    set_name : str
        Identifier of the set.
    style : str
        grey (HVM-like), colour (COCO-like) or mixed.
    categories : list of str
        Nouns.
    blocks : list of dict
        variation, split, per_category of each.
    image_px : int
        Side of the images, pixels.
    image_degrees : float
        Side of the images, degrees of visual angle.
    seed : int
        Of the world; every set draws from a stream of its own.
    """
    ds = make_set(set_name, style, categories, blocks, image_px, image_degrees, seed)
    logging.info("%s: %d images of %d nouns, %d px, %s", set_name, ds.sizes["stimulus"],
                 len(categories), image_px, style)
    ds.attrs.update(identifier=set_name, image_degrees=image_degrees, licence=LICENCE,
                    source="in silico", style=style)
    write_dataset(ds, stimuli, "stimuli")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        render_stimuli(**snakemake.output, **keywords(snakemake.params))
