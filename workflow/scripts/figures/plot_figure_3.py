"""Figure 3: behavioral alignment on one set against validated similarity, at every checkpoint.

All checkpoints since the onset of six conditions: IT, shuffled and random targets, with and
without labels; the mean over windows of neighbouring points and the mean of the models at p = 0,
as computed by `summarise_cohort` (paper, Figure 3).
"""

from italign.job import job, keywords

from collections.abc import Sequence

from italign.evaluation.table import read_csv
from italign.figures.checkpoints import checkpoint_figure, checkpoint_rows, sliding_notes
from italign.figures.published import published_marks
from italign.figures.style import finish_figure, use_style
from italign.figures.words import SIMILARITY_LABEL, measure_words, missing_words


def plot_figure_3(*, points: str, averages: str, pdf: str, svg: str, png: str, csv: str,
                  source: str, column: str, figure: str, published: Sequence[str] = (),
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
        Of the points, e.g. ``behavior_hvm``.
    figure : str
        Which panel of the paper, e.g. ``3a``.
    published : sequence of str
        Table of the paper's numbers, drawn beside ours; or none.
    similarity : str
        Words on the axis of similarity.
    """
    use_style()
    rows = checkpoint_rows(read_csv(points), column, f"figures.figure_3.{figure[1:]}",
                           ("on", "off"))
    page, table = checkpoint_figure(rows, read_csv(averages), published_marks(published, figure),
                                    ("base",), measure_words(column), similarity)
    missing = missing_words(table, ("off", "shuffled", "random", "base"))
    finish_figure(page, table, source, missing, sliding_notes(table),
                  pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_figure_3(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
