"""Figure 2: similarity to held-out monkeys over training, on one stimulus set.

Mean over seeds and 95 % bootstrap interval, from the step at which the neural loss is switched
on; computed by `summarise_cohort` (paper, Figure 2). 2A: held-out images of the training set, at a
variation level of which alignment sees no recording. 2B: images of other statistics.
"""

from italign.job import job, keywords

from collections.abc import Sequence

import matplotlib.pyplot as plt

from italign.evaluation.table import read_csv
from italign.figures.over_training import draw_figure_2
from italign.figures.panels import rows_of_panels
from italign.figures.published import published_marks
from italign.figures.style import COLUMN_INCHES, finish_figure, use_style
from italign.figures.words import SIMILARITY_LABEL, missing_words

ROW_INCHES, REST_INCHES = 1.95, 1.2


def plot_figure_2(*, trajectory: str, statistics: str, pdf: str, svg: str, png: str, csv: str,
                  source: str, stimulus_set: str, figure: str, onset_step: int,
                  animals: Sequence[str], published: Sequence[str] = (),
                  similarity: str = SIMILARITY_LABEL) -> None:
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
        Whose images the held-out animals saw.
    figure : str
        Panel of the paper, ``2a`` or ``2b``: picks its published values.
    onset_step : int
        Step at which the members of the cohort part; step 0 of the figure.
    animals : sequence of str
        All held-out animals, in the order of their numbers.
    published : sequence of str
        The table of published values, or nothing.
    similarity : str
        Words on the axis of similarity.
    """
    use_style()
    trajectories = read_csv(trajectory)
    shown = trajectories.loc[trajectories["stimulus_set"] == stimulus_set, "animal"].nunique()
    page = plt.figure(figsize=(COLUMN_INCHES, rows_of_panels(shown) * ROW_INCHES + REST_INCHES))
    table = draw_figure_2(page, trajectories, read_csv(statistics),
                          published_marks(published, figure), stimulus_set, onset_step, animals,
                          similarity)
    finish_figure(page, table, source, missing_words(table, ("shuffled", "random")),
                  pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_figure_2(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
