"""The paper's numbers beside ours: chosen by figure, drawn as the table says, grey and hollow."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from italign.evaluation.published import COLUMNS
from italign.figures.palette import PUBLISHED
from italign.figures.published import draw_published, of_column, published_marks
from italign.figures.regression import published_line

SHIPPED = Path(__file__).resolve().parents[2] / "resources" / "published" / "dapello2023.csv"


@pytest.fixture
def path(tmp_path):
    """A small table: one dose mean, one line, one base and what is never drawn."""
    rows = [
        {"figure": "1b", "quantity": "behavior", "mark": "condition", "p": 0, "x": 0.4,
         "value": 0.45},
        {"figure": "1b", "quantity": "behavior", "mark": "condition", "p": 1, "x": 0.6,
         "value": 0.52},
        {"figure": "1b", "quantity": "slope", "mark": "statistic", "value": 0.3},
        {"figure": "1b", "quantity": "intercept", "mark": "statistic", "value": 0.3},
        {"figure": "a1", "quantity": "probe", "mark": "line", "stimulus_set": "objectome",
         "categories": "all", "x": 0.5, "value": 0.7},
        {"figure": "a1", "quantity": "probe", "mark": "line", "stimulus_set": "objectome",
         "categories": "overlapping", "x": 0.5, "value": 0.9},
        {"figure": "a1", "quantity": "probe", "mark": "line", "stimulus_set": "objectome",
         "categories": "overlapping", "x": 0.4, "value": 0.8},
        {"figure": "a1", "quantity": "probe", "mark": "base", "stimulus_set": "objectome",
         "categories": "overlapping", "x": 0.45, "value": 0.85},
        {"figure": "a1", "quantity": "probe", "mark": "base", "stimulus_set": "objectome",
         "categories": "overlapping", "value": 0.86},
        {"figure": "a1", "quantity": "probe", "mark": "extent", "stimulus_set": "objectome",
         "categories": "overlapping", "x": 0.55, "value": 0.95},
    ]
    target = tmp_path / "paper.csv"
    table = pd.DataFrame(rows).assign(precision=0.01, read_from="digitised")
    table.reindex(columns=COLUMNS).to_csv(target, index=False)
    return str(target)


def test_rows_are_those_of_the_figure(path):
    assert len(published_marks([path], "1b")) == len(published_marks(path, "1b")) == 4
    none = published_marks([], "1b")
    assert none.empty and list(none) == list(COLUMNS)
    assert published_marks([path], "3a").empty
    assert set(published_marks([path], "1b")["stimulus_set"]) == {""}


def test_an_unsound_table_is_refused(path):
    pd.read_csv(path).drop(columns=["x", "note"]).to_csv(path, index=False)
    with pytest.raises(ValueError, match=r"paper.csv: columns .* expected .*README.md"):
        published_marks([path], "1b")


def test_columns_are_told_apart_by_categories(path):
    rows = published_marks([path], "a1")
    assert of_column(rows, "probe_objectome")["value"].tolist() == [0.7]
    assert len(of_column(rows, "probe_objectome_overlapping")) == 5
    assert of_column(rows, "probe_hvm").empty


def test_what_is_drawn_is_the_table_and_hollow(path):
    axes = plt.figure().subplots()
    drawn = draw_published(axes, of_column(published_marks([path], "a1"),
                                           "probe_objectome_overlapping"))
    assert drawn["mark"].tolist() == ["published_line", "published_line", "published_base"]
    (line,) = axes.get_lines()
    np.testing.assert_allclose(line.get_xydata(), [[0.4, 0.8], [0.5, 0.9]])
    (base,) = axes.collections
    np.testing.assert_allclose(base.get_offsets(), [[0.45, 0.85]])
    assert to_hex(base.get_facecolor()[0]) == "#ffffff"
    assert to_hex(base.get_edgecolor()[0]) == line.get_color() == PUBLISHED
    plt.close("all")


def test_the_line_of_figure_1_spans_its_means(path):
    line = published_line(published_marks([path], "1b"))
    np.testing.assert_allclose(line[["x", "value"]], [[0.4, 0.42], [0.6, 0.48]])
    assert published_line(published_marks([], "1b")).empty
    without_slope = published_marks([path], "1b").query("quantity != 'slope'")
    assert published_line(without_slope).empty


@pytest.mark.parametrize("figure", ["1b", "1c"])
def test_the_shipped_table_has_dose_means_near_their_line(figure):
    rows = published_marks([str(SHIPPED)], figure)
    means, line = rows[rows["mark"] == "condition"], published_line(rows)
    assert len(means) == 7
    expected = np.interp(means["x"], line["x"], line["value"])
    np.testing.assert_allclose(means["value"], expected, atol=0.03)
