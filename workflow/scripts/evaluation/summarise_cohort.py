"""Compute everything the figures draw and the report claims, from the cohort's table.

Validated IT similarity is the plain mean over held-out animal x stimulus set of CKA / ceiling
(paper, Figure 1), or of raw CKA where the animals have no ceiling; behavior the mean of ceiled i2n,
robustness the mean of accuracy under attack. Lines are ordinary least squares; intervals are 95 %
percentile bootstraps, those of Hedges' g by the noncentral t. Each claim names its unit of
resampling (seed, run or dose), the number of resamples and the seed of their generator.
"""

from italign.job import job, keywords

import logging
from collections.abc import Mapping, Sequence

from italign.evaluation.averages import averages as averages_of
from italign.evaluation.claims import all_claims
from italign.evaluation.headline import (
    NO_CEILING,
    mean_axes,
    similarity_axes,
    similarity_quantity,
)
from italign.evaluation.levels import levels as levels_of
from italign.evaluation.points import headline_rows, trajectories, widen
from italign.evaluation.table import dataset_to_table
from italign.io import read_dataset, write_table


def summarise_cohort(*, cohort: str, points: str, averages: str, statistics: str, levels: str,
                     trajectory: str, headline: Mapping[str, str | float | list[str] | None],
                     region: str, robustness_sets: Sequence[str], window_points: int,
                     stride_points: int, n_bootstrap: int, seed: int) -> None:
    """Write points (one row per checkpoint), averages along similarity, claims, levels, training.

    Parameters
    ----------
    cohort : str
        The cohort's table, netCDF.
    points, averages, statistics, levels, trajectory : str
        The five tables, CSV; the last is similarity over training.
    headline : mapping
        What the figures show: ``method`` (alignment method whose doses and controls are compared,
        e.g. ``cka``), ``estimator`` and ``ceiling_rule`` of the similarity, ``axes`` that it is
        the mean of (None: all), ``behavior_sets`` of the mean behavior, ``attack`` and
        ``epsilon_255`` (1/255) of the robustness, both None in a world without attacks.
    region : str
        Of the recorded brains; named where it is not the paper's.
    robustness_sets : sequence of str
        Stimulus sets of the mean robustness.
    window_points, stride_points : int
        Of the sliding average: points in a window, and from one window to the next.
    n_bootstrap, seed : int
        Of every bootstrap.
    """
    frame = dataset_to_table(read_dataset(cohort))
    rows = headline_rows(frame, headline)
    axes, averaged = similarity_axes(rows), mean_axes(rows, headline)
    rule = headline["ceiling_rule"]
    wide = widen(rows, headline["behavior_sets"], robustness_sets, headline["method"], averaged)
    claims = all_claims(wide, frame, axes, headline["behavior_sets"], n_bootstrap, seed,
                        similarity_quantity(rule, region))
    means = levels_of(frame, n_bootstrap, seed, averaged, rule != NO_CEILING)
    along = averages_of(wide, headline["method"], window_points, stride_points, n_bootstrap, seed)
    over_training = trajectories(rows, headline["method"], n_bootstrap, seed)
    logging.info("%d rows; headline numbers: %d; checkpoints: %d; axes: %s; averages: %d; "
                 "claims: %d; levels: %d", len(frame), len(rows), len(wide), axes, len(along),
                 len(claims), len(means))
    for note in sorted({*along["note"], *claims["note"], *means["note"]} - {""}):
        logging.info("note: %s", note)
    for table, path in ((wide, points), (along, averages), (claims, statistics), (means, levels),
                        (over_training, trajectory)):
        write_table(table, path)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        summarise_cohort(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
