"""PSTHs of a session's sites: all as a heat map, and their mean."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from italign.figures.palette import DROPPED, HEAT_MAP, KEPT, LATENCY
from italign.figures.rasters import mark_window


def draw_heat_map(axes: Axes, sites: pd.DataFrame, psth_scaled: np.ndarray,
                  edges_ms: np.ndarray) -> tuple[AxesImage, pd.DataFrame]:
    """Draw all sites' PSTHs, earliest latency on top, with latencies and dropped sites marked.

    Parameters
    ----------
    axes : Axes
        Empty.
    sites : pandas.DataFrame
        As from `italign.assemblies.session_sites.tabulate_sites`.
    psth_scaled : numpy.ndarray
        (n_sites, n_bins), from the lowest (0) to the highest bin (1) of each site.
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
    sites, scaled = sites.iloc[order].reset_index(drop=True), psth_scaled[order]
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


def draw_mean_psth(axes: Axes, rasters: xr.Dataset, edges_ms: np.ndarray,
                   window_ms: tuple[float, float]) -> pd.DataFrame:
    """Draw mean and SEM over sites, kept and dropped apart; return what is drawn."""
    centres, tables = (edges_ms[:-1] + edges_ms[1:]) / 2, []
    for name, style, colour in (("kept", "-", KEPT), ("dropped", (0, (3, 1.2)), DROPPED)):
        of_state = rasters.isel(state=rasters["state"].values.tolist().index(name))
        if not of_state["n_sites"]:
            continue
        mean, sem = of_state["psth_mean_hz"].values, of_state["psth_sem_hz"].values
        axes.plot(centres, mean, color=colour, linestyle=style,
                  label=f"{name} ({of_state['n_sites']:d})")
        axes.fill_between(centres, mean - sem, mean + sem, color=colour, alpha=0.25, linewidth=0)
        tables.append(pd.DataFrame({"panel": "mean_psth", "item": name, "time_ms": centres,
                                    "value": mean, "low": mean - sem, "high": mean + sem}))
    mark_window(axes, window_ms)
    axes.set_ylim(top=1.25 * axes.get_ylim()[1])  # room for the legend
    axes.set(xlim=edges_ms[[0, -1]], xlabel="time after onset (ms)", ylabel="rate (Hz)",
             title="mean ± SEM over sites")
    axes.legend(loc="upper left", bbox_to_anchor=(0, 1.02), handlelength=1.6)
    return pd.concat(tables)
