"""The ladder of a network's layers: how alike each is to each animal, before any alignment."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from italign.figures.palette import BASE, THRESHOLD, set_colour
from italign.figures.panels import legend_below
from italign.figures.words import image_words

POPULATION = ["role", "animal", "stimulus_set", "sessions"]
# Okabe and Ito's, for animals that are held out; training animals are grey.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKERS = ("o", "s", "^", "D", "v", "P")
GREYS = (set_colour("none"), BASE, "#5f5f5f", "#b5b5b5")
ROLES = {"train": "trained animals", "held_out": "held-out animals"}
SMALL_POINTS = 6
FAINT = "0.55"  # of what belongs to no single animal


def ladder_rows(layers: pd.DataFrame, animals: pd.DataFrame | None, estimator: str) -> pd.DataFrame:
    """Rows that the figure shows.

    Parameters
    ----------
    layers : pandas.DataFrame
        As written by `rank_layers`.
    animals : pandas.DataFrame or None
        As written by `compare_animals`.
    estimator : str
        Of CKA.

    Returns
    -------
    pandas.DataFrame
        Layers (``mark`` point, with ``value``), their ceilings (``mark`` ceiling), and pairs of
        different animals that saw the same images (``mark`` animals).
    """
    layers = layers.assign(sessions=layers["sessions"].astype(str))  # dates read as numbers
    points = layers[layers["estimator"] == estimator].rename(columns={"raw": "value"})
    ceilings = points[points["is_compared"] & points["ceiling"].notna()]
    ceilings = ceilings.drop(columns=["low", "high"]).assign(value=ceilings["ceiling"])
    parts = [points.assign(mark="point"), ceilings.assign(mark="ceiling")]
    if animals is not None:
        pairs = animals[(animals["comparison"] == "direct") & (animals["estimator"] == estimator)
                        & animals["value"].notna() & (animals["animal_a"] != animals["animal_b"])]
        parts.append(pairs.assign(mark="animals"))
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def draw_ladder(figure: Figure, rows: pd.DataFrame, estimator: str) -> None:
    """Draw training animals in one panel and held-out animals in the other, layers along both.

    Parameters
    ----------
    figure : Figure
        Empty.
    rows : pandas.DataFrame
        From `ladder_rows`.
    estimator : str
        Named on the y axis.
    """
    points = rows[rows["mark"] == "point"]
    panels = figure.subplots(1, len(ROLES), sharey=True)
    handles: list[Line2D] = []
    for axes, (role, words) in zip(panels, ROLES.items(), strict=True):
        handles += _draw_animals(axes, points[points["role"] == role],
                                 rows[(rows["mark"] == "ceiling") & (rows["role"] == role)],
                                 GREYS if role == "train" else COLOURS)
        _mark_layers(axes, points)
        axes.set_title(words)
    handles += _draw_pairs(panels, points, rows[rows["mark"] == "animals"])
    handles.append(Line2D([], [], color=THRESHOLD, linewidth=0.8, label="layer compared"))
    if not points.loc[points["is_best"], "is_compared"].all():
        handles.append(Line2D([], [], color=THRESHOLD, linewidth=0.8, linestyle=(0, (1, 1.5)),
                              label="best for trained animals"))
    panels[0].set_ylabel(f"{estimator} CKA, raw")
    legend_below(figure, handles, [handle.get_label() for handle in handles], ncols=3,
                 title="bars: 95 % over images")


def _draw_animals(axes: Axes, points: pd.DataFrame, ceilings: pd.DataFrame,
                  colours: Sequence[str]) -> list[Line2D]:
    handles = []
    for place, (names, rows) in enumerate(points.groupby(POPULATION, sort=False)):
        style = {"color": colours[place % len(colours)], "marker": MARKERS[place % len(MARKERS)],
                 "markersize": 3, "linewidth": 0.9}
        rows = rows.sort_values("place")
        _, animal, stimulus_set, sessions = names
        axes.vlines(rows["place"], rows["low"], rows["high"], color=style["color"], linewidth=0.6)
        label = f"{animal}, {image_words('similarity_' + stimulus_set)} ({sessions})"
        handles += axes.plot(rows["place"], rows["value"], label=label, gid="layers", **style)
        own = ceilings[(ceilings[POPULATION] == list(names)).all(axis=1)]
        for value in own["value"]:
            axes.axhline(value, color=style["color"], linewidth=0.7, linestyle=(0, (4, 2)),
                         gid="ceiling")
    if len(ceilings):
        handles.append(Line2D([], [], color=FAINT, linewidth=0.7, linestyle=(0, (4, 2)),
                              label="ceilings, in their colour"))
    return handles


def _draw_pairs(panels: Sequence[Axes], points: pd.DataFrame, pairs: pd.DataFrame) -> list[Line2D]:
    """Lines of animals with each other, over the images that both saw, beside both of them."""
    for row in pairs.itertuples():
        both = {(row.animal_a, row.set_a), (row.animal_b, row.set_b)}
        for axes, role in zip(panels, ROLES, strict=True):
            shown = points[points["role"] == role]
            if both <= set(zip(shown["animal"], shown["stimulus_set"], strict=True)):
                axes.axhline(row.value, color=FAINT, linewidth=0.7, linestyle=(0, (1, 1)),
                             gid="animals", zorder=0)
    if pairs.empty:
        return []
    return [Line2D([], [], color=FAINT, linewidth=0.7, linestyle=(0, (1, 1)),
                   label="two animals, same images")]


def _mark_layers(axes: Axes, points: pd.DataFrame) -> None:
    layers = points.drop_duplicates("layer").sort_values("place")
    axes.set_xticks(layers["place"], layers["layer"], rotation=90, fontsize=SMALL_POINTS)
    for column, line in (("is_compared", "-"), ("is_best", (0, (1, 1.5)))):
        for place in layers.loc[layers[column], "place"]:
            axes.axvline(place, color=THRESHOLD, linewidth=0.8, linestyle=line, zorder=0,
                         gid=column)
    axes.axhline(0, color=BASE, linewidth=0.6, zorder=0)


