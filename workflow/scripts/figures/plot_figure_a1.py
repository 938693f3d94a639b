"""Figure A.1: accuracy of the decoder behind Figure 3 against validated similarity.

As Figure 3, one part per set or subset of its categories, two in a row (paper, Supplement A.1).
"""

from italign.job import job, keywords

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd

from italign.evaluation.table import read_csv
from italign.figures.checkpoints import checkpoint_rows, draw_checkpoints, sliding_notes
from italign.figures.panels import panel_grid, rows_of_panels
from italign.figures.published import of_column, published_marks
from italign.figures.scatter import TALL_INCHES
from italign.figures.scatter_legend import draw_legends
from italign.figures.style import PANELS_PER_ROW, finish_figure, use_style
from italign.figures.words import (
    SIMILARITY_LABEL,
    image_words,
    measure_words,
    missing_words,
)

ROW_INCHES = 2.2


def plot_figure_a1(*, points: str, averages: str, pdf: str, svg: str, png: str, csv: str,
                   source: str, columns: Sequence[str], figure: str,
                   published: Sequence[str] = (),
                   similarity: str = SIMILARITY_LABEL) -> None:
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
    similarity : str
        Words on the axis of similarity.
    """
    use_style()
    checkpoints, means = read_csv(points), read_csv(averages)
    theirs = published_marks(published, figure)
    width, height = TALL_INCHES
    page = plt.figure(figsize=(width, height + ROW_INCHES * (rows_of_panels(len(columns)) - 1)))
    panels = panel_grid(page, len(columns))
    tables = []
    for axes, column in zip(panels, columns, strict=True):
        rows = checkpoint_rows(checkpoints, column, "figures.figure_a1", ("on", "off"))
        tables.append(draw_checkpoints(axes, rows, means, of_column(theirs, column), ("base",)))
        axes.set_title(image_words(column, line_end=",\n"), fontsize=6.5)
        axes.set_xlabel(similarity.replace(" (", "\n("), fontsize=7)  # of a narrow panel
    for axes, column in zip(panels[::PANELS_PER_ROW], columns[::PANELS_PER_ROW], strict=True):
        axes.set_ylabel(measure_words(column))
    table = pd.concat(tables, ignore_index=True)
    draw_legends(page, table)
    missing = missing_words(table, ("off", "shuffled", "random", "base"))
    finish_figure(page, table, source, missing, sliding_notes(table),
                  pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_figure_a1(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
