"""Turn one animal's responses in a file of others into an assembly.

How a source lays its files out is read by `italign/assemblies/sources/<source>.py`. Images join by
stimulus_id: those that both the file and the image set hold. Measures that need what the file lacks
(repetitions, a baseline, rates in Hz) are NaN. Sites without a response stay in the file with
selected = 0 and the reason. Sections 2.2 and 2.5 of the paper.
"""

import logging

from italign.assemblies.prepared import assembly_of, join_stimuli
from italign.assemblies.sources import SOURCES
from italign.io import read_dataset, write_dataset
from italign.job import job, keywords
from italign.plugins import pick
from italign.resources.registry import describe_files


def prepare_assembly(
    *, file: str, stimuli: str, assembly: str, animal: str, stimulus_set: str, source: str,
    region: str, selection: dict, reliability_splits: int, seed: int, registry: str,
) -> None:
    """Read one animal's responses to one image set and write them.

    Parameters
    ----------
    file : str
        Responses.
    stimuli : str
        Images, contract ``stimuli``.
    assembly : str
        Target, contract ``assembly``.
    animal, stimulus_set, region : str
        Whose responses, to which images, from where.
    source : str
        Name of a file of italign/assemblies/sources.
    selection : dict
        As of `assemble_responses`; reliability and snr can be asked where images were repeated.
    reliability_splits : int
        Random halves behind the reliability.
    seed : int
        Of the halves and of the bootstrap.
    registry : str
        resources/datasets.tsv, for the citation.
    """
    images = read_dataset(stimuli, "stimuli")["stimulus_id"].values
    read = pick(SOURCES, source, "source")
    responses = join_stimuli(read(file, animal, region), images, file)
    ds = assembly_of(responses, f"{animal}, {stimulus_set}", selection, reliability_splits, seed)
    _, citation = describe_files([file], registry)
    ds.attrs.update(animal=animal, stimulus_set=stimulus_set, source=f"recorded: {citation}")
    logging.info("%s, %s from %s: %d of %d images x %d repetitions x %d sites; %d sites selected",
                 animal, stimulus_set, file, ds.sizes["stimulus"], len(images),
                 ds.sizes["repetition"], ds.sizes["neuroid"], int(ds["selected"].sum()))
    write_dataset(ds, assembly, "assembly", units={"rate": responses.units})


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        prepare_assembly(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
