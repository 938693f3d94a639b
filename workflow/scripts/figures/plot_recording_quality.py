"""Recording quality on one page: which sites are kept, and how high similarity can get.

Split-half reliability per animal with the selection threshold, rates, visual drive d', sites kept
and dropped, and both CKA ceilings of each held-out animal and set (paper 2.2, Figure 1 caption).
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt

from italign.figures.quality import ceiling_table, draw_recording_quality, site_table
from italign.figures.style import label_source, save_figure, use_style
from italign.io import read_dataset
from italign.job import job, keywords

SIZE_INCHES = (7.2, 6.4)


def plot_recording_quality(*, assemblies: Sequence[str] | str, ceilings: Sequence[str] | str,
                           pdf: str, svg: str, png: str, csv: str, source: str,
                           estimator: str) -> None:
    """Draw the page and write its numbers.

    Parameters
    ----------
    assemblies, ceilings : sequence of str
        netCDF files of the contracts ``assembly`` and ``ceiling``.
    pdf, svg, png, csv : str
        The figure, and the numbers it draws.
    source : str
        Where the data come from; printed on the figure.
    estimator : str
        CKA estimator of the ceilings shown.
    """
    use_style()
    sites = site_table([read_dataset(path, "assembly") for path in _listed(assemblies)])
    limits = ceiling_table([read_dataset(path, "ceiling") for path in _listed(ceilings)],
                           estimator)
    figure = plt.figure(figsize=SIZE_INCHES)
    table = draw_recording_quality(figure, sites, limits)
    label_source(figure, source)
    save_figure(figure, table, pdf=pdf, svg=svg, png=png, csv=csv)


def _listed(paths: Sequence[str] | str) -> list[str]:
    return [paths] if isinstance(paths, str) else list(paths)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        plot_recording_quality(
            **snakemake.input, **snakemake.output, **keywords(snakemake.params)
        )
