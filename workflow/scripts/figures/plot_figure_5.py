"""Figure 5: accuracy against the strength of white-box attacks, on one stimulus set.

The curves of the models that were attacked: unaligned, aligned and adversarially trained, mean and
interval over seeds as computed by `summarise_cohort` (paper, Figure 5).
"""

from italign.job import job, keywords

from collections.abc import Sequence

import matplotlib.pyplot as plt

from italign.evaluation.table import read_csv
from italign.figures.attack_curves import attack_curves, attacks_missing
from italign.figures.curves import draw_curves
from italign.figures.panels import rows_of_panels
from italign.figures.style import COLUMN_INCHES, finish_figure, use_style
from italign.figures.words import missing_words

ROW_INCHES, REST_INCHES = 1.75, 0.65


def plot_figure_5(*, levels: str, points: str, pdf: str, svg: str, png: str, csv: str,
                  source: str, stimulus_set: str, attacks: Sequence[str]) -> None:
    """Draw the figure and write its numbers.

    Parameters
    ----------
    levels, points : str
        Tables of `summarise_cohort`.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    source : str
        Where the data come from; printed on the figure.
    stimulus_set : str
        Whose images were attacked.
    attacks : sequence of str
        Names of attacks in the config, one panel each.
    """
    use_style()
    curves = attack_curves(read_csv(levels), read_csv(points), stimulus_set, attacks)
    n_rows = rows_of_panels(curves["attack"].nunique())
    figure = plt.figure(figsize=(COLUMN_INCHES, n_rows * ROW_INCHES + REST_INCHES))
    table = draw_curves(figure, curves, stimulus_set)
    missing = attacks_missing(curves, attacks) + missing_words(table, ("adversarial", "aligned"))
    finish_figure(figure, table, source, missing, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_figure_5(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
