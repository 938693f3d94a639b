"""Panels that several figures share: a line through the cohort, and similarity over training."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from italign.figures.palette import BASE, condition_colour, condition_label
from italign.figures.style import SOURCE_STRIP_INCHES

LARGEST_RANGE = 3  # seeds: the bootstrap interval of so few is their range
POINTS_PER_INCH = 72
SIMILARITY_LABEL = "validated IT similarity (CKA / ceiling)"
ROLES_OVER_TRAINING = ("dose", "shuffled", "random")
# Controls stand apart from doses by line style as well as by colour.
LINE_STYLES = {"dose": "-", "shuffled": (0, (4, 1.2)), "random": (0, (1.2, 1))}


def claim(statistics: pd.DataFrame, name: str, **where: str) -> pd.Series:
    """Look one claim up.

    Parameters
    ----------
    statistics : pandas.DataFrame
        As written by `summarise_cohort`.
    name : str
        Claim.
    **where : str
        Further columns that single it out, e.g. ``animal`` and ``stimulus_set``.

    Returns
    -------
    pandas.Series
        The one row.

    Raises
    ------
    ValueError
        If no row or several match.
    """
    rows = statistics[statistics["name"] == name]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    if len(rows) != 1:
        known = sorted(statistics["name"].unique())
        raise ValueError(f"{len(rows)} claims {name!r} {where or ''}, expected one (claims: "
                         f"{known}); run summarise_cohort again")
    return rows.iloc[0]


def draw_against_similarity(axes: Axes, points: pd.DataFrame, statistics: pd.DataFrame,
                            measure: str) -> pd.DataFrame:
    """Draw final-step models of the dose cohort with their regression line (Figure 1B, 1C).

    Parameters
    ----------
    axes : Axes
        Empty; gets points coloured by dose, the OLS line without band, a grey ring round each
        p = 0 model, and r, p and n as title.
    points, statistics : pandas.DataFrame
        As written by `summarise_cohort`.
    measure : str
        ``behavior`` or ``robustness``.

    Returns
    -------
    pandas.DataFrame
        What is drawn: rows with ``mark`` point, or line (its two ends).
    """
    final = points[points["step"] == points["step"].max()]
    doses = final[final["role"] == "dose"].dropna(subset=["similarity", measure])
    ends = _line_ends(doses["similarity"], statistics, measure)
    axes.plot(ends["similarity"], ends[measure], color="0.35", linewidth=1, zorder=1, gid="line")
    unaligned = doses[doses["p"] == 0]
    axes.scatter(unaligned["similarity"], unaligned[measure], s=75, facecolors="none",
                 edgecolors=BASE, linewidths=1, zorder=2, gid="unaligned")
    for p, group in doses.groupby("p"):
        axes.scatter(group["similarity"], group[measure], s=22, linewidths=0.4, zorder=3,
                     color=condition_colour("true", p, "off"), edgecolors="white",
                     label=condition_label("true", p, "off"))
    axes.set_title(_correlation(claim(statistics, f"{measure}_similarity_pearson")))
    axes.margins(0.09)
    axes.set_xlabel(SIMILARITY_LABEL)
    drawn = doses[["model", "p", "seed", "similarity", measure]].assign(mark="point")
    return pd.concat([drawn, ends], ignore_index=True)


def _line_ends(x: pd.Series, statistics: pd.DataFrame, measure: str) -> pd.DataFrame:
    slope, intercept = (claim(statistics, f"{measure}_similarity_{name}")["estimate"]
                        for name in ("slope", "intercept"))
    ends = np.array([x.min(), x.max()])
    return pd.DataFrame({"mark": "line", "similarity": ends, measure: intercept + slope * ends})


def _correlation(row: pd.Series) -> str:
    if np.isnan(row.estimate):
        return f"no correlation (n = {row.n:.0f})"
    # The paper prints r, p and n; the interval is ours.
    p_value = f"{row.p_value:.1e}" if row.p_value < 0.001 else f"{row.p_value:.3f}"
    return (f"r = {row.estimate:.2f} [{row.low:.2f}, {row.high:.2f}], p = {p_value}, "
            f"n = {row.n:.0f}")


def dose_legend(figure: Figure, axes: Axes) -> None:
    """List the doses, lightest first, and the ring, to the right of the panel."""
    ring = Line2D([], [], linestyle="none", marker="o", markersize=8, markerfacecolor="none",
                  markeredgecolor=BASE, label="not aligned")
    handles, _ = axes.get_legend_handles_labels()
    figure.legend(handles=[*handles, ring], loc="outside right center",
                  title="share of steps with\nneural loss", alignment="left")


def draw_over_training(axes: Axes, trajectory: pd.DataFrame, base: float) -> pd.DataFrame:
    """Draw one held-out animal's similarity against gradient steps (one axis of Figure 2).

    Parameters
    ----------
    axes : Axes
        Empty; gets one line and band per model, and the base similarity as a grey dashed line.
    trajectory : pandas.DataFrame
        Rows of one animal and one stimulus set, as written by `summarise_cohort`.
    base : float
        Similarity when the neural loss is switched on.

    Returns
    -------
    pandas.DataFrame
        What is drawn: the rows of the roles `ROLES_OVER_TRAINING`, and the base as mark ``base``.
    """
    drawn = trajectory[trajectory["role"].isin(ROLES_OVER_TRAINING)]
    axes.axhline(base, color=BASE, linestyle=(0, (3, 2)), linewidth=1, label="base model")
    for role in ROLES_OVER_TRAINING:
        for (p, target), model in drawn[drawn["role"] == role].groupby(["p", "target"]):
            _draw_model(axes, model.sort_values("steps_since_onset"), role,
                        condition_colour(target, p, "off"), condition_label(target, p, "off"))
    axes.set_xlim(0, drawn["steps_since_onset"].max())
    columns = ["animal", "stimulus_set", "model", "steps_since_onset", "mean", "low", "high",
               "n_seeds"]
    line = drawn[["animal", "stimulus_set"]].head(1).assign(mark="base", mean=base)
    return pd.concat([drawn[columns].assign(mark="model"), line], ignore_index=True)


def _draw_model(axes: Axes, model: pd.DataFrame, role: str, colour: str, label: str) -> None:
    steps = model["steps_since_onset"]
    axes.plot(steps, model["mean"], color=colour, linestyle=LINE_STYLES[role], label=label)
    axes.fill_between(steps, model["low"], model["high"], color=colour, alpha=0.2, linewidth=0)


def number_animals(trajectory: pd.DataFrame) -> dict[str, str]:
    """Name held-out animals as the paper does, the same in both rows of Figure 2.

    Returns
    -------
    dict of str to str
        Animal -> ``Monkey <k> (<animal>)``, k from 1 in alphabetical order.
    """
    animals = sorted(trajectory["animal"].unique())
    return {animal: f"Monkey {k} ({animal})" for k, animal in enumerate(animals, start=1)}


def draw_figure_2(figure: Figure, trajectory: pd.DataFrame, statistics: pd.DataFrame,
                  stimulus_set: str) -> pd.DataFrame:
    """Draw one panel per held-out animal of a stimulus set (Figure 2A or 2B).

    Parameters
    ----------
    figure : Figure
        Empty.
    trajectory, statistics : pandas.DataFrame
        As written by `summarise_cohort`.
    stimulus_set : str
        Whose similarity.

    Returns
    -------
    pandas.DataFrame
        What is drawn in all panels.

    Raises
    ------
    ValueError
        If no animal was tested on the set.
    """
    names = number_animals(trajectory)
    rows = trajectory[trajectory["stimulus_set"] == stimulus_set]
    if rows.empty:
        raise ValueError(f"no held-out animal saw {stimulus_set!r}, found "
                         f"{sorted(trajectory['stimulus_set'].unique())}; correct "
                         "assemblies.held_out or the figure's stimulus_set")
    animals = sorted(rows["animal"].unique())
    panels = figure.subplots(1, len(animals), squeeze=False)[0]
    tables = []
    for axes, animal in zip(panels, animals, strict=True):
        base = claim(statistics, "similarity_base", animal=animal, stimulus_set=stimulus_set)
        tables.append(draw_over_training(axes, rows[rows["animal"] == animal], base["estimate"]))
        axes.set(title=f"{names[animal]}, {stimulus_set.upper()}",
                 xlabel="gradient steps since onset")
    panels[0].set_ylabel("IT similarity (CKA / ceiling)")
    _legend_strongest_first(figure, panels, _seeds(rows["n_seeds"]))
    return pd.concat(tables, ignore_index=True)


def _seeds(n_seeds: pd.Series) -> str:
    """Say what line and band are; one seed has no band."""
    low, high = n_seeds.min(), n_seeds.max()
    if high == 1:
        return "one seed"
    return f"mean of {low if low == high else f'{low} to {high}'} seeds,\nband: 95 % interval"


def _legend_strongest_first(figure: Figure, panels: Sequence[Axes], title: str) -> None:
    """Put the highest dose at the top, as the curves lie in the panels."""
    handles, labels = panels[0].get_legend_handles_labels()
    base, doses, controls = handles[:1], [], []
    for handle, label in zip(handles[1:], labels[1:], strict=True):
        (doses if label.startswith("p =") else controls).append(handle)
    figure.legend(handles=[*reversed(doses), *base, *controls], loc="outside right center",
                  title=title, alignment="left")


def spread_over_seeds(n_seeds: pd.Series, mark: str) -> str:
    """Say what a mean and its interval are: few seeds have a range, one has neither.

    Parameters
    ----------
    n_seeds : pandas.Series
        Of every mean that is drawn.
    mark : str
        What shows the interval: band or bar.
    """
    low, high = int(n_seeds.min()), int(n_seeds.max())
    if high == 1:
        return "one seed"
    interval = "range" if high <= LARGEST_RANGE else "95 % interval"
    return f"mean of {low if low == high else f'{low} to {high}'} seeds, {mark}: {interval}"


def legend_below(figure: Figure, handles: Sequence[Artist], labels: Sequence[str],
                 **options) -> None:
    """Put a legend between the panels and the strip that names the source.

    Parameters
    ----------
    figure : Figure
        With constrained layout, which leaves room for it.
    handles, labels : sequence
        Entries.
    **options
        Of ``Figure.legend``, e.g. ``ncols`` and ``title``.
    """
    # Outside legends lie at the foot of the figure, where the strip is; the pad is in font sizes.
    strip = SOURCE_STRIP_INCHES * POINTS_PER_INCH / plt.rcParams["legend.fontsize"]
    figure.legend(handles, labels, loc="outside lower center", borderaxespad=strip, **options)
