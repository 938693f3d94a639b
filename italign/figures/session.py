"""One page per session: rasters, PSTHs, reliability, why sites are dropped, and the array."""

import textwrap

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure, SubFigure

from italign.assemblies.session_sites import tabulate_sites
from italign.figures.array_map import draw_array_map
from italign.figures.psths import draw_heat_map, draw_mean_psth
from italign.figures.rasters import draw_raster
from italign.figures.sites import draw_reasons, draw_reliability

COLUMNS = ["panel", "neuroid_id", "channel", "item", "stimulus_id", "line", "row", "column",
           "time_ms", "value", "low", "high", "drop_reason"]
SIGNS = {"negative": "-", "positive": "+", "both": "±"}
TITLE_CHARACTERS = 110  # that fit on the page
AS_RECORDED = "as recorded"


def draw_session(figure: Figure, rasters: xr.Dataset,
                 positions: pd.DataFrame | None) -> pd.DataFrame:
    """Fill one page with what shows whether a session's sites can be trusted.

    Parameters
    ----------
    figure : Figure
        Empty.
    rasters : xarray.Dataset
        As from `italign.assemblies.rasters.session_rasters`.
    positions : pandas.DataFrame or None
        As from `read_array_map`.

    Returns
    -------
    pandas.DataFrame
        What is drawn, one row per mark, columns `COLUMNS`.

    Raises
    ------
    ValueError
        If a site has no position.
    """
    sites = tabulate_sites(rasters)
    window_ms = (rasters.attrs["window_start_ms"], rasters.attrs["window_end_ms"])
    figure.suptitle(page_title(rasters.attrs, sites), x=0.01, ha="left", fontsize=7.5)
    above, middle, below = figure.subfigures(3, 1, height_ratios=(1.0, 0.95, 1.05))
    tables = [
        _fill_rasters(above, sites, rasters, window_ms),
        _fill_psths(middle, sites, rasters, window_ms),
        _fill_quality(below, sites, float(rasters.attrs["reliability_min"]), positions,
                      rasters.attrs["session"]),
    ]
    return pd.concat(tables, ignore_index=True).reindex(columns=COLUMNS)


def page_title(attrs: dict, sites: pd.DataFrame) -> str:
    """Say what was recorded, how much of it counts, and how it was detected, each on its line."""
    return "\n".join(textwrap.fill(line, TITLE_CHARACTERS) for line in [
        f"{attrs['session']}: {attrs['animal']}, {attrs['hemisphere']} hemisphere, array "
        f"{attrs['array']}, {attrs['region']}, set {attrs['stimulus_set']}",
        f"{sites['selected'].sum()} of {len(sites)} sites kept; {attrs['n_presentations']} "
        f"presentations ({attrs['n_aborted']} aborted, {attrs['n_lost_in_gaps']} lost in gaps)",
        detection_words(attrs),
    ])


def detection_words(attrs: dict) -> str:
    """Put the rule of detection into words.

    Parameters
    ----------
    attrs : dict
        Of a file of contract ``crossings``, or of a session's rasters.

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


def _fill_rasters(figure: SubFigure, sites: pd.DataFrame, rasters: xr.Dataset,
                  window_ms: tuple[float, float]) -> pd.DataFrame:
    lines = _table(rasters, ("site", "rank", "stimulus_id", "group", "line"))
    if lines.empty:
        figure.text(0.5, 0.5, "no raster: no site of this session is kept", ha="center")
        return pd.DataFrame()
    ticks = lines.iloc[rasters["row"].values].assign(time_ms=rasters["time_ms"].values)
    chosen = lines.drop_duplicates("site")[["site", "rank"]].merge(
        sites, left_on="site", right_on="neuroid_id")
    range_ms = _bin_edges(rasters)[[0, -1]]
    panels = figure.subplots(1, len(chosen), squeeze=False)[0]
    return pd.concat([
        draw_raster(axes, site, lines[lines["site"] == site["site"]],
                    ticks[ticks["site"] == site["site"]], range_ms, window_ms)
        for axes, (_, site) in zip(panels, chosen.iterrows(), strict=True)
    ])


def _fill_psths(figure: SubFigure, sites: pd.DataFrame, rasters: xr.Dataset,
                window_ms: tuple[float, float]) -> pd.DataFrame:
    left, centre, right = figure.subplots(1, 3, width_ratios=(1.3, 1, 0.6))
    edges_ms = _bin_edges(rasters)
    image, drawn = draw_heat_map(left, sites, rasters["psth_scaled"].values, edges_ms)
    figure.colorbar(image, ax=left, label="rate, site's lowest\nto highest bin", ticks=[0, 1],
                    pad=0.06)
    means = draw_mean_psth(centre, rasters, edges_ms, window_ms)
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


def _bin_edges(rasters: xr.Dataset) -> np.ndarray:
    return np.append(rasters["time_bin_start_ms"].values, rasters["time_bin_end_ms"].values[-1])


def _table(ds: xr.Dataset, names: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({name: ds[name].values for name in names})
