"""Panels on a session's sites: reliability with its interval, and why sites are dropped."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from italign.figures.palette import DROPPED, KEPT, THRESHOLD

CRITERIA = {"snr": "SNR", "visual_drive_dprime": "visual\ndrive d'", "rate_hz": "rate",
            "latency_ms": "latency", "fano_factor": "Fano\nfactor"}
N_BINS = 20


def count_reasons(drop_reason: pd.Series) -> pd.Series:
    """Count how many sites failed each criterion.

    Parameters
    ----------
    drop_reason : pandas.Series
        Of the dropped sites: what each failed, e.g. ``reliability 0.31 < 0.5; snr 0.3 < 0.4``.

    Returns
    -------
    pandas.Series
        Sites by measure, most first; a site that failed two counts for both.
    """
    names = drop_reason.str.split("; ").explode().str.split(" ").str[0]
    return names.groupby(names).size().sort_values(ascending=False, kind="stable")


def draw_reliability(axes: Axes, beside: Axes, sites: pd.DataFrame,
                     threshold: float) -> pd.DataFrame:
    """Draw each site's reliability with its interval, and the histogram beside it.

    Parameters
    ----------
    axes, beside : Axes
        Empty; share their y axis.
    sites : pandas.DataFrame
        As from `italign.assemblies.session_sites.tabulate_sites`.
    threshold : float
        Drawn as a dashed line; NaN where none is asked.

    Returns
    -------
    pandas.DataFrame
        One row per site: panel, item (kept or dropped), line, value, low, high; and the threshold.
    """
    ranked = sites.sort_values("reliability", kind="stable").reset_index(drop=True)
    line = np.arange(len(ranked))
    axes.vlines(line, ranked["reliability_low"], ranked["reliability_high"], color="0.7",
                linewidth=0.7)
    for selected, colour, marker in ((True, KEPT, "o"), (False, DROPPED, "x")):
        rows = ranked["selected"] == selected
        axes.scatter(line[rows], ranked["reliability"][rows], s=7, color=colour, marker=marker,
                     linewidths=0.7 if marker == "x" else 0, zorder=3)
    lowest = min(0.0, np.nanmin(ranked[["reliability", "reliability_low"]]))
    bottom = np.floor(10 * lowest) / 10
    _draw_histogram(beside, ranked, bottom)
    asked = np.isfinite(threshold)
    for each in (axes, beside) if asked else ():
        each.axhline(threshold, color=THRESHOLD, linestyle="--", linewidth=0.8)
    axes.set(ylim=(bottom, 1.02), xlabel="sites, by reliability", xticks=[],
             ylabel="split-half reliability", title="95 % interval; "
             + (f"dashed: threshold {threshold:g}" if asked else "no threshold asked"))
    drawn = ranked.rename(columns={"reliability": "value", "reliability_low": "low",
                                   "reliability_high": "high"})
    drawn = drawn.assign(panel="reliability", line=line, item=_state(ranked))
    mark = pd.DataFrame({"panel": ["reliability"], "item": ["threshold"], "value": [threshold]})
    return pd.concat([drawn.drop(columns=["latency_ms", "selected"]), mark])


def draw_reasons(axes: Axes, sites: pd.DataFrame) -> pd.DataFrame:
    """Draw how many sites are kept, and how many fail each criterion; return what is drawn."""
    failed = count_reasons(sites.loc[~sites["selected"], "drop_reason"])
    names, counts = ["kept", *failed.index], [int(sites["selected"].sum()), *failed]
    bars = axes.barh([CRITERIA.get(name, name) for name in names], counts, 0.7,
                     color=[KEPT] + ["white"] * len(failed))
    for bar in bars[1:]:
        bar.set(edgecolor=DROPPED, hatch="/////", linewidth=0.6)
    axes.bar_label(bars, padding=2, fontsize=6)
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.2 * max(counts)), xlabel="sites", title="kept or failing")
    axes.xaxis.get_major_locator().set_params(integer=True, nbins=3)
    axes.tick_params(axis="y", length=0)
    return pd.DataFrame({"panel": "reasons", "item": names, "value": counts})


def _draw_histogram(axes: Axes, sites: pd.DataFrame, bottom: float) -> None:
    """Draw how many sites have which reliability, from the bottom to 1; dropped ones hatched."""
    values = [sites["reliability"][sites["selected"] == kept].dropna() for kept in (True, False)]
    _, _, (_, dropped) = axes.hist(values, bins=np.linspace(bottom, 1, N_BINS + 1), stacked=True,
                                   orientation="horizontal", color=[KEPT, "white"])
    for bar in dropped:
        bar.set(edgecolor=DROPPED, hatch="/////", linewidth=0.5 if bar.get_width() else 0)
    axes.set_xlabel("sites")
    axes.xaxis.get_major_locator().set_params(integer=True, nbins=2)
    axes.tick_params(axis="y", labelleft=False)


def _state(sites: pd.DataFrame) -> np.ndarray:
    return np.where(sites["selected"], "kept", "dropped")
