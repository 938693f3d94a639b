"""One page on estimators against planted truth: detection, rates, site quality, ceilings."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from italign.figures.palette import BASE, DETECTION, PAPER_AND_EXACT, RAW, RULES, TRUTH

DOT = {"s": 9, "linewidths": 0, "alpha": 0.6}
CHANNEL = ["session", "animal", "channel"]
CHANNEL_VALUES = ["snr", "precision", "recall", "rate_correlation", "reliability",
                  "reliability_low", "reliability_high", "reliability_truth", "latency_ms",
                  "latency_truth_ms"]
AXIS = ["animal", "stimulus_set", "estimator"]
SIMILARITY = ["cka_noiseless", "raw", "independent", "independent_se",
              *(name.format(rule) for rule in PAPER_AND_EXACT
                for name in ("ceiled_{}", "error_{}", "error_{}_se", "z_{}"))]


def draw_recovered_truth(figure: Figure, channels: pd.DataFrame,
                         similarity: pd.DataFrame) -> pd.DataFrame:
    """Fill one page: four panels on channels, one row on similarity.

    Parameters
    ----------
    figure : Figure
        Empty.
    channels : pandas.DataFrame
        One row per channel of every session: `CHANNEL` and `CHANNEL_VALUES`.
    similarity : pandas.DataFrame
        One row per animal, stimulus set and estimator: the teacher's CKA with noiseless rates
        (``cka_noiseless``), raw, after division by each ceiling (``ceiled_<rule>``), and ceiled
        minus noiseless (``error_<rule>``) with its standard error (``error_<rule>_se``), and in
        units of that (``z_<rule>``).

    Returns
    -------
    pandas.DataFrame
        What is drawn: channels, then axes.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    drawn_channels = _columns(channels, [*CHANNEL, *CHANNEL_VALUES], "validations")
    drawn_axes = _columns(similarity.sort_values(AXIS), [*AXIS, *SIMILARITY], "truth_table")
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1))
    panels = above.subplots(1, 4)
    draw_detection(panels[0], drawn_channels)
    draw_rates(panels[1], drawn_channels)
    draw_reliability(panels[2], drawn_channels)
    draw_latency(panels[3], drawn_channels)
    estimators = sorted(drawn_axes["estimator"].unique())
    groups = below.subplots(1, len(estimators), sharey=True, squeeze=False)[0]
    for axes, estimator in zip(groups, estimators, strict=True):
        draw_similarity(axes, drawn_axes[drawn_axes["estimator"] == estimator])
        axes.set_title(f"teacher against recorded sites, {estimator} CKA")
    groups[0].set_ylabel("CKA")
    below.legend(*groups[0].get_legend_handles_labels(), loc="outside right center")
    return pd.concat([drawn_channels.assign(panel="channels"),
                      drawn_axes.assign(panel="similarity")], ignore_index=True)


def draw_detection(axes: Axes, channels: pd.DataFrame) -> None:
    """Draw precision and recall of the detected spikes against signal-to-noise ratio."""
    for quantity, colour in DETECTION.items():
        axes.scatter(channels["snr"], channels[quantity], color=colour, label=quantity, **DOT)
    axes.set(xlabel="spike amplitude / noise SD", ylabel="fraction of spikes", ylim=(-0.02, 1.02),
             title="detection")
    axes.legend(loc="best", handletextpad=0.1)


def draw_rates(axes: Axes, channels: pd.DataFrame) -> None:
    """Draw the correlation over stimuli of recovered with planted rates, per channel."""
    axes.scatter(channels["snr"], channels["rate_correlation"], color=TRUTH, **DOT)
    lowest = min(0.0, channels["rate_correlation"].min())
    axes.set(xlabel="spike amplitude / noise SD", ylabel="r (planted, recovered)",
             ylim=(lowest - 0.02, 1.02), title="rates")


def draw_reliability(axes: Axes, channels: pd.DataFrame) -> None:
    """Draw estimated against true reliability with its interval, and the identity."""
    rows = channels.dropna(subset=["reliability", "reliability_truth"])
    span = np.array([rows["reliability_low"], rows["reliability_high"]])
    ends = [min(0.0, np.nanmin(span), rows["reliability_truth"].min()), 1]
    axes.plot(ends, ends, color=BASE, linewidth=1, linestyle="--")
    axes.vlines(rows["reliability_truth"], *span, color=BASE, linewidth=0.5, alpha=0.6)
    axes.scatter(rows["reliability_truth"], rows["reliability"], color=TRUTH, **DOT)
    axes.set(xlabel="truth: r² (planted, recovered)", ylabel="split-half estimate",
             title="reliability")


def draw_latency(axes: Axes, channels: pd.DataFrame) -> None:
    """Draw estimated against planted latency of the channels that have an estimate."""
    rows = channels.dropna(subset=["latency_ms", "latency_truth_ms"])
    axes.scatter(rows["latency_truth_ms"], rows["latency_ms"], color=TRUTH, **DOT)
    if len(rows):
        ends = rows["latency_truth_ms"].agg(["min", "max"]).to_numpy()
        axes.plot(ends, ends, color=BASE, linewidth=1, linestyle="--", zorder=0)
    axes.set(xlabel="planted (ms)", ylabel="half-height estimate (ms)", title="latency")


def draw_similarity(axes: Axes, table: pd.DataFrame) -> None:
    """Draw noiseless, raw and ceiled CKA of one estimator, one column per animal and set.

    Error bars are standard errors of ceiled minus noiseless: both rest on the same stimuli, so
    that their difference, which the page is about, is surer than either. The number at a bar is
    that difference in units of the bar.
    """
    x = np.arange(len(table))
    axes.hlines(table["cka_noiseless"], x - 0.35, x + 0.35, color=TRUTH, linewidth=1.2,
                label="noiseless (truth)")
    axes.scatter(x - 0.2, table["raw"], color=RAW, s=18, label="raw")
    for shift, rule in zip((0, 0.2), PAPER_AND_EXACT, strict=True):
        colour = RULES[rule]
        ceiled, standard_error = table[f"ceiled_{rule}"], table[f"error_{rule}_se"]
        axes.errorbar(x + shift, ceiled, standard_error, fmt="o", color=colour, capsize=2,
                      elinewidth=1, markersize=3, label=f"raw / {rule.replace('_', ' ')} ceiling")
        tops = np.maximum(ceiled + standard_error, table["cka_noiseless"])
        _write_above(axes, x + shift, tops, table[f"z_{rule}"], colour)
    axes.scatter(x, table["independent"], color=RAW, marker="x", s=16, linewidths=1,
                 label="independent noise")
    names = [f"{row.animal}\n{row.stimulus_set.upper()}" for row in table.itertuples()]
    axes.set_xticks(x, names)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, len(table) - 0.4)


def _write_above(axes: Axes, x, heights, values, colour: str) -> None:
    for where, value in zip(zip(x, heights, strict=True), values, strict=True):
        axes.annotate(f"{value:+.1f}", where, (0, 2), textcoords="offset points", ha="center",
                      va="bottom", fontsize=6, color=colour)


def _columns(table: pd.DataFrame, names: list[str], what: str) -> pd.DataFrame:
    absent = [name for name in names if name not in table]
    if absent:
        raise ValueError(f"{what} lack columns {absent}, found {list(table.columns)}; run the "
                         "validation rules again")
    return table[names].reset_index(drop=True)
