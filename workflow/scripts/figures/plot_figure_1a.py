"""Figure 1A: the experiment, drawn from this world's own images, sites and network.

An animal and a network see the same images; the neural loss pulls one region of the network
towards the sites while the classification loss goes on (paper, Figure 1A and section 2.5).
"""

from italign.job import job, keywords

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt

from italign.evaluation.table import read_csv
from italign.figures.schematic import SIZE_INCHES, draw_schematic
from italign.figures.style import finish_figure, place_by_hand, use_style
from italign.figures.words import loss_words
from italign.io import read_dataset
from italign.stimuli.sheet import examples_table


def plot_figure_1a(*, examples: str, rates: str, architecture: str, pdf: str, svg: str,
                   png: str, csv: str, source: str, region: str, animal: str, base_set: str,
                   test_sets: Sequence[str], neural_loss: Mapping) -> None:
    """Draw the figure and write its numbers.

    Parameters
    ----------
    examples : str
        Some images of every set, as from `pick_examples`.
    rates : str
        Mean rates of an animal that models are aligned to, as from `pick_mean_rates`.
    architecture : str
        Table of `describe_model`.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    source : str
        Where the data come from; printed on the figure.
    region : str
        Region of the network that is compared.
    animal : str
        Whose rates these are.
    base_set, test_sets : str, sequence of str
        Set of the base task, and sets of the held-out tests.
    neural_loss : mapping
        ``name`` of the alignment method of the headline, and its ``options``.
    """
    use_style()
    figure = plt.figure(figsize=SIZE_INCHES)
    place_by_hand(figure)
    shown = read_dataset(examples)
    table = draw_schematic(figure, examples_table(shown, examples), shown["image"].values,
                           read_dataset(rates), read_csv(architecture), region,
                           animal, base_set, test_sets, loss_words(neural_loss))
    finish_figure(figure, table, source, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_figure_1a(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
