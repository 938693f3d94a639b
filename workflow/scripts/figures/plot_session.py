"""The page a reviewer asks for, one per session: can these sites be trusted?

Rasters of the best, median and worst kept site; PSTHs of all sites, and their mean; split-half
reliability with its interval and the threshold; sites kept and dropped with reasons; reliability by
electrode position (paper 2.2).
"""

from italign.job import job, keywords

import matplotlib.pyplot as plt

from italign.assemblies.rasters import check_rasters
from italign.figures.session import draw_session
from italign.figures.style import PAGE_INCHES, label_source, save_figure, use_style
from italign.io import read_dataset
from italign.recordings.array_map import read_array_map

HEIGHT_INCHES = 7.6


def plot_session(*, rasters: str, pdf: str, svg: str, png: str, csv: str,
                 array_map: str | None = None) -> None:
    """Draw the page and write its numbers.

    Parameters
    ----------
    rasters : str
        What `pick_rasters` took out of the session's recording and its assembly.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    array_map : str, optional
        Positions of the electrodes.
    """
    use_style()
    shown = read_dataset(rasters)
    check_rasters(shown, rasters)
    figure = plt.figure(figsize=(PAGE_INCHES, HEIGHT_INCHES))
    table = draw_session(figure, shown, read_array_map(array_map) if array_map else None)
    label_source(figure, shown.attrs["source"])
    save_figure(figure, table, pdf=pdf, svg=svg, png=png, csv=csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_session(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
