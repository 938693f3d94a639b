"""The look of every figure, and the one way a figure and its numbers reach the disk."""

import textwrap
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine

from italign.io import whole_file

STYLE_FILE = Path(__file__).with_name("italign.mplstyle")
# Panels are drawn at the width that they have in print, so that a font size is what a reader sees.
COLUMN_INCHES = 3.35  # 85 mm, one column
PAGE_INCHES = 7.09  # 180 mm, two columns: pages of many panels
PANELS_PER_ROW = 2  # a third panel in a column would be 25 mm wide
SOURCE_COLOUR = "0.45"
SOURCE_STRIP_INCHES = 0.17
SOURCE_CHARACTERS_PER_INCH = 20
MISSING_LINE_INCHES = 0.12
POINTS_PER_INCH = 72
LEGEND_BELOW = "legend_below"  # of legends at the foot of a figure
POSITION_DECIMALS = 6  # of the figure's size; far below a pixel
# A date would make two runs on the same data differ.
METADATA = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}


def use_style() -> None:
    """Load italign's style sheet and a backend that needs no display; call before drawing."""
    matplotlib.use("agg")
    plt.style.use(["default", STYLE_FILE])


def place_by_hand(figure: Figure) -> None:
    """Leave everything where it is put; ``layout="none"`` would be forgotten while saving."""
    figure.set_layout_engine("none")


def label_source(figure: Figure, source: str) -> None:
    """Print where the data come from into a strip at the foot of the figure.

    Parameters
    ----------
    figure : Figure
        Its layout is told to leave the strip free.
    source : str
        For example ``"in silico"``, or the name and citation of a data set; cut to one line.

    Raises
    ------
    ValueError
        If the source is empty: no figure leaves without one.
    """
    if not source.strip():
        raise ValueError("source is empty, expected where the data come from, e.g. 'in silico'; "
                         "set attrs['source'] of the file that the figure draws")
    # Few decimals: a strip that ended half-way between two rounded positions would round both ways.
    strip = round(SOURCE_STRIP_INCHES / figure.get_figheight(), 4)
    engine = figure.get_layout_engine()
    # What is placed by hand (`place_by_hand`) keeps its places.
    if not (engine is None or isinstance(engine, PlaceHolderLayoutEngine)):
        engine.set(rect=(0, strip, 1, 1 - strip))
    room = int(SOURCE_CHARACTERS_PER_INCH * figure.get_figwidth()) - len("data: ")
    line = " ".join(source.split())
    line = line if len(line) <= room else f"{line[:room - 4]} ..."
    figure.text(0.995, 0.15 * strip, f"data: {line}", ha="right", va="bottom",
                fontsize=6, color=SOURCE_COLOUR)


def name_missing(figure: Figure, missing: Sequence[str], notes: Sequence[str] = ()) -> None:
    """Print what a figure would show and the cohort does not hold above the strip at its foot.

    Parameters
    ----------
    figure : Figure
        With its legends; its source is labelled first (`label_source`), which frees the strip.
    missing : sequence of str
        In words, e.g. ``"adversarially trained models"``; nothing is printed of none.
    notes : sequence of str
        What else is not drawn and why, e.g. ``"too few points for a sliding mean"``.
    """
    sentences = [f"not in this world: {', '.join(missing)}"] if missing else []
    sentences += notes
    if not sentences:
        return
    room = int(SOURCE_CHARACTERS_PER_INCH * figure.get_figwidth())
    lines = [line for words in sentences for line in textwrap.wrap(words, room)]
    taken, height = len(lines) * MISSING_LINE_INCHES, figure.get_figheight()
    bottom = round((SOURCE_STRIP_INCHES + taken) / height, 4)
    figure.get_layout_engine().set(rect=(0, bottom, 1, 1 - bottom))
    for legend in figure.legends:
        if legend.get_gid() == LEGEND_BELOW:  # lies at the foot, whatever the layout leaves free
            legend.borderaxespad += POINTS_PER_INCH * taken / plt.rcParams["legend.fontsize"]
    figure.text(0.005, SOURCE_STRIP_INCHES / height, "\n".join(lines), ha="left", va="bottom",
                fontsize=6, style="italic", color=SOURCE_COLOUR)


def finish_figure(figure: Figure, table: pd.DataFrame, source: str,
                  missing: Sequence[str] = (), notes: Sequence[str] = (),
                  **paths: str | Path) -> None:
    """Label a drawn figure and write it: `label_source`, `name_missing`, `save_figure`.

    Parameters
    ----------
    figure : Figure
        Drawn, with its legends.
    table : pandas.DataFrame
        Every number drawn.
    source : str
        Where the data come from.
    missing : sequence of str
        Words for what the cohort does not hold.
    notes : sequence of str
        What else is not drawn and why.
    **paths : str or Path
        pdf, svg, png and csv.
    """
    label_source(figure, source)
    name_missing(figure, missing, notes)
    save_figure(figure, table, **paths)


def save_figure(figure: Figure, table: pd.DataFrame, *, pdf: str | Path, svg: str | Path,
                png: str | Path, csv: str | Path) -> None:
    """Write a figure in three formats and the numbers it draws, all four or none; close it.

    Parameters
    ----------
    figure : Figure
        Drawn under `use_style`; the same data give the same bytes.
    table : pandas.DataFrame
        Every number drawn, one row per mark; the index is not written.
    pdf, svg, png, csv : str or Path
        Targets. Each is written beside its target first; the four are renamed together.

    Raises
    ------
    ValueError
        If the table is empty.
    """
    if table.empty:
        raise ValueError(f"{csv}: the table behind the figure has no rows, expected one per mark; "
                         "check that the cohort holds the conditions this figure draws")
    writers = {pdf: _writer(figure, "pdf"), svg: _writer(figure, "svg"),
               png: _writer(figure, "png"), csv: _csv_writer(table)}
    try:
        _settle_layout(figure)
        _write_together(writers)
    finally:
        plt.close(figure)


def _settle_layout(figure: Figure) -> None:
    """Lay out once for all formats, and drop the solver's rounding, which differs between runs."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for part in figure.subfigs:
        box = part.bbox_relative
        box.p0, box.p1 = box.p0.round(POSITION_DECIMALS), box.p1.round(POSITION_DECIMALS)
    for axes in figure.axes:
        bounds = axes.get_position(original=True).bounds
        axes.set_position(np.round(bounds, POSITION_DECIMALS))


def _writer(figure: Figure, kind: str) -> Callable[[Path], None]:
    return lambda path: figure.savefig(path, format=kind, metadata=METADATA[kind])


def _csv_writer(table: pd.DataFrame) -> Callable[[Path], None]:
    return lambda path: table.to_csv(path, index=False, lineterminator="\n")


def _write_together(writers: dict[str | Path, Callable[[Path], None]]) -> None:
    """Call each writer on a temporary path; rename only when all have succeeded."""
    with ExitStack() as stack:
        temporaries = [stack.enter_context(whole_file(path)) for path in writers]
        for temporary, write in zip(temporaries, writers.values(), strict=True):
            write(temporary)
