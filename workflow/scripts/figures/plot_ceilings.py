"""Which ceiling recovers the truth: ceiled score of the true model against repetitions drawn.

The simulated cortex' own features are scored against each held-out assembly as a model would be,
from few to all repetitions. A right ceiling brings raw / ceiling to the score against noiseless
rates, error 0, whatever the number of repetitions.
"""

from italign.job import job, keywords

import matplotlib.pyplot as plt

from italign.evaluation.table import read_csv
from italign.figures.ceilings import draw_ceilings
from italign.figures.style import PAGE_INCHES, label_source, save_figure, use_style

HEIGHT_INCHES = 3


def plot_ceilings(*, by_repetitions: str, pdf: str, svg: str, png: str, csv: str,
                  source: str) -> None:
    """Draw the figure and write its numbers.

    Parameters
    ----------
    by_repetitions : str
        Error of the ceiled score per animal, set, estimator, rule and repetitions drawn, CSV.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    source : str
        Where the data come from; printed on the figure.
    """
    use_style()
    figure = plt.figure(figsize=(PAGE_INCHES, HEIGHT_INCHES))
    table = draw_ceilings(figure, read_csv(by_repetitions))
    label_source(figure, source)
    save_figure(figure, table, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_ceilings(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
