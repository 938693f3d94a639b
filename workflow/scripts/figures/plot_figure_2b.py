"""Figure 2B: similarity to held-out monkeys on other image statistics over training (COCO).

Mean over seeds and 95 % bootstrap interval, from the step at which the neural loss is switched
on; computed by `summarise_cohort` (paper, Figure 2B).
"""

import matplotlib.pyplot as plt

from italign.evaluation.table import read_csv
from italign.figures.panels import draw_figure_2
from italign.figures.style import label_source, save_figure, use_style
from italign.job import job, keywords

SIZE_INCHES = (6.2, 2.6)


def plot_figure_2b(*, trajectory: str, statistics: str, pdf: str, svg: str, png: str, csv: str,
                   source: str, stimulus_set: str) -> None:
    """Draw the figure and write its numbers.

    Parameters
    ----------
    trajectory, statistics : str
        Tables of `summarise_cohort`.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    source : str
        Where the data come from; printed on the figure.
    stimulus_set : str
        The set of other image statistics, never used for alignment.
    """
    use_style()
    figure = plt.figure(figsize=SIZE_INCHES)
    table = draw_figure_2(figure, read_csv(trajectory), read_csv(statistics), stimulus_set)
    label_source(figure, source)
    save_figure(figure, table, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_figure_2b(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
