"""The experiment in one drawing (Figure 1A), made of a world's own images, sites and network.

Places are in inches from the lower left corner of the figure, whose size is fixed: a drawing, and
no panel whose size follows its labels.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from italign.assemblies.mean_rates import spread
from italign.figures.network_drawing import NETWORK_LEFT, NETWORK_MIDDLE, draw_network
from italign.figures.sites_drawing import (
    MAP_BOTTOM,
    MAP_LEFT,
    WORDS,
    draw_sites,
)
from italign.figures.style import COLUMN_INCHES

SIZE_INCHES = (COLUMN_INCHES, 3.0)
ARROW = {"arrowstyle": "-|>", "color": "0.3", "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0,
         "mutation_scale": 6}
THUMB, THUMB_GAP = 0.37, 0.03
THUMBS_LEFT = 0.06
THUMBS_RIGHT = THUMBS_LEFT + 2 * THUMB + THUMB_GAP
# Lower edge of each group of images, in rows of two.
ALIGNED_BOTTOM, BASE_BOTTOM, TESTS_BOTTOM = 1.96, 1.25, 0.3
N_ALIGNED, N_OTHER = 4, 2


def draw_schematic(figure: Figure, examples: pd.DataFrame, images: np.ndarray,
                   rates: xr.Dataset, architecture: pd.DataFrame, region: str, animal: str,
                   base_set: str, test_sets: Sequence[str], neural_loss: str) -> pd.DataFrame:
    """Draw images, an animal's sites, the network and the two losses.

    Parameters
    ----------
    figure : Figure
        Empty, of `SIZE_INCHES`, without layout engine.
    examples : pandas.DataFrame
        As from `italign.stimuli.sheet.pick_examples`.
    images : array (n_examples, y, x, 3) of uint8
        Their images, in the same order.
    rates : xarray.Dataset
        As from `italign.assemblies.mean_rates.mean_rates`, of an animal that models are aligned to.
    architecture : pandas.DataFrame
        As from `italign.models._architecture.describe`.
    region : str
        Region of the network that is compared.
    animal : str
        Named over its sites.
    base_set, test_sets : str, sequence of str
        Set of the base task, whose images need not be among the examples, and sets of the tests.
    neural_loss : str
        Formula at the arrow between sites and region.

    Returns
    -------
    pandas.DataFrame
        What is drawn: ``mark`` image (one row per image, its lower left corner as x and y in
        inches), rate (one row per site and image of the heat map, ``value`` in Hz, ``row`` and
        ``column``) and region (one row per region of the network, its box as x, y, box_width and
        box_height).

    Raises
    ------
    ValueError
        If there is no training image of the animal's set among the examples, or the network has
        no such region.
    """
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    shown_set = str(rates.attrs["stimulus_set"])
    groups = _groups(examples, shown_set, base_set, test_sets)
    tables = [_draw_group(axes, images, *group) for group in groups]
    area = str(rates["region"].values[0])
    shown_hz = rates["rate_hz"].assign_coords(
        {name: rates[name] for name in ("neuroid_id", "stimulus_id")}).assign_attrs(rates.attrs)
    tables.append(draw_sites(axes, shown_hz, f"{area} of {animal}"))
    tables.append(draw_network(axes, architecture, region, MAP_BOTTOM - 0.16, neural_loss))
    _draw_arrows(axes, shows_base=len(groups[1][0]) > 0)
    axes.set(xlim=(0, SIZE_INCHES[0]), ylim=(0, SIZE_INCHES[1]))
    return pd.concat(tables, ignore_index=True)


def _draw_arrows(axes: Axes, shows_base: bool) -> None:
    """Lead the images to who sees them; those of the base task from where they, or words, end."""
    right, network = THUMBS_RIGHT + 0.05, NETWORK_LEFT - 0.03
    base = (right, BASE_BOTTOM + 0.1) if shows_base else (THUMBS_LEFT + 0.5, BASE_BOTTOM + 0.04)
    for begin, end in (
        ((right, ALIGNED_BOTTOM + 0.5), (MAP_LEFT - 0.18, ALIGNED_BOTTOM + 0.5)),
        ((right, ALIGNED_BOTTOM + 0.1), (network, NETWORK_MIDDLE + 0.1)),
        (base, (network, NETWORK_MIDDLE - 0.05)),
    ):
        axes.annotate("", end, begin, arrowprops=ARROW)


def _groups(examples: pd.DataFrame, shown_set: str, base_set: str,
            test_sets: Sequence[str]) -> list[tuple[pd.DataFrame, float, str]]:
    """Images of each group, where the group is drawn, and what stands above it."""
    train = examples[examples["split"] == "train"]
    aligned = _pick(train[train["set"] == shown_set], N_ALIGNED)
    if aligned.empty:
        found = examples.groupby("set")["split"].unique().map(list).to_dict()
        raise ValueError(f"no training image of {shown_set!r} among the examples, found {found}; "
                         "run pick_examples again")
    each = max(1, N_OTHER // len(test_sets))
    tested = pd.concat([_pick(_tested(examples, name, shown_set), each)
                        for name in test_sets[:N_OTHER]])
    names = " and ".join(name.upper() for name in test_sets[:N_OTHER])
    others = ",\n..." if len(test_sets) > N_OTHER else ""
    return [(aligned, ALIGNED_BOTTOM, f"{shown_set.upper()} images"),
            (_pick(train[train["set"] == base_set], N_OTHER), BASE_BOTTOM, "base task"),
            (tested, TESTS_BOTTOM, f"only in tests:\n{names}{others}")]


def _tested(examples: pd.DataFrame, name: str, shown_set: str) -> pd.DataFrame:
    """Examples of what animals and models are tested on."""
    rows = examples[examples["set"] == name]
    # Of a set that no model is aligned to, the other images look the same: there may be no example
    # of its test split where both splits have one variation level.
    return rows[rows["split"] == "test"] if name == shown_set else rows


def _pick(rows: pd.DataFrame, n: int) -> pd.DataFrame:
    """Some rows, evenly spread; the sheet's rows and columns mix variation levels and nouns."""
    return rows.iloc[spread(len(rows), n)] if len(rows) else rows


def _draw_group(axes: Axes, images: np.ndarray, rows: pd.DataFrame, bottom: float,
                words: str) -> pd.DataFrame:
    """Draw images in rows of two from the top, below their words."""
    places = np.arange(len(rows))
    n_rows = -(-len(rows) // 2)
    axes.text(THUMBS_LEFT, bottom + (THUMB + THUMB_GAP) * n_rows, words, va="bottom", **WORDS)
    x = THUMBS_LEFT + places % 2 * (THUMB + THUMB_GAP)
    y = bottom + (n_rows - 1 - places // 2) * (THUMB + THUMB_GAP)
    for index, left, low in zip(rows.index, x, y, strict=True):
        axes.imshow(images[index], extent=(left, left + THUMB, low, low + THUMB), zorder=2)
    columns = ["stimulus_id", "set", "split", "category", "variation"]
    return rows[columns].assign(mark="image", x=x, y=y)
