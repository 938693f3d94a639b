"""Quality of all recordings in one table: every site, medians, sites kept, ceilings, drift.

What the page on recording quality draws, so that it is redrawn without the assemblies.
"""

from italign.job import job, keywords

import logging

from italign.assemblies.quality_marks import quality_marks
from italign.assemblies.quality_tables import (
    ceiling_table,
    read_drift,
    repeated_sites,
    site_table,
)
from italign.io import read_dataset, write_table


def summarise_quality(*, assemblies: list[str], ceilings: list[str], drifts: list[str],
                      quality: str, estimator: str) -> None:
    """Write one row per mark of the page on recording quality.

    Parameters
    ----------
    assemblies, ceilings : list of str
        netCDF files of the contracts ``assembly`` and ``ceiling``.
    drifts : list of str
        Drift table of each assembly, CSV.
    quality : str
        Target, CSV, as from `italign.assemblies.quality_marks.quality_marks`.
    estimator : str
        CKA estimator of the ceilings.
    """
    recorded = [read_dataset(path, "assembly") for path in assemblies]
    drift = read_drift(drifts)
    limits = ceiling_table([read_dataset(path, "ceiling") for path in ceilings], estimator)
    sources = {(ds.attrs["animal"], ds.attrs["stimulus_set"]): ds.attrs["source"]
               for ds in recorded}
    sites = site_table(recorded, drift)
    logging.info("%d of %d sites kept in %d assemblies", sites["selected"].sum(), len(sites),
                 len(recorded))
    write_table(quality_marks(sites, limits, repeated_sites(drift), sources), quality)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        summarise_quality(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
