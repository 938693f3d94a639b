"""Turn one animal's responses in files of others into an assembly.

How a source lays its files out is read by `italign/assemblies/sources/<source>.py`. Images join by
stimulus_id: those that both the file and the image set hold. Several files are several sessions
with sites of their own, side by side; their rates are NaN where their session did not show an
image. Measures that need what a file lacks (repetitions, a baseline, rates in Hz) are NaN. Sites
without a response stay in the assembly with selected = 0 and the reason, as do those that are not
on a list of sites. Sections 2.2 and 2.5 of the paper.
"""

from italign.job import job, keywords

import logging
from pathlib import Path

from italign.assemblies.prepared import assembly_of, join_stimuli
from italign.assemblies.site_lists import read_site_list
from italign.assemblies.sources import SOURCES
from italign.io import read_dataset, write_dataset
from italign.plugins import pick
from italign.resources.registry import describe_files


def prepare_assembly(
    *, files: str | list[str], stimuli: str, assembly: str, animal: str, stimulus_set: str,
    source: str, region: str, selection: dict, reliability_splits: int, seed: int, registry: str,
    sites: str | list[str] | None = None,
) -> None:
    """Read one animal's responses to one image set and write them.

    Parameters
    ----------
    files : str or list of str
        Responses, one file or one each session.
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
    sites : str, optional
        File of names of the sites that may be selected, as the source names them; all without.
    """
    paths = [files] if isinstance(files, str) else list(files)
    images = read_dataset(stimuli, "stimuli")["stimulus_id"].values
    read = pick(SOURCES, source, "source")
    sessions = {_name(path, paths, animal, stimulus_set):
                join_stimuli(read(path, animal, region), images, path) for path in paths}
    listed = read_site_list(sites) if sites else None
    ds = assembly_of(sessions, selection, reliability_splits, seed, listed)
    _, citation = describe_files(paths, registry)
    ds.attrs.update(animal=animal, stimulus_set=stimulus_set, source=f"recorded: {citation}")
    logging.info("%s, %s from %s: %d of %d images x %d repetitions x %d sites; %d sites selected",
                 animal, stimulus_set, ", ".join(paths), ds.sizes["stimulus"], len(images),
                 ds.sizes["repetition"], ds.sizes["neuroid"], int(ds["selected"].sum()))
    units = next(iter(sessions.values())).units
    write_dataset(ds, assembly, "assembly", units={"rate": units})


def _name(path: str, paths: list[str], animal: str, stimulus_set: str) -> str:
    """Animal and set, and the file where there are several."""
    name = f"{animal}, {stimulus_set}"
    return name if len(paths) == 1 else f"{name} ({Path(path).name})"


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        prepare_assembly(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
