"""Generalisation and layers: points, bars and lines are the table, legible, and named."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from italign.figures import style
from tests.figures.comparison_tables import AXES, CONDITIONS, DOSES, animals, generalisation, layers
from tests.figures.drawing import (
    assert_legible,
    assert_same_bytes,
    left_open,
    run_open,
    write_tables,
)

HEADLINE = [{"animal": "we", "set": "natural_we"}, {"animal": "ra", "set": "natural_ra"}]
OPTIONS = {"source": "in silico", "method": "cka", "estimator": "unbiased", "region": "V4",
           "train_animals": ["pe"], "axes": HEADLINE,
           "other_regions": [{"animal": "ra", "set": "natural_ra", "region": "IT"},
                             {"animal": "pe", "set": "hvm", "region": "IT"}]}
TITLES = ["we, NATURAL WE images", "ra (IT), NATURAL RA images", "mean",
          "pe (trained, IT), HVM images"]


@pytest.fixture
def draw(load_script, tmp_path, monkeypatch):
    """Give a function (rule, tables, folder) -> (open figure, table as written)."""

    def drawn(rule, tables, folder=tmp_path, **options):
        return run_open(load_script, rule, folder, **write_tables(tables, tmp_path), **options)

    yield from left_open(drawn, monkeypatch)


def dosed(draw, table=None, **options):
    found = generalisation() if table is None else table
    return draw("plot_generalisation", {"generalisation": found}, **{**OPTIONS, **options})


def scatters(axes):
    return {each.get_gid(): each for each in axes.collections
            if each.get_gid() not in (None, "backing")}


def test_points_and_bars_are_the_similarities_of_each_axis(draw, monkeypatch):
    figure, table = dosed(draw)
    source = generalisation().query("analysis == 'similarity' and estimator == 'unbiased' "
                                    "and images == 'all'")
    points = table[table["mark"] == "point"]
    assert len(points) == len(AXES) * len(CONDITIONS)
    assert [axes.get_title(loc="left") for axes in figure.axes] == TITLES
    for panel, axes in enumerate(figure.axes):
        rows = points[points["panel"] == panel]
        known = source[source["animal"] == rows["animal"].iloc[0]]
        assert sorted(rows["value"]) == pytest.approx(sorted(known["value"]))
        for row in rows.itertuples():
            gid = f"{row.target} {row.labels} {row.p:g} {row.adversarial}"
            np.testing.assert_allclose(scatters(axes)[gid].get_offsets(), [(row.x, row.value)])
        bars = [bar.get_segments()[0] for bar in axes.collections
                if isinstance(bar, LineCollection)]
        found = sorted((bar[0][0], bar[0][1], bar[1][1]) for bar in bars)
        np.testing.assert_allclose(found, sorted(zip(rows["x"], rows["low"], rows["high"],
                                                     strict=True)))
    assert figure.get_figwidth() == pytest.approx(style.PAGE_INCHES)
    assert figure.axes[0].get_ylabel() == "CKA with the V4 layer\n(unbiased, raw)"
    assert_legible(figure, monkeypatch)


def test_doses_lie_by_rank_and_what_is_no_dose_apart(draw):
    figure, table = dosed(draw)
    first = table[(table["panel"] == 0) & (table["mark"] == "point") & (table["labels"] == "on")]
    first = first.sort_values("x")
    assert first["category"].tolist() == ["0", "1/32", "1/16", "1/8", "1/4", "1/2", "1", "shuffled",
                                          "random", "adv. 2/255"]
    np.testing.assert_allclose(first["x"].iloc[:7], range(7))
    assert first["x"].iloc[7] > 7.5
    line = figure.axes[0].lines[1]
    np.testing.assert_allclose(line.get_xdata(), range(len(DOSES)))


def test_tests_of_models_with_labels_are_written_above(draw):
    figure, _ = dosed(draw)
    words = [axes.texts[0].get_text().split("\n") for axes in figure.axes]
    assert words == [["p = 1 less p = 0: +0.150 [0.140, 0.160]",
                      "rank correlation 0.91 (permuted: 0.01)"]] * len(AXES)
    legend = figure.legends[0]
    assert legend.get_title().get_text() == (
        "mean of 1 to 3 seeds; bars: 95 % over seeds and images")
    assert [text.get_text() for text in legend.get_texts()] == [
        "with labels", "without labels", "chance"]


def test_chance_is_drawn_where_it_is(draw):
    for estimator, expected in (("biased", 0.05), ("unbiased", 0)):
        figure, _ = dosed(draw, estimator=estimator)
        for axes in figure.axes:
            (chance,) = [line for line in axes.lines if line.get_gid() == "chance"]
            np.testing.assert_allclose(chance.get_ydata(), expected)
            low, high = axes.get_ylim()
            assert low < expected < high


def test_without_headline_axes_all_are_drawn_after_the_mean(draw):
    figure, _ = dosed(draw, axes=None)
    assert figure.axes[0].get_title(loc="left") == "mean" and len(figure.axes) == 4


def test_a_small_cohort_says_what_it_lacks(draw, monkeypatch):
    table = generalisation()
    table = table[(table["target"] == "true") & (table["adversarial"] == "off")
                  & (table["labels"] == "on") & (table["animal"].isin(["we", "mean"]))]
    figure, _ = dosed(draw, table, axes=None)
    (missing,) = (t.get_text() for t in figure.texts if t.get_text().startswith("not in"))
    assert " ".join(missing.split()) == (
        "not in this world: models without labels, shuffled targets, random targets, "
        "adversarially trained models")
    assert_legible(figure, monkeypatch)


def test_an_estimator_that_is_not_there_is_refused(draw):
    with pytest.raises(ValueError, match="no similarity of method 'rsa' by the unbiased estimator"):
        dosed(draw, method="rsa")


def laddered(draw, tables=None, **options):
    found = tables or {"layers": layers(), "animals": animals()}
    return draw("plot_layers", found,
                **{"source": "in silico", "estimator": "unbiased", **options})


def test_lines_are_layers_of_every_population(draw, monkeypatch):
    figure, table = laddered(draw)
    known = layers().query("estimator == 'unbiased'")
    for axes, role in zip(figure.axes, ("train", "held_out"), strict=True):
        rows = known[known["role"] == role]
        lines = [line for line in axes.lines if line.get_gid() == "layers"]
        assert [line.get_ydata().tolist() for line in lines] == [
            pytest.approx(part["raw"].tolist()) for _, part in
            rows.groupby(["animal", "sessions"], sort=False)]
        for gid, place in (("is_compared", 8), ("is_best", 6)):
            (line,) = [each for each in axes.lines if each.get_gid() == gid]
            assert line.get_xdata()[0] == place
    assert (table["mark"] == "point").sum() == len(known)
    assert_legible(figure, monkeypatch)


def test_pairs_of_animals_with_the_same_images_are_lines_beside_both(draw):
    figure, table = laddered(draw)
    drawn = [[line.get_ydata()[0] for line in axes.lines if line.get_gid() == "animals"]
             for axes in figure.axes]
    assert drawn == [[], [0.5]]
    assert table.loc[table["mark"] == "animals", "value"].tolist() == [0.5]
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words[0] == "pe, V4 images (201025)"
    assert words[-3:] == ["two animals, same images", "layer compared", "best for trained animals"]


def test_ceilings_are_drawn_where_there_are_any(draw, monkeypatch):
    figure, _ = laddered(draw, {"layers": layers(ceiling=0.8), "animals": animals()})
    ceilings = [line for line in figure.axes[1].lines if line.get_gid() == "ceiling"]
    assert [line.get_ydata()[0] for line in ceilings] == [0.8, 0.8]
    assert_legible(figure, monkeypatch)


def test_without_ceilings_and_pairs_the_foot_says_so(draw, monkeypatch):
    figure, table = laddered(draw, {"layers": layers()}, animals=[])
    (missing,) = (t.get_text() for t in figure.texts if t.get_text().startswith("not in"))
    assert " ".join(missing.split()) == (
        "not in this world: ceilings, pairs of animals that saw the same images")
    assert set(table["mark"]) == {"point"}
    assert_legible(figure, monkeypatch)


@pytest.mark.parametrize("figure", [dosed, laddered])
def test_two_runs_are_byte_identical(figure, draw, tmp_path):
    for run in ("first", "second"):
        figure(draw, folder=tmp_path / run)
    assert_same_bytes(tmp_path / "first", tmp_path / "second")
