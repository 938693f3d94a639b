"""The network of the schematic: one box per region, and the two losses."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from italign.figures.palette import NO_VALUE, dose_colour

# Inches from the lower left corner of the figure, as in `italign.figures.schematic`.
NETWORK_LEFT, NETWORK_RIGHT, NETWORK_MIDDLE = 1.22, 3.25, 0.92
TALLEST, LOWEST = 0.68, 0.07
NARROWEST, WIDEST = 0.07, 0.24  # boxes of 1 and of `MANY_CHANNELS` channels, or more
MANY_CHANNELS = 1024
SMALL = {"fontsize": 6, "linespacing": 1.1}
LOSS_ARROW = {"color": dose_colour(1), "linewidth": 1.1, "mutation_scale": 7, "shrinkA": 0,
              "shrinkB": 0}


def draw_network(axes: Axes, architecture: pd.DataFrame, region: str, sites_bottom: float,
                 neural_loss: str) -> pd.DataFrame:
    """Draw the regions from left to right, the neural loss up to the sites, and the other loss.

    Parameters
    ----------
    axes : Axes
        In inches.
    architecture : pandas.DataFrame
        As from `italign.models._architecture.describe`, in the order of the pass.
    region : str
        The one that is compared.
    sites_bottom : float
        Where the arrow of the neural loss ends.
    neural_loss : str
        Its formula.

    Returns
    -------
    pandas.DataFrame
        One row per region: the columns of the table, ``mark`` region, and the box: x and y of the
        lower left corner, box_width and box_height, inches.

    Raises
    ------
    ValueError
        If the table has no such region.
    """
    if region not in set(architecture["region"]):
        raise ValueError(f"the network's table has no region {region!r}, found "
                         f"{list(architecture['region'])}; run describe_model again")
    boxes = place_boxes(architecture)
    middles = boxes["x"] + boxes["box_width"] / 2
    for box in boxes.itertuples():
        _draw_box(axes, box, compared=box.region == region)
    _join_boxes(axes, boxes)
    at = boxes.index[boxes["region"] == region][0]
    _draw_neural_loss(axes, middles[at], boxes.loc[at], sites_bottom, neural_loss)
    last = boxes.iloc[-1]
    _draw_classification_loss(axes, middles.iloc[-1], last["y"] + last["box_height"],
                              int(last["n_outputs"]))
    return boxes.assign(mark="region")


def place_boxes(architecture: pd.DataFrame) -> pd.DataFrame:
    """Give each region a box: height by positions a side, width by the logarithm of channels."""
    side = architecture[["height", "width"]].max(axis=1)
    tall = (TALLEST * side / side.max()).clip(lower=LOWEST)
    share = np.log2(architecture["channels"]) / np.log2(MANY_CHANNELS)
    wide = NARROWEST + (WIDEST - NARROWEST) * share.clip(upper=1)
    pitch = (NETWORK_RIGHT - NETWORK_LEFT) / len(architecture)
    middle = NETWORK_LEFT + pitch * (np.arange(len(architecture)) + 0.5)
    return architecture.assign(x=middle - wide / 2, y=NETWORK_MIDDLE - tall / 2, box_width=wide,
                               box_height=tall).reset_index(drop=True)


def _draw_box(axes: Axes, box: NamedTuple, compared: bool) -> None:
    axes.add_patch(Rectangle((box.x, box.y), box.box_width, box.box_height, linewidth=0.6,
                             facecolor=dose_colour(1) if compared else NO_VALUE,
                             edgecolor="0.3", gid=f"region-{box.region}"))
    axes.text(box.x + box.box_width / 2, NETWORK_MIDDLE - TALLEST / 2 - 0.04, _words(box),
              ha="center", va="top", fontweight="bold" if compared else "normal", **SMALL)


def _words(box: NamedTuple) -> str:
    """Region and size; the readout's input has no positions."""
    name = "readout" if box.region == "penultimate" else box.region
    if box.height == box.width == 1:
        return f"{name}\n{box.channels}"
    return f"{name}\n{box.height}x{box.width}\nx{box.channels}"


def _join_boxes(axes: Axes, boxes: pd.DataFrame) -> None:
    ends = boxes["x"] + boxes["box_width"]
    axes.hlines(np.full(len(boxes) - 1, NETWORK_MIDDLE), ends[:-1] + 0.02, boxes["x"][1:] - 0.02,
                color="0.3", linewidth=0.7)


def _draw_neural_loss(axes: Axes, x: float, box: pd.Series, top: float, formula: str) -> None:
    bottom = box["y"] + box["box_height"] + 0.03
    axes.annotate("", (x, top), (x, bottom), arrowprops={"arrowstyle": "<|-|>", **LOSS_ARROW})
    axes.text(x - 0.06, (top + NETWORK_MIDDLE + TALLEST / 2) / 2, f"neural loss\n{formula}",
              ha="right", va="center", color=dose_colour(1), fontsize=7, linespacing=1.1)


def _draw_classification_loss(axes: Axes, x: float, bottom: float, n_outputs: int) -> None:
    words = NETWORK_MIDDLE + TALLEST / 2 + 0.02
    axes.annotate("", (x, words), (x, bottom + 0.03),
                  arrowprops={"arrowstyle": "-|>", "color": "0.3", "linewidth": 0.7,
                              "mutation_scale": 6, "shrinkA": 0, "shrinkB": 0})
    axes.text(NETWORK_RIGHT + 0.05, words + 0.02, f"{n_outputs:,} classes:\nclassification\nloss",
              ha="right", va="bottom", **SMALL)
