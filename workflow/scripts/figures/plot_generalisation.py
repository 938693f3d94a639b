"""Generalisation: similarity to animals that no model was trained on, against the dose.

Raw CKA at the last checkpoint, with intervals over seeds and images and the chance level, one panel
per held-out animal and set, all computed by `test_generalisation`. Not a figure of the paper.
"""

from italign.job import job, keywords

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt

from italign.evaluation.table import read_csv
from italign.figures.generalisation import draw_generalisation, figure_inches, selected
from italign.figures.style import finish_figure, use_style
from italign.figures.words import missing_words


def plot_generalisation(*, generalisation: str, pdf: str, svg: str, png: str, csv: str,
                        source: str, method: str, estimator: str, region: str,
                        train_animals: Sequence[str], other_regions: Sequence[Mapping],
                        axes: Sequence[Mapping] | None) -> None:
    """Draw the figure and write its numbers.

    Parameters
    ----------
    generalisation : str
        Table of `test_generalisation`.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    source : str
        Where the data come from; printed on the figure.
    method, estimator : str
        Of the headline.
    region : str
        Of the network, that is compared.
    train_animals : sequence of str
        Animals that models were trained on.
    other_regions : sequence of mapping
        ``animal``, ``set``, ``region`` of held-out recordings of another region than the world's.
    axes : sequence of mapping or None
        ``animal`` and ``set`` of those behind the mean; None: all.
    """
    use_style()
    first = [(axis["animal"], axis["set"]) for axis in axes or []]
    table = selected(read_csv(generalisation), method, estimator, first)
    figure = plt.figure(figsize=figure_inches(table["panel"].nunique()))
    regions = {(one["animal"], one["set"]): one["region"] for one in other_regions}
    shown = set(zip(table["animal"], table["stimulus_set"], strict=True))
    remarks = {key: ", ".join(filter(None, ["trained" * (key[0] in train_animals),
                                            regions.get(key)])) for key in shown}
    draw_generalisation(figure, table, f"CKA with the {region} layer\n({estimator}, raw)", remarks)
    finish_figure(figure, table, source, missing_words(
        table, ("off", "shuffled", "random", "adversarial")), pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_generalisation(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
