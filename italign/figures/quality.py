"""One page on all recordings: reliability, rates, visual drive, sites kept, ceilings, drift."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from italign.figures.drift import PER_SESSION, draw_drift, spread_dots
from italign.figures.palette import PAPER_AND_EXACT, RULES, THRESHOLD, set_colour

KEEP_ORDER = ["animal", "stimulus_set"]
PER_SITE = {"rate_hz": "mean rate (Hz)", "visual_drive_dprime": "visual drive d'"}
N_BINS = 20


def draw_recording_quality(figure: Figure, quality: pd.DataFrame) -> pd.DataFrame:
    """Fill one page: histograms of reliability above, summaries below, drift last if there is any.

    Parameters
    ----------
    figure : Figure
        Empty.
    quality : pandas.DataFrame
        As from `italign.assemblies.quality_marks.quality_marks`.

    Returns
    -------
    pandas.DataFrame
        What is drawn: rows of `quality`; of the ceilings, those by `PAPER_AND_EXACT`.
    """
    drifts = has_drift(quality)
    heights = (1, 2, 1.3) if drifts else (1, 2)
    above, below, *last = figure.subfigures(len(heights), 1, height_ratios=heights)
    shown = quality[(quality["panel"] != "ceiling") | quality["item"].isin(PAPER_AND_EXACT)]
    draw_reliability(above, shown[shown["panel"] == "reliability"])
    _draw_summaries(below, shown)
    for part in last:
        for axes, quantity in zip(part.subplots(1, 2), PER_SESSION, strict=True):
            draw_drift(axes, shown, quantity)
    return shown.drop(columns="source")


def has_drift(quality: pd.DataFrame) -> bool:
    """Whether sites were recorded in several sessions, which makes the page longer."""
    return bool(quality["panel"].isin(list(PER_SESSION)).any())


def _draw_summaries(figure: SubFigure, quality: pd.DataFrame) -> None:
    """Draw rate, visual drive, sites kept and ceilings."""
    panels = figure.subplots(2, 2)
    draw_per_site(panels[0, 0], quality, "rate_hz")
    draw_per_site(panels[0, 1], quality, "visual_drive_dprime")
    draw_sites_kept(panels[1, 0], quality[quality["panel"] == "sites"])
    draw_ceilings(panels[1, 1], quality[quality["panel"] == "ceiling"])


def draw_reliability(figure: SubFigure, rows: pd.DataFrame) -> None:
    """Draw one histogram of split-half reliability per animal, with the threshold as a line."""
    animals = sorted(rows["animal"].unique())
    panels = figure.subplots(1, len(animals), sharex=True, sharey=True, squeeze=False)[0]
    asked = rows["item"] == "threshold"
    lowest = min(0.0, np.floor(rows.loc[~asked, "value"].min() * 10) / 10)
    bins = np.linspace(lowest, 1, N_BINS + 1)
    for axes, animal in zip(panels, animals, strict=True):
        for name, group in rows[rows["animal"] == animal].groupby("stimulus_set"):
            axes.hist(group.loc[~asked, "value"].dropna(), bins=bins, color=set_colour(name),
                      alpha=0.6, label=name.upper(), gid=f"{animal}-{name}")
            for threshold in group.loc[asked, "value"].dropna():  # NaN: none is asked
                axes.axvline(threshold, color=THRESHOLD, linestyle="--", linewidth=1)
        axes.set_title(animal)
    panels[0].set_ylabel("sites")
    panels[0].yaxis.get_major_locator().set_params(integer=True)
    panels[0].set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    figure.supxlabel("split-half reliability (Spearman-Brown); dashed: threshold", fontsize=8)
    _set_legend(figure, rows)


def draw_per_site(axes: Axes, quality: pd.DataFrame, quantity: str) -> None:
    """Draw one dot per site in one column per assembly, and the median as a bar."""
    rows = quality[quality["panel"] == quantity]
    for column, ((_, name), group) in enumerate(rows.groupby(KEEP_ORDER)):
        spread_dots(axes, column, group, name, f"{quantity}-{column}")
    _name_columns(axes, rows)
    axes.set_ylabel(PER_SITE[quantity])


def draw_sites_kept(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the number of sites kept (full) and dropped (hatched) per assembly."""
    kept, dropped = (rows[rows["item"] == item].set_index(KEEP_ORDER)["value"].sort_index()
                     for item in ("kept", "dropped"))
    everything, x = kept + dropped, np.arange(len(kept))
    colours = [set_colour(name) for _, name in kept.index]
    axes.bar(x, kept, 0.7, color=colours)
    axes.bar(x, dropped, 0.7, bottom=kept, facecolor="white", edgecolor=colours, hatch="////",
             linewidth=0.6)
    for column, (n_kept, n_sites) in enumerate(zip(kept, everything, strict=True)):
        axes.annotate(f"{n_kept:.0f}/{n_sites:.0f}", (column, n_sites), xytext=(0, 2),
                      textcoords="offset points", ha="center", fontsize=6)
    _name_columns(axes, rows)
    axes.set_ylim(0, 1.12 * everything.max())
    axes.set_ylabel("sites kept (hatched: dropped)")


def draw_ceilings(axes: Axes, ceilings: pd.DataFrame) -> None:
    """Draw the mean ceiling of each rule with its SD over splits."""
    for shift, rule in zip((-0.1, 0.1), PAPER_AND_EXACT, strict=True):
        rows = ceilings[ceilings["item"] == rule]
        spread = [rows["value"] - rows["low"], rows["high"] - rows["value"]]
        axes.errorbar(np.arange(len(rows)) + shift, rows["value"], spread, color=RULES[rule],
                      fmt="o", capsize=2, elinewidth=1, label=rule.replace("_", " "))
    _name_columns(axes, ceilings)
    axes.set_ylim(0, 1.05 * max(1.0, ceilings["high"].max()))
    axes.set_ylabel("CKA ceiling (± SD over splits)")
    # Above the panel: a ceiling may lie anywhere in it.
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0)


def _name_columns(axes: Axes, table: pd.DataFrame) -> None:
    keys = list(table.groupby(KEEP_ORDER).groups)
    names = [f"{animal}\n{name.upper()}" for animal, name in keys]
    axes.set_xticks(np.arange(len(keys)), names)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, len(keys) - 0.4)


def _set_legend(figure: SubFigure, rows: pd.DataFrame) -> None:
    """One entry per stimulus set, whichever animals saw it."""
    entries = {}
    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    names = [name.upper() for name in sorted(rows["stimulus_set"].unique(), reverse=True)]
    figure.legend([entries[name] for name in names], names, loc="outside right upper")
