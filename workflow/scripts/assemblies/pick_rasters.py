"""Pick the rasters that stand for a session: best, median and worst kept site (paper 2.2).

Crossings around the onsets of each site's three strongest and three weakest stimuli; quality and
PSTHs of all sites; the counts and rules that the session's page prints: all that redraws the page.
"""

from italign.job import job, keywords

import logging

from italign.assemblies.rasters import session_rasters
from italign.io import read_dataset, write_dataset
from italign.recordings.presentations import read_presentations


def pick_rasters(*, crossings: str, presentations: str, rates: str, assembly: str,
                 rasters: str) -> None:
    """Write the rasters of one session.

    Parameters
    ----------
    crossings, rates, assembly : str
        netCDF files of the contracts of the same names; the assembly holds the session's sites.
    presentations : str
        The session's presentation table.
    rasters : str
        Target, as from `italign.assemblies.rasters.session_rasters`.
    """
    ds = session_rasters(read_dataset(crossings, "crossings"), read_presentations(presentations),
                         read_dataset(rates, "rates"), read_dataset(assembly, "assembly"))
    logging.info("%s: %d presentations shown with %d crossings", ds.attrs["session"],
                 ds.sizes["shown"], ds.sizes["tick"])
    write_dataset(ds, rasters)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        pick_rasters(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
