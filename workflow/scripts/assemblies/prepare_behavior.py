"""Turn recorded choices into trials of an image set.

How a source lays its files out is read by `italign/assemblies/choices/<source>.py`. A trial counts
if its image is a test image of the set. Section 2.3 of the paper.
"""

from italign.job import job, keywords

import logging

from italign.assemblies.choices import SOURCES
from italign.assemblies.prepared_trials import trials_of
from italign.io import read_dataset, write_dataset
from italign.plugins import pick
from italign.resources.registry import describe_files


def prepare_behavior(
    *, files: list[str], stimuli: str, behavior: str, stimulus_set: str, source: str, registry: str
) -> None:
    """Read choices on one image set and write them.

    Parameters
    ----------
    files : list of str
        Of the source.
    stimuli : str
        Images, contract ``stimuli``.
    behavior : str
        Target, contract ``behavior``.
    stimulus_set : str
        Identifier of the image set.
    source : str
        Name of a file of italign/assemblies/choices.
    registry : str
        resources/datasets.tsv, for the citation.
    """
    names = [files] if isinstance(files, str) else list(files)
    images = read_dataset(stimuli, "stimuli")
    images = images.isel(stimulus=images["split"].values == "test")
    trials = pick(SOURCES, source, "source")(names)
    ds = trials_of(trials, images, stimulus_set)
    ds.attrs["source"] = f"recorded: {describe_files(names, registry)[1]}"
    correct = (ds["choice"].values == ds["truth"].values).mean()
    logging.info("%d trials on %d test images of %s by %d observers: %.1f %% correct",
                 ds.sizes["trial"], images.sizes["stimulus"], stimulus_set,
                 len(set(ds["observer"].values.tolist())), 100 * correct)
    write_dataset(ds, behavior, "behavior")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        prepare_behavior(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
