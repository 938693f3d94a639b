"""Figure 2A: similarity to held-out monkeys on held-out images of HVM over training.

Mean over seeds and 95 % bootstrap interval, from the step at which the neural loss is switched
on; computed by `summarise_cohort` (paper, Figure 2A). The images show the objects of the training
images, at a variation level of which alignment sees no recording.
"""

import matplotlib.pyplot as plt

from italign.evaluation.table import read_csv
from italign.figures.panels import draw_figure_2
from italign.figures.style import label_source, save_figure, use_style
from italign.job import job, keywords

SIZE_INCHES = (6.2, 2.6)


def plot_figure_2a(*, trajectory: str, statistics: str, pdf: str, svg: str, png: str, csv: str,
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
        The set that shares its statistics with the training images.
    """
    use_style()
    figure = plt.figure(figsize=SIZE_INCHES)
    table = draw_figure_2(figure, read_csv(trajectory), read_csv(statistics), stimulus_set)
    label_source(figure, source)
    save_figure(figure, table, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_figure_2a(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
