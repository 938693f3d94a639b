"""Claims: each of the paper's claims as an estimate with interval, its published size, a verdict.

Estimates, intervals (95 % bootstrap over seeds, of correlations over runs) and verdicts are
computed by `compare_published`.
"""

from italign.job import job, keywords

import matplotlib.pyplot as plt

from italign.evaluation.published import read_compared
from italign.figures.claims import claims_height, draw_claims
from italign.figures.style import COLUMN_INCHES, finish_figure, use_style


def plot_claims(*, reproduction: str, pdf: str, svg: str, png: str, csv: str,
                source: str) -> None:
    """Draw the figure and write its numbers.

    Parameters
    ----------
    reproduction : str
        Table of `compare_published`.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    source : str
        Where the data come from; printed on the figure.
    """
    claims = read_compared(reproduction)
    use_style()
    figure = plt.figure(figsize=(COLUMN_INCHES, claims_height(claims)))
    table = draw_claims(figure, claims)
    finish_figure(figure, table, source, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_claims(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
