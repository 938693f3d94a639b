"""The recorded sites of the schematic: a heat map of mean rates."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from italign.figures.palette import HEAT_MAP

# Inches from the lower left corner of the figure, as in `italign.figures.schematic`.
MAP_LEFT, MAP_BOTTOM, MAP_WIDTH, MAP_HEIGHT = 1.4, 1.98, 1.5, 0.72
WORDS = {"fontsize": 6, "linespacing": 1.1}


def draw_sites(axes: Axes, rates: xr.DataArray, title: str) -> pd.DataFrame:
    """Draw the heat map, its scale, and of how many sites and images it is.

    Parameters
    ----------
    axes : Axes
        In inches.
    rates : xarray.DataArray
        (neuroid, stimulus), Hz, with neuroid_id, stimulus_id and attributes n_sites and n_images,
        as from `italign.assemblies.mean_rates`.
    title : str
        Whose sites.

    Returns
    -------
    pandas.DataFrame
        ``mark`` rate: neuroid_id, stimulus_id, row and column (from the upper left), value (Hz).
    """
    box = (MAP_LEFT, MAP_LEFT + MAP_WIDTH, MAP_BOTTOM, MAP_BOTTOM + MAP_HEIGHT)
    cells = axes.imshow(rates.values, extent=box, aspect="auto", cmap=HEAT_MAP, vmin=0,
                        interpolation="nearest", gid="rates")
    middle = MAP_LEFT + MAP_WIDTH / 2
    axes.text(middle, box[3] + 0.04, title, ha="center", va="bottom", fontsize=7)
    axes.text(middle, MAP_BOTTOM - 0.03, _some_of(rates, "stimulus", "n_images", "images"),
              ha="center", va="top", **WORDS)
    axes.text(MAP_LEFT - 0.03, MAP_BOTTOM + MAP_HEIGHT / 2,
              _some_of(rates, "neuroid", "n_sites", "sites"), ha="right", va="center", rotation=90,
              **WORDS)
    bar = axes.inset_axes((box[1] + 0.05, MAP_BOTTOM, 0.06, MAP_HEIGHT), transform=axes.transData)
    scale = axes.figure.colorbar(cells, cax=bar)
    scale.outline.set_visible(False)
    scale.set_ticks(cells.get_clim(), labels=[f"{end:.0f}" for end in cells.get_clim()],
                    fontsize=WORDS["fontsize"])
    bar.tick_params(length=0, pad=1)
    bar.set_ylabel("rate (Hz)", labelpad=-2, fontsize=WORDS["fontsize"])
    return _rate_rows(rates)


def _rate_rows(rates: xr.DataArray) -> pd.DataFrame:
    row, column = np.indices(rates.shape)
    return pd.DataFrame({
        "mark": "rate", "neuroid_id": np.repeat(rates["neuroid_id"].values, rates.shape[1]),
        "stimulus_id": np.tile(rates["stimulus_id"].values, rates.shape[0]),
        "row": row.ravel(), "column": column.ravel(), "value": rates.values.ravel(),
    })


def _some_of(rates: xr.DataArray, dim: str, total: str, words: str) -> str:
    shown, n = rates.sizes[dim], rates.attrs[total]
    return f"{n:,} {words}" if shown == n else f"{shown} of {n:,} {words}"
