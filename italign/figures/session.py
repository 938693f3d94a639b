"""One page per session: rasters, PSTHs, reliability, why sites are dropped, and the array."""

import textwrap

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure, SubFigure

from italign.figures.array_map import draw_array_map
from italign.figures.psths import draw_heat_map, draw_mean_psth
from italign.figures.rasters import draw_raster, raster_sites
from italign.figures.sites import draw_reasons, draw_reliability, session_sites

COLUMNS = ["panel", "neuroid_id", "channel", "item", "stimulus_id", "line", "row", "column",
           "time_ms", "value", "low", "high", "drop_reason"]
SIGNS = {"negative": "-", "positive": "+", "both": "±"}
TITLE_CHARACTERS = 110  # that fit on the page
AS_RECORDED = "as recorded"


def draw_session(figure: Figure, crossings: xr.Dataset, presentations: pd.DataFrame,
                 rates: xr.Dataset, assembly: xr.Dataset,
                 positions: pd.DataFrame | None) -> pd.DataFrame:
    """Fill one page with what shows whether a session's sites can be trusted.

    Parameters
    ----------
    figure : Figure
        Empty.
    crossings, rates, assembly : xarray.Dataset
        Contracts of the same names; the assembly holds the session's sites.
    presentations : pandas.DataFrame
        As from `read_presentations`; only counted, `rates` tells which ones entered.
    positions : pandas.DataFrame or None
        As from `read_array_map`.

    Returns
    -------
    pandas.DataFrame
        What is drawn, one row per mark, columns `COLUMNS`.

    Raises
    ------
    ValueError
        If the assembly has none of the session's sites, or a site has no position.
    """
    sites = session_sites(rates, assembly)
    figure.suptitle(page_title(crossings.attrs, presentations, rates, sites), x=0.01, ha="left",
                    fontsize=7.5)
    above, middle, below = figure.subfigures(3, 1, height_ratios=(1.0, 0.95, 1.05))
    tables = [
        _fill_rasters(above, sites, crossings, rates, assembly),
        _fill_psths(middle, sites, rates, assembly),
        _fill_quality(below, sites, float(assembly.attrs["reliability_min"]), positions,
                      rates.attrs["session"]),
    ]
    return pd.concat(tables, ignore_index=True).reindex(columns=COLUMNS)


def page_title(attrs: dict, presentations: pd.DataFrame, rates: xr.Dataset,
               sites: pd.DataFrame) -> str:
    """Say what was recorded, how much of it counts, and how it was detected, each on its line."""
    return "\n".join(textwrap.fill(line, TITLE_CHARACTERS) for line in [
        f"{attrs['session']}: {attrs['animal']}, {attrs['hemisphere']} hemisphere, array "
        f"{attrs['array']}, {attrs['region']}, set {attrs['stimulus_set']}",
        f"{sites['selected'].sum()} of {len(sites)} sites kept; {len(presentations)} presentations "
        f"({presentations['aborted'].sum()} aborted, {rates.attrs['n_lost_in_gaps']} lost in gaps)",
        detection_words(attrs),
    ])


def detection_words(attrs: dict) -> str:
    """Put the rule of detection into words.

    Parameters
    ----------
    attrs : dict
        Of a file of contract ``crossings``.

    Returns
    -------
    str
        For example ``falling crossings of -3 x SD about the mean, of the raw voltage (whole
        session)``.
    """
    if attrs["edge"] == AS_RECORDED:
        return "events as recorded by the acquisition system, whose rule is not in the file"
    words = [f"{attrs['edge']} crossings of {SIGNS[attrs['sign']]}{float(attrs['threshold_sd']):g} "
             f"x {attrs['sd_estimator']} ({attrs['sd_segment']})"]
    if attrs["band_pass_hz"] != "none":
        words.append(f"band-pass {attrs['band_pass_hz']} Hz")
    if float(attrs["dead_time_ms"]):
        words.append(f"dead time {float(attrs['dead_time_ms']):g} ms")
    return ", ".join(words)


def _fill_rasters(figure: SubFigure, sites: pd.DataFrame, crossings: xr.Dataset,
                  rates: xr.Dataset, assembly: xr.Dataset) -> pd.DataFrame:
    chosen = raster_sites(sites)
    if chosen.empty:
        figure.text(0.5, 0.5, "no raster: no site of this session is kept", ha="center")
        return pd.DataFrame()
    # A blank is shown, but is no stimulus of the assembly.
    known = rates.isel(presentation=np.isin(rates["stimulus_id"].values,
                                            assembly["stimulus_id"].values))
    edges_ms = _bin_edges(assembly)
    panels = figure.subplots(1, len(chosen), squeeze=False)[0]
    return pd.concat([
        draw_raster(axes, site, known, crossings, (edges_ms[0], edges_ms[-1]))
        for axes, (_, site) in zip(panels, chosen.iterrows(), strict=True)
    ])


def _fill_psths(figure: SubFigure, sites: pd.DataFrame, rates: xr.Dataset,
                assembly: xr.Dataset) -> pd.DataFrame:
    left, centre, right = figure.subplots(1, 3, width_ratios=(1.3, 1, 0.6))
    here = np.isin(assembly["neuroid_id"].values, sites["neuroid_id"])
    psth_hz, edges_ms = assembly["psth_hz"].values[here].astype(float), _bin_edges(assembly)
    image, drawn = draw_heat_map(left, sites, psth_hz, edges_ms)
    figure.colorbar(image, ax=left, label="rate, site's lowest\nto highest bin", ticks=[0, 1],
                    pad=0.06)
    means = draw_mean_psth(centre, sites, psth_hz, edges_ms, rates)
    return pd.concat([drawn, means, draw_reasons(right, sites)])


def _fill_quality(figure: SubFigure, sites: pd.DataFrame, threshold: float,
                  positions: pd.DataFrame | None, session: str) -> pd.DataFrame:
    left, right = figure.subfigures(1, 2, width_ratios=(1.5, 1))
    axes, beside = left.subplots(1, 2, sharey=True, width_ratios=(3, 1))
    reliability = draw_reliability(axes, beside, sites, threshold)
    square = right.subplots()
    cells, drawn = draw_array_map(square, sites, positions, session)
    right.colorbar(cells, ax=square, label="split-half reliability", shrink=0.85)
    return pd.concat([reliability, drawn])


def _bin_edges(assembly: xr.Dataset) -> np.ndarray:
    return np.append(assembly["time_bin_start_ms"].values, assembly["time_bin_end_ms"].values[-1])
