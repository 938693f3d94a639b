"""Recording quality on one page: which sites are kept, and how high similarity can get.

Split-half reliability per animal with the selection threshold, rates, visual drive d', sites kept
and dropped, CKA ceilings of each animal and set (paper 2.2, Figure 1 caption) and, where sites were
recorded in several sessions, what changed between these.
"""

import matplotlib.pyplot as plt
import pandas as pd

from italign.evaluation.table import read_csv
from italign.figures.drift import repeated_sites
from italign.figures.quality import draw_recording_quality
from italign.figures.quality_tables import ceiling_table, site_table
from italign.figures.style import label_source, save_figure, use_style
from italign.io import read_dataset
from italign.job import job, keywords

WIDTH_INCHES = 7.2
HEIGHT_INCHES = 6.4
DRIFT_INCHES = 2.4


def plot_recording_quality(*, assemblies: list[str], ceilings: list[str], drifts: list[str],
                           pdf: str, svg: str, png: str, csv: str, estimator: str) -> None:
    """Draw the page and write its numbers.

    Parameters
    ----------
    assemblies, ceilings : list of str
        netCDF files of the contracts ``assembly`` and ``ceiling``.
    drifts : list of str
        Drift table of each assembly, CSV.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    estimator : str
        CKA estimator of the ceilings shown.
    """
    use_style()
    recorded = [read_dataset(path, "assembly") for path in assemblies]
    drift = pd.concat([read_csv(path) for path in drifts], ignore_index=True)
    limits = ceiling_table([read_dataset(path, "ceiling") for path in ceilings], estimator)
    repeated = repeated_sites(drift)
    height = HEIGHT_INCHES + DRIFT_INCHES * bool(len(repeated))
    figure = plt.figure(figsize=(WIDTH_INCHES, height))
    table = draw_recording_quality(figure, site_table(recorded, drift), limits, repeated)
    label_source(figure, "; ".join(sorted({ds.attrs["source"] for ds in recorded})))
    save_figure(figure, table, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_recording_quality(
            **snakemake.input, **snakemake.output, **keywords(snakemake.params)
        )
