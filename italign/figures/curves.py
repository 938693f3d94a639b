"""Accuracy against the strength of an attack, one panel per attack (Figure 5)."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from italign.figures.palette import condition_colour, condition_marker, dose_text
from italign.figures.panels import legend_below, legend_entries, panel_grid, spread_over_seeds
from italign.figures.style import PANELS_PER_ROW
from italign.figures.words import NORMS, set_words

RADII = {"linf": "radius (1/255)", "l2": "radius (pixels 0 to 1)"}
CLEAN_OCTAVES = 1.6  # left of the smallest radius: no attack has no place on a logarithmic axis
TICK_APART, TICK_FROM_CLEAN = 0.29, 0.2  # of the axis, so that labels of ticks have room
LONGEST_TICK = 5  # characters
STYLES = ("-", "--", ":", "-.")  # of models that share their colour


def draw_curves(figure: Figure, curves: pd.DataFrame, stimulus_set: str) -> pd.DataFrame:
    """Draw one panel per attack, with one line and band per model.

    Parameters
    ----------
    figure : Figure
        Empty.
    curves : pandas.DataFrame
        As from `italign.figures.attack_curves.attack_curves`.
    stimulus_set : str
        Named on the axis.

    Returns
    -------
    pandas.DataFrame
        What is drawn: the curves, with ``mark`` clean (no attack; a point apart) or line, and
        ``x``, where on the logarithmic axis it is drawn.
    """
    attacks = list(dict.fromkeys(curves["attack"]))
    panels = panel_grid(figure, len(attacks), sharey=True)
    drawn = pd.concat([_placed(rows) for _, rows in curves.groupby("attack", sort=False)],
                      ignore_index=True)
    styles = _styles(drawn)
    titles = _titles(drawn)
    for axes, attack in zip(panels, attacks, strict=True):
        rows = drawn[drawn["attack"] == attack]
        for model, curve in rows.groupby("model", sort=False):
            _draw_curve(axes, curve, styles[model])
        _label_radii(axes, rows)
        axes.set_title(titles[attack])
    panels[0].set_ylim(bottom=min(0, drawn["low"].min(), drawn["value"].min()) - 0.01)
    for axes in panels[::PANELS_PER_ROW]:
        axes.set_ylabel(f"accuracy, {set_words(stimulus_set)} images\n(fraction correct)")
    legend_below(figure, *legend_entries(panels), ncols=2,
                 title=spread_over_seeds(drawn["n_seeds"], "band"))
    return drawn


def _placed(rows: pd.DataFrame) -> pd.DataFrame:
    """Say where each row of an attack is drawn; the clean images stand apart at the left."""
    clean = rows["radius"] == 0
    left = rows.loc[~clean, "radius"].min() / 2**CLEAN_OCTAVES
    return rows.assign(mark=np.where(clean, "clean", "line"), x=rows["radius"].mask(clean, left))


def _styles(drawn: pd.DataFrame) -> dict[str, dict]:
    models = drawn.drop_duplicates("model")
    colours = [condition_colour(row.target, row.p, row.adversarial) for row in models.itertuples()]
    turns = pd.Series(colours).groupby(colours).cumcount()
    return {row.model: {"color": colour, "linestyle": STYLES[turn % len(STYLES)],
                        "marker": condition_marker(row.target, row.adversarial),
                        "markerfacecolor": colour if row.labels == "on" else "white"}
            for row, colour, turn in zip(models.itertuples(), colours, turns, strict=True)}


def _draw_curve(axes: Axes, curve: pd.DataFrame, style: dict) -> None:
    """Draw one model: a line with band over the radii, and a point with bar of the clean images."""
    line, clean = curve[curve["mark"] == "line"], curve[curve["mark"] == "clean"]
    axes.fill_between(line["x"], line["low"], line["high"], color=style["color"], alpha=0.2,
                      linewidth=0)
    axes.plot(line["x"], line["value"], label=curve["label"].iloc[0], markersize=3.5, **style)
    axes.vlines(clean["x"], clean["low"], clean["high"], color=style["color"], linewidth=3,
                alpha=0.3)
    axes.plot(clean["x"], clean["value"], markersize=3.5, **style | {"linestyle": "none"})


def _label_radii(axes: Axes, rows: pd.DataFrame) -> None:
    """Tick the clean images as 0 and some of the radii, and break the axis between them."""
    radii = np.sort(rows.loc[rows["mark"] == "line", "radius"].unique())
    shown = _spread_ticks(radii)
    clean = rows.loc[rows["mark"] == "clean", "x"].unique()
    axes.set_xscale("log", base=2)
    axes.set_xticks([*clean, *shown], [*(["0"] * len(clean)), *map(_radius, shown)])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(RADII[rows["norm"].iloc[0]])
    if len(clean):
        between = radii[0] / 2 ** (CLEAN_OCTAVES / 2)
        axes.plot([between], [0], marker="$//$", markersize=6, color="black", linestyle="none",
                  markeredgewidth=0.2, transform=axes.get_xaxis_transform(), clip_on=False,
                  gid="break")


def _spread_ticks(radii: np.ndarray) -> list[float]:
    """Radii whose labels have room beside each other, from the largest down."""
    octaves = np.log2(radii / radii[0]) + CLEAN_OCTAVES  # from the clean images
    shown = [len(radii) - 1]
    for k in reversed(range(len(radii) - 1)):
        room = (octaves[shown[-1]] - octaves[k], octaves[k] * TICK_APART / TICK_FROM_CLEAN)
        if min(room) >= TICK_APART * octaves[-1]:
            shown.append(k)
    return radii[shown].tolist()


def _radius(radius: float) -> str:
    """Write 0.25 as 1/4, also where the table's unit has left a rounding error."""
    words = dose_text(float(f"{radius:.9g}"))
    return words if len(words) <= LONGEST_TICK else f"{radius:.2g}"


def _titles(drawn: pd.DataFrame) -> dict[str, str]:
    """Name an attack by its norm, or by its name in the config where two have the same norm."""
    norms = drawn.drop_duplicates("attack").set_index("attack")["norm"]
    return {attack: attack if (norms == norm).sum() > 1 else f"{NORMS[norm]} attack"
            for attack, norm in norms.items()}
