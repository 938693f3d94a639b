"""Hover charts: every number of the table, one colour per condition, the same text each time."""

import json

import numpy as np
import pandas as pd
import pytest

from italign.figures.pages.hover import has_chart, hover_chart
from italign.figures.palette import condition_colour
from tests.figures.synthetic_points import CONDITIONS, points


def with_marks(table):
    marks = ("line", "sliding", "published_line", "base", "adversarial", "published",
             "published_base")
    rows = [{"mark": mark, "measure": table["measure"].iloc[0], "similarity": place,
             "value": place} for mark in marks for place in (0.2, 0.7)]
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True)


def traces(table):
    return json.loads(hover_chart(table))["data"]


def test_every_point_is_drawn_with_its_facts():
    table = points()
    drawn = [(x, y, *facts) for trace in traces(table)
             for x, y, facts in zip(trace["x"], trace["y"], trace["customdata"], strict=True)]
    expected = [(row.similarity, row.value, row.model.replace("<b>", "&lt;b&gt;"), row.seed,
                 row.step) for row in table.itertuples()]
    assert sorted(drawn) == sorted(expected)


def test_conditions_have_the_colours_of_the_figures():
    found = {trace["name"]: (trace["marker"]["color"], trace["marker"]["symbol"])
             for trace in traces(points())}
    assert found == {
        "p = 0": (condition_colour("true", 0, "off"), "circle"),
        "p = 1/32": (condition_colour("true", 1 / 32, "off"), "circle"),
        "p = 1, no labels": (condition_colour("true", 1, "off"), "circle-open"),
        "shuffled target": (condition_colour("shuffled", 1, "off"), "triangle-up"),
        "adversarially trained": (condition_colour("true", 0, "linf4"), "x"),
    }


def test_lines_and_means_are_drawn_too():
    table = with_marks(points())
    others = [trace for trace in traces(table) if "customdata" not in trace]
    assert len(others) == 7 and all(trace["x"] == [0.2, 0.7] for trace in others)
    assert sorted(trace["mode"] for trace in others) == ["lines"] * 3 + ["markers"] * 4


def test_each_measure_has_its_panel_and_one_legend():
    both = [points("probe_objectome"), points("probe_objectome_overlapping")]
    chart = json.loads(hover_chart(pd.concat(both)))
    for axis, table in zip(("x", "x2"), both, strict=True):
        drawn = [x for trace in chart["data"] if trace["xaxis"] == axis for x in trace["x"]]
        assert sorted(drawn) == sorted(table["similarity"])
    assert sum(trace["showlegend"] for trace in chart["data"]) == len(CONDITIONS)
    assert "OBJECTOME images, overlapping" in chart["layout"]["yaxis2"]["title"]["text"]


def test_points_without_a_value_are_left_out_and_bytes_repeat():
    table = points()
    table.loc[0, "value"] = np.nan
    assert sum(len(trace["x"]) for trace in traces(table)) == len(table) - 1
    assert hover_chart(table) == hover_chart(table.copy())


@pytest.mark.parametrize("lacks", ["measure", "similarity", "point"])
def test_other_tables_have_no_chart(lacks):
    table = points()
    assert has_chart(table)
    table = table.replace("point", "line") if lacks == "point" else table.drop(columns=lacks)
    assert not has_chart(table)
