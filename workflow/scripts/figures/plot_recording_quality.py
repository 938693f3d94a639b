"""Recording quality on one page: which sites are kept, and how high similarity can get.

Split-half reliability per animal with the selection threshold, rates, visual drive d', sites kept
and dropped, CKA ceilings of each animal and set (paper 2.2, Figure 1 caption) and, where sites were
recorded in several sessions, what changed between these.
"""

from italign.job import job, keywords

import matplotlib.pyplot as plt

from italign.assemblies.quality_marks import read_quality
from italign.figures.quality import draw_recording_quality, has_drift
from italign.figures.style import PAGE_INCHES, label_source, save_figure, use_style

HEIGHT_INCHES = 6.4
DRIFT_INCHES = 2.4


def plot_recording_quality(*, quality: str, pdf: str, svg: str, png: str, csv: str) -> None:
    """Draw the page and write its numbers.

    Parameters
    ----------
    quality : str
        One row per mark, CSV of `summarise_quality`.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    """
    use_style()
    marks = read_quality(quality)
    height = HEIGHT_INCHES + DRIFT_INCHES * has_drift(marks)
    figure = plt.figure(figsize=(PAGE_INCHES, height))
    table = draw_recording_quality(figure, marks)
    label_source(figure, "; ".join(sorted(marks["source"].unique())))
    save_figure(figure, table, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_recording_quality(
            **snakemake.input, **snakemake.output, **keywords(snakemake.params)
        )
