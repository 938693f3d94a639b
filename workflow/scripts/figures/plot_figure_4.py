"""Figure 4: accuracy under attack on one set against validated similarity, at every checkpoint.

As Figure 3, for models with labels (others have no outputs to attack); adversarially trained
models at the final step are crosses, with intervals over seeds (paper, Figure 4).
"""

from italign.job import job, keywords

from collections.abc import Sequence

from italign.evaluation.table import read_csv
from italign.figures.checkpoints import checkpoint_figure, checkpoint_rows, sliding_notes
from italign.figures.published import published_marks
from italign.figures.style import finish_figure, use_style
from italign.figures.words import SIMILARITY_LABEL, attack_words, missing_words


def plot_figure_4(*, points: str, averages: str, pdf: str, svg: str, png: str, csv: str,
                  source: str, column: str, figure: str, norm: str, epsilon_255: float,
                  published: Sequence[str] = (),
                  similarity: str = SIMILARITY_LABEL) -> None:
    """Draw one panel and write its numbers.

    Parameters
    ----------
    points, averages : str
        Tables of `summarise_cohort`.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    source : str
        Where the data come from; printed on the figure.
    column : str
        Of the points, e.g. ``robustness_hvm``.
    figure : str
        Which panel of the paper, e.g. ``4a``.
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
    rows = checkpoint_rows(read_csv(points), column, f"figures.figure_4.{figure[1:]}", ("on",))
    page, table = checkpoint_figure(rows, read_csv(averages), published_marks(published, figure),
                                    ("base", "adversarial"), attack_words(norm, epsilon_255),
                                    similarity)
    missing = missing_words(table, ("adversarial", "shuffled", "random", "base"))
    finish_figure(page, table, source, missing, sliding_notes(table),
                  pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_figure_4(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
