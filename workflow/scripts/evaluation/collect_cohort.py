"""Join the scores of all cohort members into the one table that statistics and figures read.

Refuses duplicate rows, and members or measures that are absent or unasked for. NaN scores stay
in the table (a decoder may be undefined) and are counted in the log.
"""

from italign.job import job, keywords

import logging
from collections.abc import Mapping, Sequence

from italign.evaluation.table import (
    check_complete,
    concatenate,
    dataset_to_table,
    table_to_dataset,
)
from italign.io import read_dataset, write_dataset, write_table


def collect_cohort(*, scores: Sequence[str], cohort: str, csv: str,
                   expected: Mapping[str, Sequence[str]],
                   seeds: Mapping[str, Sequence[int]], source: str) -> None:
    """Concatenate, check and sort the members' tables.

    Parameters
    ----------
    scores : sequence of str
        netCDF tables with the columns of `COHORT_COLUMNS`, any number per member.
    cohort, csv : str
        The joint table as netCDF, with the settings of every attack, and the same as CSV.
    expected : mapping of str to sequence of str
        Every model of the cohort, and what is scored of it.
    seeds : mapping of str to sequence of int
        Of every model.
    source : str
        Where the recordings come from, e.g. ``in silico``; an attribute of the table.
    """
    tables = [read_dataset(path) for path in scores]
    frame = concatenate([dataset_to_table(table) for table in tables])
    attacks = {name: fact for table in tables for name, fact in table.attrs.items()
               if name.startswith("attack_")}
    check_complete(frame, expected, seeds)
    logging.info("%d files, %d runs, %d rows, of which %d have a NaN value", len(scores),
                 sum(map(len, seeds.values())), len(frame), frame["raw"].isna().sum())
    write_dataset(table_to_dataset(frame).assign_attrs(attacks, source=source), cohort)
    write_table(frame, csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        collect_cohort(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
