"""What tests of figures share: run a plotting script, read back what it drew, judge the layout."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.collections import PathCollection
from matplotlib.text import Text

from italign.figures import style
from italign.io import write_table

KINDS = ("pdf", "svg", "png", "csv")
LEAST_POINTS = 6  # of a font, at the width of print


def run_plot(load_script, rule, folder, **arguments):
    """Draw a figure into a folder and give its table back."""
    outputs = {kind: folder / f"figure.{kind}" for kind in KINDS}
    getattr(load_script("figures", rule), rule)(**arguments, **outputs)
    return pd.read_csv(outputs["csv"])


def left_open(draw, monkeypatch):
    """Yield a function, for a fixture, whose figures stay open until its test has ended."""
    monkeypatch.setattr(style.plt, "close", lambda figure: None)
    yield draw
    monkeypatch.undo()
    plt.close("all")


def run_open(load_script, rule, folder, **arguments):
    """Draw a figure that stays open: it, and its table as written."""
    table = run_plot(load_script, rule, folder, **arguments)
    return plt.figure(plt.get_fignums()[-1]), table


def write_tables(tables, folder):
    """Write tables by name, and give their paths by name."""
    paths = {name: str(folder / f"{name}.csv") for name in tables}
    for name, table in tables.items():
        write_table(table, paths[name])
    return paths


def assert_same_bytes(first, second):
    """Two folders hold the same figure in all formats, with its source as text."""
    for kind in KINDS:
        one, other = (folder / f"figure.{kind}" for folder in (first, second))
        assert one.read_bytes() == other.read_bytes(), kind
    assert "data: in silico</text>" in (first / "figure.svg").read_text()


def offsets(axes, n):
    """Points of the axes' n-th scatter."""
    found = [c for c in axes.collections if isinstance(c, PathCollection)]
    return np.asarray(found[n].get_offsets())


def text_boxes(figure, monkeypatch):
    """Extent of every text that is drawn (tick labels beyond the limits exist, but are not)."""
    found, draw = {}, Text.draw

    def record(text, renderer):
        if text.get_text() and text.get_visible():
            found[text] = text.get_window_extent(renderer)
        draw(text, renderer)

    monkeypatch.setattr(Text, "draw", record)
    figure.canvas.draw()
    return found


def assert_legible(figure, monkeypatch):
    """No text is clipped, lies on another, or is smaller than print allows."""
    boxes = text_boxes(figure, monkeypatch)
    for (name, box), (other_name, other) in itertools.combinations(boxes.items(), 2):
        width = min(box.x1, other.x1) - max(box.x0, other.x0)
        height = min(box.y1, other.y1) - max(box.y0, other.y0)
        assert min(width, height) < 1, (name, other_name)
    for text, box in boxes.items():
        assert min(box.x0, box.y0) >= -1, text
        assert box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1, text
        assert text.get_fontsize() >= LEAST_POINTS, text
