"""Figure A.1: accuracy of the decoder behind Figure 3 against validated IT similarity.

As Figure 3, one part per set or subset of its categories, two in a row (paper, Supplement A.1).
"""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd

from italign.evaluation.table import read_csv
from italign.figures.checkpoints import checkpoint_rows, draw_checkpoints, name_absent
from italign.figures.published import of_column, published_marks
from italign.figures.scatter import TALL_INCHES
from italign.figures.scatter_legend import draw_legends
from italign.figures.style import label_source, name_missing, save_figure, use_style
from italign.figures.words import image_words, measure_words
from italign.job import job, keywords

ROW_INCHES = 2.2
SIMILARITY_LINES = "validated IT similarity\n(CKA / ceiling)"


def plot_figure_a1(*, points: str, averages: str, pdf: str, svg: str, png: str, csv: str,
                   source: str, columns: Sequence[str], figure: str,
                   published: Sequence[str] = ()) -> None:
    """Draw the figure and write its numbers.

    Parameters
    ----------
    points, averages : str
        Tables of `summarise_cohort`.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    source : str
        Where the data come from; printed on the figure.
    columns : sequence of str
        Of the points, e.g. ``probe_objectome``; one part of the figure each.
    figure : str
        Name in the table of published values, ``a1``.
    published : sequence of str
        Table of the paper's numbers, drawn beside ours; or none.
    """
    use_style()
    checkpoints, means = read_csv(points), read_csv(averages)
    theirs = published_marks(published, figure)
    width, height = TALL_INCHES
    n_rows = math.ceil(len(columns) / 2)
    page = plt.figure(figsize=(width, height + ROW_INCHES * (n_rows - 1)))
    tables = []
    for place, column in enumerate(columns):
        axes = page.add_subplot(n_rows, min(2, len(columns)), place + 1)
        rows = checkpoint_rows(checkpoints, column, "figures.figure_a1", ("on", "off"))
        tables.append(draw_checkpoints(axes, rows, means, of_column(theirs, column), ("base",)))
        axes.set_title(image_words(column, line_end=",\n"), fontsize=6.5)
        axes.set_xlabel(SIMILARITY_LINES, fontsize=7)
        axes.set_ylabel("" if place % 2 else measure_words(column))
    table = pd.concat(tables, ignore_index=True)
    draw_legends(page, table)
    label_source(page, source)
    name_missing(page, name_absent(table, ("off", "shuffled", "random", "base", "sliding")))
    save_figure(page, table, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_figure_a1(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
