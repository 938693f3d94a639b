"""One page on the recordings: reliability, rates, visual drive, sites kept, and ceilings."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from italign.figures.palette import RULES, STIMULUS_SETS, THRESHOLD

UNKNOWN_SET = "#999999"
KEEP_ORDER = ["animal", "stimulus_set"]
PER_SITE = {"reliability": "reliability", "rate": "mean rate (Hz)",
            "visual_drive_dprime": "visual drive d'"}
N_BINS = 20


def site_table(assemblies: Sequence[xr.Dataset]) -> pd.DataFrame:
    """List every site of every assembly with its quality.

    Parameters
    ----------
    assemblies : sequence of xarray.Dataset
        Contract ``assembly``.

    Returns
    -------
    pandas.DataFrame
        animal, stimulus_set, neuroid_id, reliability, rate (Hz, mean over stimuli and
        repetitions), visual_drive_dprime, selected, threshold; sorted.
    """
    tables = [
        pd.DataFrame({
            "animal": ds.attrs["animal"], "stimulus_set": ds.attrs["stimulus_set"],
            "neuroid_id": ds["neuroid_id"].values.astype(str),
            "reliability": ds["reliability"].values,
            "rate": ds["rate"].mean(("stimulus", "repetition"), skipna=True).values,
            "visual_drive_dprime": ds["visual_drive_dprime"].values,
            "selected": ds["selected"].values.astype(bool),
            "threshold": float(ds.attrs["reliability_threshold"]),
        })
        for ds in assemblies
    ]
    table = pd.concat(tables, ignore_index=True)
    return table.sort_values([*KEEP_ORDER, "neuroid_id"], ignore_index=True)


def ceiling_table(ceilings: Sequence[xr.Dataset], estimator: str) -> pd.DataFrame:
    """Mean and SD over splits of each ceiling.

    Parameters
    ----------
    ceilings : sequence of xarray.Dataset
        Contract ``ceiling``.
    estimator : str
        ``biased`` or ``unbiased``.

    Returns
    -------
    pandas.DataFrame
        animal, stimulus_set, rule, mean, sd; sorted.
    """
    rows = [
        {"animal": ds.attrs["animal"], "stimulus_set": ds.attrs["stimulus_set"], "rule": rule,
         "mean": float(ds[rule].sel(estimator=estimator).mean()),
         "sd": float(ds[rule].sel(estimator=estimator).std(ddof=1))}
        for ds in ceilings for rule in RULES
    ]
    return pd.DataFrame(rows).sort_values([*KEEP_ORDER, "rule"], ignore_index=True)


def draw_recording_quality(figure: Figure, sites: pd.DataFrame,
                           ceilings: pd.DataFrame) -> pd.DataFrame:
    """Fill one page: histograms of reliability above, five summaries below.

    Parameters
    ----------
    figure : Figure
        Empty.
    sites, ceilings : pandas.DataFrame
        As from `site_table` and `ceiling_table`.

    Returns
    -------
    pandas.DataFrame
        What is drawn, one row per mark: panel, animal, stimulus_set, item, value, low, high.
    """
    above, below = figure.subfigures(2, 1, height_ratios=(1, 2))
    draw_reliability(above, sites)
    panels = below.subplots(2, 2)
    draw_per_site(panels[0, 0], sites, "rate")
    draw_per_site(panels[0, 1], sites, "visual_drive_dprime")
    kept = draw_sites_kept(panels[1, 0], sites)
    drawn = draw_ceilings(panels[1, 1], ceilings)
    values = sites.melt([*KEEP_ORDER, "neuroid_id"], list(PER_SITE), "panel", "value")
    threshold = sites.groupby(KEEP_ORDER, as_index=False)["threshold"].first()
    medians = sites.groupby(KEEP_ORDER)[["rate", "visual_drive_dprime"]].median().reset_index()
    return pd.concat([
        values.rename(columns={"neuroid_id": "item"}),
        threshold.rename(columns={"threshold": "value"}).assign(panel="reliability",
                                                                 item="threshold"),
        medians.melt(KEEP_ORDER, var_name="panel", value_name="value").assign(item="median"),
        kept.assign(panel="sites"), drawn.assign(panel="ceiling"),
    ], ignore_index=True)[["panel", *KEEP_ORDER, "item", "value", "low", "high"]]


def draw_reliability(figure: SubFigure, sites: pd.DataFrame) -> None:
    """Draw one histogram of split-half reliability per animal, with the threshold as a line."""
    animals = sorted(sites["animal"].unique())
    panels = figure.subplots(1, len(animals), sharex=True, sharey=True, squeeze=False)[0]
    lowest = min(0.0, np.floor(sites["reliability"].min() * 10) / 10)
    bins = np.linspace(lowest, 1, N_BINS + 1)
    for axes, animal in zip(panels, animals, strict=True):
        for name, group in sites[sites["animal"] == animal].groupby("stimulus_set"):
            axes.hist(group["reliability"].dropna(), bins=bins, color=_set_colour(name),
                      alpha=0.6, label=name.upper(), gid=f"{animal}-{name}")
            axes.axvline(group["threshold"].iloc[0], color=THRESHOLD, linestyle="--", linewidth=1)
        axes.set_title(animal)
    panels[0].set_ylabel("sites")
    panels[0].yaxis.get_major_locator().set_params(integer=True)
    panels[0].set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    figure.supxlabel("split-half reliability (Spearman-Brown); dashed: threshold", fontsize=8)
    _set_legend(figure, sites)


def draw_per_site(axes: Axes, sites: pd.DataFrame, quantity: str) -> None:
    """Draw one dot per site in one column per assembly, and the median as a bar."""
    for column, ((_, name), group) in enumerate(sites.groupby(KEEP_ORDER)):
        values = group[quantity].dropna().to_numpy()
        # Evenly spread, in file order: no random jitter, so the same data give the same file.
        x = column + np.linspace(-0.28, 0.28, len(values))
        axes.scatter(x, values, s=5, color=_set_colour(name), alpha=0.6, linewidths=0,
                     gid=f"{quantity}-{column}")
        axes.hlines(np.median(values), column - 0.36, column + 0.36, color=THRESHOLD, linewidth=1.2)
    _name_columns(axes, sites)
    axes.set_ylabel(PER_SITE[quantity])


def draw_sites_kept(axes: Axes, sites: pd.DataFrame) -> pd.DataFrame:
    """Draw the number of sites kept (full) and dropped (hatched) per assembly; return them."""
    counts = sites.groupby(KEEP_ORDER)["selected"].agg(
        kept="sum", dropped=lambda selected: (~selected).sum()).reset_index()
    x, colours = np.arange(len(counts)), [_set_colour(name) for name in counts["stimulus_set"]]
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
    for shift, (rule, colour) in zip((-0.1, 0.1), RULES.items(), strict=True):
        rows = ceilings[ceilings["rule"] == rule]
        axes.errorbar(np.arange(len(rows)) + shift, rows["mean"], rows["sd"], color=colour,
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


def _set_colour(name: str) -> str:
    return STIMULUS_SETS.get(name, UNKNOWN_SET)


def _set_legend(figure: SubFigure, sites: pd.DataFrame) -> None:
    """One entry per stimulus set, whichever animals saw it."""
    entries = {}
    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    names = [name.upper() for name in sorted(sites["stimulus_set"].unique(), reverse=True)]
    figure.legend([entries[name] for name in names], names, loc="outside right upper")
