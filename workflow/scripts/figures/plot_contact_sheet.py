"""Contact sheet: an image of every noun in every stimulus set and variation level (paper 2.1)."""

from italign.job import job, keywords

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from italign.contracts import NO_CATEGORY
from italign.figures.style import PAGE_INCHES, label_source, save_figure, use_style
from italign.io import read_dataset
from italign.stimuli.sheet import GAP_PX, examples_table, mosaic

CELL_INCHES = 0.52  # at most; many nouns share the width of a page
ROOM_FOR_NOUN = 0.4
MARGIN_INCHES = 0.9


def plot_contact_sheet(*, examples: str, pdf: str, svg: str, png: str, csv: str,
                       source: str) -> None:
    """Draw the sheet and list what it shows.

    Parameters
    ----------
    examples : str
        netCDF file of example images (`italign.stimuli.sheet.gather_examples`).
    pdf, svg, png, csv : str
        The figure, and the images it shows.
    source : str
        Where the images come from; printed on the figure.
    """
    use_style()
    ds = read_dataset(examples)
    table = examples_table(ds, examples)
    figure = _draw(mosaic(ds), table, cell=ds.sizes["x"] + GAP_PX)
    label_source(figure, source)
    save_figure(figure, table, pdf=pdf, svg=svg, png=png, csv=csv)


def _draw(sheet: np.ndarray, examples: pd.DataFrame, cell: int) -> plt.Figure:
    n_rows, n_columns = sheet.shape[0] // cell, sheet.shape[1] // cell
    inches = min(CELL_INCHES, (PAGE_INCHES - MARGIN_INCHES) / n_columns)
    figure, axes = plt.subplots(figsize=(n_columns * inches + MARGIN_INCHES,
                                         n_rows * inches + MARGIN_INCHES / 2))
    axes.imshow(sheet, interpolation="nearest")
    nouns = examples.drop_duplicates("column").sort_values("column")["category"]
    nouns = nouns.replace(NO_CATEGORY, "no noun").where(~nouns.duplicated(), "")
    rows = examples.drop_duplicates("row").sort_values("row")
    axes.set_xticks((np.arange(n_columns) + 0.5) * cell, nouns,
                    rotation=0 if inches > ROOM_FOR_NOUN else 90)
    axes.set_yticks((np.arange(n_rows) + 0.5) * cell,
                    [f"{row.set}, variation {row.variation}" for row in rows.itertuples()])
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    return figure


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_contact_sheet(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
