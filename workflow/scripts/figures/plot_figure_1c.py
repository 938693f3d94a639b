"""Figure 1C: accuracy under a white-box attack against validated similarity.

As Figure 1B, with the accuracy under PGD (L-infinity) averaged over stimulus sets on the y axis
(paper, Figure 1C).
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
from italign.figures.words import SIMILARITY_LABEL, attack_words


def plot_figure_1c(*, points: str, statistics: str, pdf: str, svg: str, png: str, csv: str,
                   source: str, norm: str, epsilon_255: float,
                   published: Sequence[str] = (),
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
    norm : str
        ``linf`` or ``l2``; printed on the axis.
    epsilon_255 : float
        Attack radius in 1/255; printed on the axis.
    published : sequence of str
        Table of the paper's numbers, drawn beside ours; or none.
    similarity : str
        Words on the axis of similarity.
    """
    use_style()
    figure, axes = plt.subplots(figsize=SQUARE_INCHES)
    table = draw_against_similarity(axes, read_csv(points), read_csv(statistics), "robustness",
                                    published_marks(published, "1c"), similarity)
    axes.set_ylabel(attack_words(norm, epsilon_255))
    draw_legends(figure, table)
    finish_figure(figure, table, source, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_figure_1c(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
