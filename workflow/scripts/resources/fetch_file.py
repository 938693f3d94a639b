"""Bring one registered file here: from a mirror, else from its URL, with its hash compared.

Mirrors are folders, searched with all that is below them by file name. A file counts only if it has
the hash that its source published; files that are never downloaded and have no published hash are
taken as they are, and their sha256 is in the log. Where only a file that stands in for the one
asked for lies in a mirror, it is taken, and ``<file>.stands-in`` beside it says so. A download that
breaks off is resumed by the next run. A licence that is not free is shown on the console once.
"""

from italign.job import job, keywords

from italign.resources.fetching import fetch
from italign.resources.mirrors import mirror_folders
from italign.resources.registry import find_dataset, find_stand_ins, read_registry


def fetch_file(*, file: str, dataset: str, mirrors: list[str], registry: str) -> None:
    """Fetch one file.

    Parameters
    ----------
    file : str
        Target; keeps the registry's file name, by which licence and citation are found again.
    dataset : str
        Name in the registry.
    mirrors : list of str
        Folders searched before those of the environment variable ITALIGN_MIRRORS.
    registry : str
        resources/datasets.tsv.
    """
    stand_ins = find_stand_ins(read_registry(registry), dataset)
    fetch(find_dataset(registry, dataset), file, mirror_folders(mirrors), stand_ins)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        # Not a param: other mirrors are no reason to fetch again what is here.
        fetch_file(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                   mirrors=snakemake.config["resources"]["mirrors"])
