"""Planted truth recovered, on one page; only simulated recordings have it.

Precision and recall of detected spikes, recovered against planted rates, estimated against true
reliability, and the teacher's CKA with recorded sites, raw and ceiled, against noiseless rates.
"""

from italign.job import job, keywords

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd

from italign.evaluation.table import read_csv
from italign.figures.style import PAGE_INCHES, label_source, save_figure, use_style
from italign.figures.truth import draw_recovered_truth

HEIGHT_INCHES = 5


def plot_recovered_truth(*, validations: Sequence[str] | str, truth_table: str, pdf: str,
                         svg: str, png: str, csv: str, source: str) -> None:
    """Draw the page and write its numbers.

    Parameters
    ----------
    validations : sequence of str
        One table per session, CSV, one row per channel.
    truth_table : str
        Similarity of the teacher per animal, set and estimator, CSV.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    source : str
        Where the data come from; printed on the figure.
    """
    use_style()
    paths = [validations] if isinstance(validations, str) else list(validations)
    channels = pd.concat([read_csv(path) for path in paths], ignore_index=True)
    figure = plt.figure(figsize=(PAGE_INCHES, HEIGHT_INCHES))
    table = draw_recovered_truth(figure, channels, read_csv(truth_table))
    label_source(figure, source)
    save_figure(figure, table, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_recovered_truth(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
