"""Dose-response: what the share of steps with neural loss changes, with effect sizes.

Differences from the unaligned model (p = 0) with interval over seeds, and Hedges' g, all computed
by `summarise_cohort`. Not a figure of the paper, which shows the same doses in its Figures 1 and 2.
"""

from italign.job import job, keywords

import matplotlib.pyplot as plt

from italign.evaluation.table import read_csv
from italign.figures.dose_effects import dose_effects, effect_size_notes, measures_missing
from italign.figures.doses import draw_doses
from italign.figures.style import COLUMN_INCHES, finish_figure, use_style
from italign.figures.words import SIMILARITY_LABEL, missing_words

PANEL_INCHES, REST_INCHES = 0.95, 1.2


def plot_dose_response(*, statistics: str, points: str, pdf: str, svg: str, png: str, csv: str,
                       source: str, base_set: str,
                       similarity: str = SIMILARITY_LABEL) -> None:
    """Draw the figure and write its numbers.

    Parameters
    ----------
    statistics, points : str
        Tables of `summarise_cohort`.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    source : str
        Where the data come from; printed on the figure.
    base_set : str
        Stimulus set of the base task.
    similarity : str
        What it is, in words.
    """
    use_style()
    effects = dose_effects(read_csv(statistics), read_csv(points), base_set)
    n_panels = effects["measure"].nunique()
    figure = plt.figure(figsize=(COLUMN_INCHES, n_panels * PANEL_INCHES + REST_INCHES))
    table = draw_doses(figure, effects, similarity)
    models = missing_words(table, ("shuffled", "random", "adversarial"))
    finish_figure(figure, table, source, measures_missing(effects) + models,
                  effect_size_notes(effects), pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_dose_response(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
