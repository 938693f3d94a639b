"""Compare a world with the paper: its claims by direction, and every published number.

The rule of the verdicts is `italign.evaluation.verdicts.RULE`. Values are judged in the world of
the paper alone.
"""

from italign.job import job, keywords

import logging
from collections.abc import Mapping, Sequence

import pandas as pd

from italign.evaluation.headline import NO_CEILING, similarity_quantity, stored_rule
from italign.evaluation.points import roles
from italign.evaluation.published import read_published
from italign.evaluation.published_lookup import Tables
from italign.evaluation.published_values import published_values
from italign.evaluation.reproduction import reproduction as reproduction_of
from italign.evaluation.reproduction import study_of
from italign.evaluation.table import dataset_to_table, read_csv
from italign.io import read_dataset, write_table

PAPER = "paper"  # the world whose data are the paper's


def compare_published(*, cohort: str, points: str, statistics: str, averages: str, published: str,
                      reproduction: str, values: str, world: str,
                      headline: Mapping[str, str | float | list[str]],
                      panels: Mapping[str, Mapping[str, str | None]], attacks: Sequence[str],
                      claims: Mapping[str, str | list[str] | None], region: str,
                      n_bootstrap: int, seed: int) -> None:
    """Write the tested claims and the compared values.

    Parameters
    ----------
    cohort : str
        The cohort's table, netCDF.
    points, statistics, averages : str
        Tables of `summarise_cohort`.
    published : str
        Table of published values (resources/published).
    reproduction, values : str
        One row per claim, one per published number; CSV.
    world : str
        Its name; values are judged in ``paper``.
    headline : mapping
        Of the config's evaluation: ``method``, ``estimator``, ``ceiling_rule`` and ``axes`` are
        read.
    panels : mapping
        ``figure_2`` to ``figure_5`` of the config's figures: panel to the set that it shows.
    attacks : sequence of str
        Those of Figure 5.
    claims : mapping
        ``claims`` of the config's figures: panel to the set, or sets, that its claims are tested
        on instead; None where the world has no such images.
    region : str
        Of the recorded brains.
    n_bootstrap, seed : int
        Of every bootstrap over seeds.
    """
    frame = dataset_to_table(read_dataset(cohort))
    checkpoints, estimates = read_csv(points), read_csv(statistics)
    rule, axes = headline["ceiling_rule"], headline.get("axes")
    averaged = None if axes is None else [(axis["animal"], axis["set"]) for axis in axes]
    study = study_of(checkpoints, frame, estimates, panels, attacks, claims, averaged=averaged,
                     quantity=similarity_quantity(rule, region), is_ceiled=rule != NO_CEILING)
    numbers = read_published(published)
    tested = reproduction_of(study, estimates, numbers, n_bootstrap, seed)
    plain = checkpoints[(checkpoints["method"] == headline["method"])
                        & (checkpoints["adversarial"] == "off")]
    tables = Tables(plain, estimates, read_csv(averages), _similarity(frame, headline),
                    study.panels, study.is_ceiled)
    compared = published_values(numbers, tables, world == PAPER, n_bootstrap, seed)
    logging.info("%d claims: %s; %d published values, %d with ours", len(tested),
                 tested["verdict"].value_counts().to_dict(), len(compared),
                 compared["ours"].notna().sum())
    write_table(tested, reproduction)
    write_table(compared, values)


def _similarity(frame: pd.DataFrame, headline: Mapping[str, str | float | list[str]],
                ) -> pd.DataFrame:
    """CKA rows of the headline's estimator and ceiling, with labels and without attack."""
    rows = frame[(frame["measure"] == "similarity") & (frame["metric"] == "cka")
                 & (frame["steps_since_onset"] >= 0)]
    rows = rows[(rows["estimator"] == headline["estimator"])
                & (rows["ceiling_rule"] == stored_rule(headline["ceiling_rule"]))]
    return rows[pd.Series(roles(rows, headline["method"]), rows.index).isin(
        ["dose", "random", "shuffled"])]


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        compare_published(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
