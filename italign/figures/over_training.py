"""Similarity over training, one panel per held-out animal of a stimulus set (Figure 2)."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from italign.figures.palette import BASE, condition_colour, condition_label
from italign.figures.panels import (
    claim,
    legend_below,
    legend_entries,
    panel_grid,
    spread_over_seeds,
)
from italign.figures.published import PUBLISHED_STYLE
from italign.figures.similarity_words import name_and_unit
from italign.figures.style import PANELS_PER_ROW
from italign.figures.words import SIMILARITY_LABEL, set_words

ROLES = ("dose", "shuffled", "random")
# Controls stand apart from doses by line style as well as by colour.
LINE_STYLES = {"dose": "-", "shuffled": (0, (4, 1.2)), "random": (0, (1.2, 1))}
MARGIN = 0.05  # of the steps: room for published marks at the first and the last
PUBLISHED_SIZE = 12
CONDITION = ["model", "target", "labels", "p", "adversarial"]


def draw_figure_2(figure: Figure, trajectory: pd.DataFrame, statistics: pd.DataFrame,
                  published: pd.DataFrame, stimulus_set: str, onset_step: int,
                  animals: Sequence[str], similarity: str = SIMILARITY_LABEL) -> pd.DataFrame:
    """Draw one panel per held-out animal of a stimulus set (Figure 2A or 2B).

    Parameters
    ----------
    figure : Figure
        Empty.
    trajectory, statistics : pandas.DataFrame
        As written by `summarise_cohort`.
    published : pandas.DataFrame
        As from `published_marks`; the ceiled similarities of this stimulus set are drawn, perhaps
        none.
    stimulus_set : str
        Whose similarity.
    onset_step : int
        Gradient step that is step 0 of the figure.
    animals : sequence of str
        All held-out animals in the order of their numbers: Monkey 1 is the first.
    similarity : str
        What it is, in words, and its unit in brackets.

    Returns
    -------
    pandas.DataFrame
        What is drawn, one row per mark: ``mark`` line (``value``, and ``low`` to ``high``, the
        band), base or published.

    Raises
    ------
    ValueError
        If no animal was tested on the set.
    """
    rows = _rows_of_set(trajectory, stimulus_set)
    shown = [animal for animal in animals if animal in set(rows["animal"])]
    panels = panel_grid(figure, len(shown))
    # The table has similarity before its division by the ceiling too.
    ceiled = published[(published["quantity"] == "similarity")
                       & (published["stimulus_set"] == stimulus_set)]
    tables = []
    for axes, animal in zip(panels, shown, strict=True):
        base = claim(statistics, "similarity_base", animal=animal, stimulus_set=stimulus_set)
        marks = ceiled[ceiled["animal"] == animal]
        drawn = draw_over_training(axes, rows[rows["animal"] == animal], base["estimate"], marks)
        tables.append(drawn.assign(animal=animal, stimulus_set=stimulus_set))
        axes.set_title(f"Monkey {list(animals).index(animal) + 1} ({animal})")
        axes.set_xlabel(f"gradient steps\nafter step {onset_step:,}")
    name, unit = name_and_unit(similarity)
    for axes in panels[::PANELS_PER_ROW]:
        axes.set_ylabel(f"{name}, {set_words(stimulus_set)} images\n{unit}")
    drawn = rows[rows["role"].isin(ROLES)]
    _legend_strongest_first(figure, panels, spread_over_seeds(drawn["n_seeds"], "band"))
    return pd.concat(tables, ignore_index=True)


def _rows_of_set(trajectory: pd.DataFrame, stimulus_set: str) -> pd.DataFrame:
    rows = trajectory[trajectory["stimulus_set"] == stimulus_set]
    if rows.empty:
        raise ValueError(f"no held-out animal saw {stimulus_set!r}, found "
                         f"{sorted(trajectory['stimulus_set'].unique())}; correct "
                         "assemblies.held_out or figures.figure_2")
    return rows


def draw_over_training(axes: Axes, trajectory: pd.DataFrame, base: float,
                       published: pd.DataFrame) -> pd.DataFrame:
    """Draw one held-out animal's similarity against gradient steps.

    Parameters
    ----------
    axes : Axes
        Empty; gets one line and band per model, the base similarity as a grey dashed line, and the
        published values as grey marks.
    trajectory : pandas.DataFrame
        Rows of one animal and one stimulus set, as written by `summarise_cohort`.
    base : float
        Similarity when the neural loss is switched on.
    published : pandas.DataFrame
        Rows of the same animal and set, perhaps none.

    Returns
    -------
    pandas.DataFrame
        What is drawn: mark, `CONDITION`, steps_since_onset, value, low, high, n_seeds.
    """
    drawn = trajectory[trajectory["role"].isin(ROLES)]
    axes.axhline(base, color=BASE, linestyle=(0, (3, 2)), linewidth=1, label="base model")
    for role in ROLES:
        for (p, target), model in drawn[drawn["role"] == role].groupby(["p", "target"]):
            _draw_model(axes, model.sort_values("steps_since_onset"), role,
                        condition_colour(target, p, "off"), condition_label(target, p, "off"))
    last = drawn["steps_since_onset"].max()
    marks = _draw_published(axes, published, last)
    margin = MARGIN * last if len(marks) else 0
    axes.set_xlim(-margin, last + margin)
    axes.xaxis.get_major_locator().set_params(nbins=4)
    lines = drawn[[*CONDITION, "steps_since_onset", "mean", "low", "high", "n_seeds"]]
    lines = lines.rename(columns={"mean": "value"}).assign(mark="line")
    return pd.concat([lines, pd.DataFrame({"mark": ["base"], "value": [base]}), marks],
                     ignore_index=True)


def _draw_model(axes: Axes, model: pd.DataFrame, role: str, colour: str, label: str) -> None:
    steps = model["steps_since_onset"]
    axes.plot(steps, model["mean"], color=colour, linestyle=LINE_STYLES[role], label=label)
    axes.fill_between(steps, model["low"], model["high"], color=colour, alpha=0.2, linewidth=0)


def _draw_published(axes: Axes, published: pd.DataFrame, last: float) -> pd.DataFrame:
    """Draw published values where the figure has them: at the onset, the last step or between."""
    ends = published["mark"].map({"start": 0.0, "base": 0.0, "final": last})
    steps = ends.where(ends.notna(), published["steps_since_onset"])
    marks = published.assign(published_mark=published["mark"], mark="published",
                             steps_since_onset=steps)
    # Values of steps that this world did not train have no place on its axis.
    marks = marks[marks["steps_since_onset"].between(0, last)]
    if len(marks):
        axes.scatter(marks["steps_since_onset"], marks["value"], s=PUBLISHED_SIZE, zorder=4,
                     marker="D", label="published", gid="published", **PUBLISHED_STYLE)
    return marks[["mark", "published_mark", "target", "labels", "p", "adversarial",
                  "steps_since_onset", "value"]]


def _legend_strongest_first(figure: Figure, panels: Sequence[Axes], spread: str) -> None:
    """List the highest dose first, as the curves lie in the panels."""
    entries = list(zip(*legend_entries(panels), strict=True))
    doses = [entry for entry in entries if entry[1].startswith("p =")]
    handles, labels = zip(*reversed(doses), *(e for e in entries if e not in doses), strict=True)
    legend_below(figure, handles, labels, ncols=3, columnspacing=1.2,
                 title=f"p: share of steps with neural loss\n{spread}")
