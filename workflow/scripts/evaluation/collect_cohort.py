"""Join the scores of all cohort members into the one table that statistics and figures read.

Refuses duplicate rows, and members or measures that are absent or unasked for. NaN scores stay
in the table (a decoder may be undefined) and are counted in the log.
"""

import logging
from collections.abc import Sequence

from italign.evaluation.table import (
    check_complete,
    concatenate,
    dataset_to_table,
    table_to_dataset,
)
from italign.io import read_dataset, write_dataset, write_table
from italign.job import job, keywords


def collect_cohort(*, scores: Sequence[str], cohort: str, csv: str,
                   expected: Sequence[tuple[str, int]], source: str) -> None:
    """Concatenate, check and sort the members' tables.

    Parameters
    ----------
    scores : sequence of str
        netCDF tables with the columns of `COHORT_COLUMNS`, any number per member.
    cohort, csv : str
        The joint table as netCDF, and the same as CSV.
    expected : sequence of (str, int)
        Model and seed of every member of the cohort.
    source : str
        Where the recordings come from, e.g. ``in silico``; an attribute of the table.
    """
    frame = concatenate([dataset_to_table(read_dataset(path)) for path in scores])
    check_complete(frame, expected)
    logging.info("%d files, %d members, %d rows, of which %d have a NaN value", len(scores),
                 len(expected), len(frame), frame["raw"].isna().sum())
    write_dataset(table_to_dataset(frame).assign_attrs(source=source), cohort)
    write_table(frame, csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        collect_cohort(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
