"""Layers: how alike every layer of the pretrained network is to every animal, before alignment.

Raw CKA with interval over images as computed by `rank_layers`; ceilings, and animals with each
other (`compare_animals`), as lines where there are any. Not a figure of the paper.
"""

from italign.job import job, keywords, listed

from collections.abc import Sequence

import matplotlib.pyplot as plt

from italign.evaluation.table import read_csv
from italign.figures.ladder import draw_ladder, ladder_rows
from italign.figures.style import PAGE_INCHES, finish_figure, use_style

HEIGHT_INCHES = 4.0


def plot_layers(*, layers: str, animals: str | Sequence[str], pdf: str, svg: str, png: str,
                csv: str, source: str, estimator: str) -> None:
    """Draw the figure and write its numbers.

    Parameters
    ----------
    layers : str
        Table of `rank_layers`.
    animals : str or sequence of str
        Table of `compare_animals`; none: no lines of animals with each other.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    source : str
        Where the data come from; printed on the figure.
    estimator : str
        Of CKA, the headline's.
    """
    use_style()
    pairs = next(map(read_csv, listed(animals)), None)
    table = ladder_rows(read_csv(layers), pairs, estimator)
    figure = plt.figure(figsize=(PAGE_INCHES, HEIGHT_INCHES))
    draw_ladder(figure, table, estimator)
    found = set(table["mark"])
    missing = [words for mark, words in (("ceiling", "ceilings"), ("animals", "pairs of animals "
               "that saw the same images")) if mark not in found]
    finish_figure(figure, table, source, missing, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_layers(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
