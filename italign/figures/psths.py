"""PSTHs of a session's sites: all as a heat map, and their mean."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from italign.figures.palette import DROPPED, HEAT_MAP, KEPT, LATENCY
from italign.figures.rasters import mark_window


def scale_rows(psth_hz: np.ndarray) -> np.ndarray:
    """Scale each site's PSTH from its lowest bin (0) to its highest (1); NaN if it never varies."""
    low = psth_hz.min(axis=1, keepdims=True)
    span = psth_hz.max(axis=1, keepdims=True) - low
    return np.divide(psth_hz - low, span, out=np.full(psth_hz.shape, np.nan), where=span > 0)


def draw_heat_map(axes: Axes, sites: pd.DataFrame, psth_hz: np.ndarray,
                  edges_ms: np.ndarray) -> tuple[AxesImage, pd.DataFrame]:
    """Draw all sites' PSTHs, earliest latency on top, with latencies and dropped sites marked.

    Parameters
    ----------
    axes : Axes
        Empty.
    sites : pandas.DataFrame
        As from `italign.assemblies.session_sites`.
    psth_hz : numpy.ndarray
        (n_sites, n_bins), Hz.
    edges_ms : numpy.ndarray
        (n_bins + 1,), ms after onset, evenly spaced.

    Returns
    -------
    image : AxesImage
        For the colour bar.
    drawn : pandas.DataFrame
        One row per cell and latency: panel, neuroid_id, channel, line (from the top), time_ms
        (start of the bin, or the latency), value.
    """
    order = np.argsort(sites["latency_ms"].to_numpy(), kind="stable")  # NaN last
    sites, scaled = sites.iloc[order].reset_index(drop=True), scale_rows(psth_hz[order])
    image = axes.imshow(scaled, aspect="auto", interpolation="nearest", cmap=HEAT_MAP, vmin=0,
                        vmax=1, extent=(edges_ms[0], edges_ms[-1], len(sites) - 0.5, -0.5))
    lines = np.arange(len(sites))
    axes.scatter(sites["latency_ms"], lines, s=4, color=LATENCY, linewidths=0, gid="latency")
    dropped = lines[~sites["selected"]]
    axes.scatter(np.full(len(dropped), 1.025), dropped, s=5, marker="x", color=DROPPED,
                 linewidths=0.6, transform=axes.get_yaxis_transform(), clip_on=False)
    axes.axvline(0, color="0.3", linewidth=0.6, linestyle=":")
    axes.set(xlabel="time after onset (ms)", ylabel="sites, by latency",
             title="all sites (dot: latency; x: dropped)")
    axes.yaxis.get_major_locator().set_params(integer=True)
    named = sites[["neuroid_id", "channel"]].assign(line=lines)
    cells = named.loc[named.index.repeat(scaled.shape[1])].assign(
        panel="psth", time_ms=np.tile(edges_ms[:-1], len(sites)), value=scaled.ravel())
    return image, pd.concat([cells, named.assign(panel="latency", time_ms=sites["latency_ms"])])


def draw_mean_psth(axes: Axes, sites: pd.DataFrame, psth_hz: np.ndarray, edges_ms: np.ndarray,
                   window_ms: tuple[float, float]) -> pd.DataFrame:
    """Draw mean and SEM over sites, kept and dropped apart; return what is drawn."""
    centres, tables = (edges_ms[:-1] + edges_ms[1:]) / 2, []
    for selected, name, colour in ((True, "kept", KEPT), (False, "dropped", DROPPED)):
        rows = pd.DataFrame(psth_hz[sites["selected"] == selected])
        if rows.empty:
            continue
        mean, sem = rows.mean().to_numpy(), rows.sem().to_numpy()
        axes.plot(centres, mean, color=colour, linestyle="-" if selected else (0, (3, 1.2)),
                  label=f"{name} ({len(rows)})")
        axes.fill_between(centres, mean - sem, mean + sem, color=colour, alpha=0.25, linewidth=0)
        tables.append(pd.DataFrame({"panel": "mean_psth", "item": name, "time_ms": centres,
                                    "value": mean, "low": mean - sem, "high": mean + sem}))
    mark_window(axes, window_ms)
    axes.set_ylim(top=1.25 * axes.get_ylim()[1])  # room for the legend
    axes.set(xlim=edges_ms[[0, -1]], xlabel="time after onset (ms)", ylabel="rate (Hz)",
             title="mean ± SEM over sites")
    axes.legend(loc="upper left", bbox_to_anchor=(0, 1.02), handlelength=1.6)
    return pd.concat(tables)
