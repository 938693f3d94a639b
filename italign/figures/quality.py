"""One page on all recordings: reliability, rates, visual drive, sites kept, ceilings, drift."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from italign.figures.drift import PER_SESSION, draw_drift, spread_dots
from italign.figures.palette import PAPER_AND_EXACT, RULES, THRESHOLD, set_colour
from italign.figures.quality_tables import KEEP_ORDER

PER_SITE = {"reliability": "reliability", "rate_hz": "mean rate (Hz)",
            "visual_drive_dprime": "visual drive d'"}
N_BINS = 20


def draw_recording_quality(figure: Figure, sites: pd.DataFrame, ceilings: pd.DataFrame,
                           drift: pd.DataFrame) -> pd.DataFrame:
    """Fill one page: histograms of reliability above, summaries below, drift last if there is any.

    Parameters
    ----------
    figure : Figure
        Empty.
    sites, ceilings : pandas.DataFrame
        As from `site_table` and `ceiling_table` of `italign.figures.quality_tables`.
    drift : pandas.DataFrame
        As from `italign.figures.drift.repeated_sites`; empty where each site has one session.

    Returns
    -------
    pandas.DataFrame
        What is drawn, one row per mark: panel, animal, stimulus_set, session, item, value, low,
        high.
    """
    heights = (1, 2, 1.3) if len(drift) else (1, 2)
    above, below, *last = figure.subfigures(len(heights), 1, height_ratios=heights)
    draw_reliability(above, sites)
    tables = [_quality_rows(sites), _draw_summaries(below, sites, ceilings)]
    for part in last:
        tables += [draw_drift(axes, drift, quantity) for axes, quantity in
                   zip(part.subplots(1, 2), PER_SESSION, strict=True)]
    columns = ["panel", *KEEP_ORDER, "session", "item", "value", "low", "high"]
    return pd.concat(tables, ignore_index=True).reindex(columns=columns)


def _quality_rows(sites: pd.DataFrame) -> pd.DataFrame:
    """One row per dot and site of a histogram, median and threshold."""
    values = sites.melt([*KEEP_ORDER, "neuroid_id"], list(PER_SITE), "panel", "value")
    threshold = sites.groupby(KEEP_ORDER, as_index=False)["threshold"].first()
    medians = sites.groupby(KEEP_ORDER)[["rate_hz", "visual_drive_dprime"]].median().reset_index()
    return pd.concat([
        values.rename(columns={"neuroid_id": "item"}),
        threshold.rename(columns={"threshold": "value"}).assign(panel="reliability",
                                                                 item="threshold"),
        medians.melt(KEEP_ORDER, var_name="panel", value_name="value").assign(item="median"),
    ])


def _draw_summaries(figure: SubFigure, sites: pd.DataFrame,
                    ceilings: pd.DataFrame) -> pd.DataFrame:
    """Draw rate, visual drive, sites kept and ceilings; return the marks of the last two."""
    panels = figure.subplots(2, 2)
    draw_per_site(panels[0, 0], sites, "rate_hz")
    draw_per_site(panels[0, 1], sites, "visual_drive_dprime")
    return pd.concat([draw_sites_kept(panels[1, 0], sites).assign(panel="sites"),
                      draw_ceilings(panels[1, 1], ceilings).assign(panel="ceiling")])


def draw_reliability(figure: SubFigure, sites: pd.DataFrame) -> None:
    """Draw one histogram of split-half reliability per animal, with the threshold as a line."""
    animals = sorted(sites["animal"].unique())
    panels = figure.subplots(1, len(animals), sharex=True, sharey=True, squeeze=False)[0]
    lowest = min(0.0, np.floor(sites["reliability"].min() * 10) / 10)
    bins = np.linspace(lowest, 1, N_BINS + 1)
    for axes, animal in zip(panels, animals, strict=True):
        for name, group in sites[sites["animal"] == animal].groupby("stimulus_set"):
            axes.hist(group["reliability"].dropna(), bins=bins, color=set_colour(name),
                      alpha=0.6, label=name.upper(), gid=f"{animal}-{name}")
            if group["threshold"].notna().all():  # NaN: none is asked
                axes.axvline(group["threshold"].iloc[0], color=THRESHOLD, linestyle="--",
                             linewidth=1)
        axes.set_title(animal)
    panels[0].set_ylabel("sites")
    panels[0].yaxis.get_major_locator().set_params(integer=True)
    panels[0].set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    figure.supxlabel("split-half reliability (Spearman-Brown); dashed: threshold", fontsize=8)
    _set_legend(figure, sites)


def draw_per_site(axes: Axes, sites: pd.DataFrame, quantity: str) -> None:
    """Draw one dot per site in one column per assembly, and the median as a bar."""
    for column, ((_, name), group) in enumerate(sites.groupby(KEEP_ORDER)):
        spread_dots(axes, column, group[quantity], name, f"{quantity}-{column}")
    _name_columns(axes, sites)
    axes.set_ylabel(PER_SITE[quantity])


def draw_sites_kept(axes: Axes, sites: pd.DataFrame) -> pd.DataFrame:
    """Draw the number of sites kept (full) and dropped (hatched) per assembly; return them."""
    counts = sites.groupby(KEEP_ORDER)["selected"].agg(
        kept="sum", dropped=lambda selected: (~selected).sum()).reset_index()
    x, colours = np.arange(len(counts)), [set_colour(name) for name in counts["stimulus_set"]]
    axes.bar(x, counts["kept"], 0.7, color=colours)
    axes.bar(x, counts["dropped"], 0.7, bottom=counts["kept"], facecolor="white",
             edgecolor=colours, hatch="////", linewidth=0.6)
    for column, row in enumerate(counts.itertuples()):
        axes.annotate(f"{row.kept}/{row.kept + row.dropped}", (column, row.kept + row.dropped),
                      xytext=(0, 2), textcoords="offset points", ha="center", fontsize=6)
    _name_columns(axes, sites)
    axes.set_ylim(0, 1.12 * counts[["kept", "dropped"]].sum(axis=1).max())
    axes.set_ylabel("sites kept (hatched: dropped)")
    return counts.melt(KEEP_ORDER, ["kept", "dropped"], "item", "value")


def draw_ceilings(axes: Axes, ceilings: pd.DataFrame) -> pd.DataFrame:
    """Draw the mean ceiling of each rule with its SD over splits; return what is drawn."""
    for shift, rule in zip((-0.1, 0.1), PAPER_AND_EXACT, strict=True):
        rows = ceilings[ceilings["rule"] == rule]
        axes.errorbar(np.arange(len(rows)) + shift, rows["mean"], rows["sd"], color=RULES[rule],
                      fmt="o", capsize=2, elinewidth=1, label=rule.replace("_", " "))
    _name_columns(axes, ceilings)
    axes.set_ylim(0, 1.05 * max(1.0, (ceilings["mean"] + ceilings["sd"]).max()))
    axes.set_ylabel("CKA ceiling (± SD over splits)")
    # Above the panel: a ceiling may lie anywhere in it.
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0)
    low, high = ceilings["mean"] - ceilings["sd"], ceilings["mean"] + ceilings["sd"]
    return ceilings.assign(low=low, high=high).rename(columns={"rule": "item", "mean": "value"})


def _name_columns(axes: Axes, table: pd.DataFrame) -> None:
    keys = list(table.groupby(KEEP_ORDER).groups)
    names = [f"{animal}\n{name.upper()}" for animal, name in keys]
    axes.set_xticks(np.arange(len(keys)), names)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, len(keys) - 0.4)


def _set_legend(figure: SubFigure, sites: pd.DataFrame) -> None:
    """One entry per stimulus set, whichever animals saw it."""
    entries = {}
    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    names = [name.upper() for name in sorted(sites["stimulus_set"].unique(), reverse=True)]
    figure.legend([entries[name] for name in names], names, loc="outside right upper")
