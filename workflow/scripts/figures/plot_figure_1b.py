"""Figure 1B: behavioral alignment (i2n / sqrt ceiling) against validated similarity.

One point per dose and seed at the final step; OLS line, r, p and n as computed by
`summarise_cohort`; a grey ring marks models trained without neural data (paper, Figure 1B).
"""

from italign.job import job, keywords

from collections.abc import Sequence

import matplotlib.pyplot as plt

from italign.evaluation.table import read_csv
from italign.figures.published import published_marks
from italign.figures.regression import draw_against_similarity
from italign.figures.scatter import SQUARE_INCHES
from italign.figures.scatter_legend import draw_legends
from italign.figures.style import finish_figure, use_style
from italign.figures.words import SIMILARITY_LABEL, measure_words


def plot_figure_1b(*, points: str, statistics: str, pdf: str, svg: str, png: str, csv: str,
                   source: str, published: Sequence[str] = (),
                   similarity: str = SIMILARITY_LABEL) -> None:
    """Draw the figure and write its numbers.

    Parameters
    ----------
    points, statistics : str
        Tables of `summarise_cohort`.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    source : str
        Where the data come from; printed on the figure.
    published : sequence of str
        Table of the paper's numbers, drawn beside ours; or none.
    similarity : str
        Words on the axis of similarity.
    """
    use_style()
    figure, axes = plt.subplots(figsize=SQUARE_INCHES)
    table = draw_against_similarity(axes, read_csv(points), read_csv(statistics), "behavior",
                                    published_marks(published, "1b"), similarity)
    axes.set_ylabel(measure_words("behavior"))
    draw_legends(figure, table)
    finish_figure(figure, table, source, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_figure_1b(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
