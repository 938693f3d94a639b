"""Every figure: what is drawn is what the CSV says, text is text, two runs give the same bytes."""

import itertools
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.text import Text

from italign.evaluation.claims import all_claims
from italign.evaluation.points import headline, similarity_axes, trajectories, widen
from italign.figures import style
from italign.figures.palette import RULES, condition_colour, condition_label, dose_colour
from italign.figures.panels import claim, draw_against_similarity
from italign.io import write_dataset, write_table
from tests.evaluation.synthetic_cohort import DOSES, synthetic_cohort
from tests.figures.synthetic_recordings import (
    ANIMALS,
    HELD_OUT,
    assembly,
    ceiling,
    truth_table,
    validation,
)

ROOT = Path(__file__).resolve().parents[2]
SETS = ["hvm", "coco"]
KINDS = ("pdf", "svg", "png", "csv")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Paths of everything a figure reads."""
    folder = tmp_path_factory.mktemp("inputs")
    rows = headline(synthetic_cohort(n_seeds=2), "biased", "split_half", 1.0)
    points = widen(rows, SETS, SETS, "cka")
    tables = {"points": points, "statistics": all_claims(points, similarity_axes(rows), 200, 1),
              "trajectory": trajectories(rows, "cka", 200, 1), "truth_table": truth_table()}
    tables |= {f"{animal}-{name}": validation(f"{animal}-{name}") for animal, name in ANIMALS}
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")
    for axis in ANIMALS:
        write_dataset(assembly(*axis), folder / f"{'-'.join(axis)}-assembly.nc", "assembly")
    for axis in HELD_OUT:
        write_dataset(ceiling(*axis), folder / f"{'-'.join(axis)}-ceiling.nc", "ceiling")
    single = {name: str(folder / f"{name}.csv")
              for name in ("points", "statistics", "trajectory", "truth_table")}
    return single | {
        "validations": [str(folder / f"{a}-{s}.csv") for a, s in ANIMALS],
        "assemblies": [str(folder / f"{a}-{s}-assembly.nc") for a, s in ANIMALS],
        "ceilings": [str(folder / f"{a}-{s}-ceiling.nc") for a, s in HELD_OUT],
    }


FIGURES = {
    "plot_figure_1b": (["points", "statistics"], {}),
    "plot_figure_1c": (["points", "statistics"], {"norm": "linf", "epsilon_255": 1.0}),
    "plot_figure_2a": (["trajectory", "statistics"], {"stimulus_set": "hvm"}),
    "plot_figure_2b": (["trajectory", "statistics"], {"stimulus_set": "coco"}),
    "plot_recording_quality": (["assemblies", "ceilings"], {"estimator": "biased"}),
    "plot_recovered_truth": (["validations", "truth_table"], {}),
}


@pytest.fixture(scope="module")
def gallery():
    """Figures drawn so far by rule, kept open; drawing is the slow part of these tests."""
    yield {}
    plt.close("all")


@pytest.fixture
def drawn(gallery, inputs, load_script, monkeypatch, tmp_path):
    """Give a function rule -> (open figure, table as written, folder)."""
    monkeypatch.setattr(style.plt, "close", lambda figure: None)

    def look_up(rule):
        if rule not in gallery:
            table = run_plot(load_script, inputs, rule, tmp_path)
            gallery[rule] = plt.figure(plt.get_fignums()[-1]), table, tmp_path
        return gallery[rule]

    return look_up


def run_plot(load_script, inputs, rule, folder):
    names, options = FIGURES[rule]
    outputs = {kind: folder / f"figure.{kind}" for kind in KINDS}
    getattr(load_script("figures", rule), rule)(
        **{name: inputs[name] for name in names}, **outputs, **options, source="in silico")
    return pd.read_csv(outputs["csv"])


def offsets(axes, n):
    """Points of the axes' n-th scatter."""
    found = [c for c in axes.collections if isinstance(c, PathCollection)]
    return np.asarray(found[n].get_offsets())


# 1C and 2B are drawn by the same functions as 1B and 2A.
@pytest.mark.parametrize("rule", sorted(set(FIGURES) - {"plot_figure_1c", "plot_figure_2b"}))
def test_two_runs_are_byte_identical_and_text_is_text(rule, drawn, inputs, load_script, tmp_path):
    _, _, first = drawn(rule)
    run_plot(load_script, inputs, rule, tmp_path / "second")
    for kind in KINDS:
        again = (tmp_path / "second" / f"figure.{kind}").read_bytes()
        assert (first / f"figure.{kind}").read_bytes() == again, kind
    assert "data: in silico</text>" in (first / "figure.svg").read_text()
    assert sorted(p.suffix[1:] for p in (tmp_path / "second").iterdir()) == sorted(KINDS)


@pytest.mark.parametrize("rule", FIGURES)
def test_nothing_is_clipped_and_no_labels_overlap(rule, drawn, monkeypatch):
    figure, _, _ = drawn(rule)
    boxes = text_boxes(figure, monkeypatch)
    for (name, box), (other_name, other) in itertools.combinations(boxes.items(), 2):
        width = min(box.x1, other.x1) - max(box.x0, other.x0)
        height = min(box.y1, other.y1) - max(box.y0, other.y0)
        assert min(width, height) < 1, (name, other_name)
    for name, box in boxes.items():
        assert min(box.x0, box.y0) >= -1, name
        assert box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1, name


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


@pytest.mark.parametrize(("rule", "measure"), [("plot_figure_1b", "behavior"),
                                               ("plot_figure_1c", "robustness")])
def test_figure_1_draws_its_table(rule, measure, drawn, inputs):
    figure, table, _ = drawn(rule)
    (axes,) = figure.axes
    line = axes.get_lines()[0].get_xydata()
    ends = table[table["mark"] == "line"]
    np.testing.assert_allclose(line, ends[["similarity", measure]])
    points = table[table["mark"] == "point"]
    for k, (p, group) in enumerate(points.groupby("p"), start=1):
        np.testing.assert_allclose(offsets(axes, k), group[["similarity", measure]])
        collection = axes.collections[k]
        assert plt.matplotlib.colors.to_hex(collection.get_facecolor()[0]) == dose_colour(p)
    np.testing.assert_allclose(offsets(axes, 0),
                               points.loc[points["p"] == 0, ["similarity", measure]])
    row = claim(pd.read_csv(inputs["statistics"]), f"{measure}_similarity_pearson")
    assert f"r = {row.estimate:.2f} [{row.low:.2f}, {row.high:.2f}]" in axes.get_title("left")
    assert "n = 14" in axes.get_title("left")


@pytest.mark.parametrize(("rule", "animals"), [("plot_figure_2a", ["sim4", "sim5"]),
                                               ("plot_figure_2b", ["sim4", "sim6"])])
def test_figure_2_draws_its_table(rule, animals, drawn):
    figure, table, _ = drawn(rule)
    assert len(figure.axes) == len(animals)
    for axes, animal in zip(figure.axes, animals, strict=True):
        rows = table[table["animal"] == animal]
        base, *lines = axes.get_lines()
        assert base.get_ydata()[0] == pytest.approx(rows.loc[rows["mark"] == "base", "mean"].item())
        models = rows[rows["mark"] == "model"]
        drawn = {tuple(np.round(line.get_ydata(), 12)) for line in lines}
        expected = {tuple(group.sort_values("steps_since_onset")["mean"].round(12))
                    for _, group in models.groupby("model")}
        assert drawn == expected and len(lines) == len(DOSES) + 2
        tops = {round(band.get_paths()[0].vertices[:, 1].max(), 12) for band in axes.collections}
        assert tops == {round(group["high"].max(), 12) for _, group in models.groupby("model")}
    assert figure.axes[1].get_title("left") == {
        "sim5": "Monkey 2 (sim5), HVM", "sim6": "Monkey 3 (sim6), COCO"}[animals[1]]


def test_recording_quality_draws_its_table(drawn):
    figure, table, _ = drawn("plot_recording_quality")
    *histograms, rates, dprime, kept, ceilings = figure.axes
    assert len(histograms) == 6
    values = table[table["panel"] == "reliability"].query("item != 'threshold'")
    heights = sum(patch.get_height() for axes in histograms for patch in axes.patches)
    assert heights == len(values) == 24 * len(ANIMALS)
    for axes, panel in ((rates, "rate"), (dprime, "visual_drive_dprime")):
        groups = table[table["panel"] == panel].groupby(["animal", "stimulus_set"])
        for k, (_, group) in enumerate(groups):
            sites, median = group[group["item"] != "median"], group[group["item"] == "median"]
            np.testing.assert_allclose(offsets(axes, k)[:, 1], sites["value"])
            bar = [c for c in axes.collections if isinstance(c, LineCollection)][k]
            assert bar.get_segments()[0][0, 1] == pytest.approx(median["value"].item())
    counts = table[table["panel"] == "sites"]
    assert [patch.get_height() for patch in kept.patches] == counts["value"].tolist()
    for container, rule in zip(ceilings.containers, ("split_half", "attainable"), strict=True):
        rows = table[(table["panel"] == "ceiling") & (table["item"] == rule)]
        np.testing.assert_allclose(container.lines[0].get_ydata(orig=False), rows["value"])
        segments = np.array(container.lines[2][0].get_segments())
        np.testing.assert_allclose(segments[:, :, 1], rows[["low", "high"]])


def test_recovered_truth_draws_its_table(drawn):
    figure, table, _ = drawn("plot_recovered_truth")
    detection, rates, reliability, biased, unbiased = figure.axes
    channels = table[table["panel"] == "channels"]
    np.testing.assert_allclose(offsets(detection, 0), channels[["snr", "precision"]])
    np.testing.assert_allclose(offsets(detection, 1), channels[["snr", "recall"]])
    np.testing.assert_allclose(offsets(rates, 0), channels[["snr", "rate_correlation"]])
    np.testing.assert_allclose(offsets(reliability, 0),
                               channels[["reliability_truth", "reliability"]])
    for axes, estimator in ((biased, "biased"), (unbiased, "unbiased")):
        rows = table[table["estimator"] == estimator]
        np.testing.assert_allclose(offsets(axes, 0)[:, 1], rows["raw"])
        np.testing.assert_allclose(offsets(axes, 1)[:, 1], rows["independent"])
        for container, rule in zip(axes.containers, RULES, strict=True):
            drawn_values = container.lines[0].get_ydata(orig=False)
            np.testing.assert_allclose(drawn_values, rows[f"ceiled_{rule}"])
            ends = np.array(container.lines[2][0].get_segments())[:, :, 1]
            np.testing.assert_allclose(np.diff(ends)[:, 0] / 2, rows[f"error_{rule}_se"])
        written = [text.get_text() for text in axes.texts]
        scores = [rows[f"error_{rule}"] / rows[f"error_{rule}_se"] for rule in RULES]
        assert written == [f"{score:+.1f}" for score in np.concatenate(scores)]


def test_a_missing_column_is_named(load_script, inputs, tmp_path):
    write_table(truth_table().drop(columns="raw"), tmp_path / "truth.csv")
    with pytest.raises(ValueError, match=r"truth_table lack columns \['raw'\]"):
        run_plot(load_script, inputs | {"truth_table": tmp_path / "truth.csv"},
                 "plot_recovered_truth", tmp_path)


def test_a_set_nobody_saw_is_refused(load_script, inputs, tmp_path, monkeypatch):
    monkeypatch.setitem(FIGURES, "plot_figure_2a",
                        (["trajectory", "statistics"], {"stimulus_set": "objectome"}))
    with pytest.raises(ValueError, match=r"no held-out animal saw 'objectome', found \['coco'"):
        run_plot(load_script, inputs, "plot_figure_2a", tmp_path)


def test_a_failed_format_leaves_nothing_behind(tmp_path, monkeypatch):
    style.use_style()
    figure = plt.figure()
    monkeypatch.setitem(style.METADATA, "png", {"nonsense": object()})
    with pytest.raises(Exception, match="object"):
        style.save_figure(figure, pd.DataFrame({"x": [1]}),
                          **{kind: tmp_path / f"f.{kind}" for kind in KINDS})
    assert list(tmp_path.iterdir()) == []
    assert not plt.fignum_exists(figure.number)


def test_empty_figures_and_unnamed_sources_are_refused(tmp_path):
    paths = {kind: tmp_path / f"f.{kind}" for kind in KINDS}
    with pytest.raises(ValueError, match="no rows"):
        style.save_figure(plt.figure(), pd.DataFrame(), **paths)
    with pytest.raises(ValueError, match="source is empty"):
        style.label_source(plt.figure(), " ")
    plt.close("all")


def test_doses_darken_and_every_condition_has_its_own_colour():
    rgb = [plt.matplotlib.colors.to_rgb(dose_colour(p)) for p in DOSES]
    luminance = np.array(rgb) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) < -0.02).all()
    conditions = [("true", p, "off") for p in DOSES]
    conditions += [("random", 1, "off"), ("shuffled", 1, "off"), ("true", 0, "linf-4")]
    assert len({condition_colour(*each) for each in conditions}) == len(conditions)
    assert len({condition_label(*each) for each in conditions}) == len(conditions)
    assert condition_label("true", 1 / 32, "off") == "p = 1/32"
    with pytest.raises(ValueError, match=r"dose p is 1\.5"):
        dose_colour(1.5)


def test_figures_need_no_torch():
    code = ("import sys; import italign.figures.quality, italign.figures.truth, "
            "italign.figures.panels, italign.evaluation.claims; print('torch' in sys.modules)")
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                            check=True)
    assert answer.stdout.strip() == "False"


def test_too_few_points_draw_no_line(load_script, inputs, tmp_path):
    rows = headline(synthetic_cohort(n_seeds=1), "biased", "split_half", 1.0)
    points = widen(rows[rows["p"].isin([0, 1])], SETS, SETS, "cka")
    write_table(points, tmp_path / "points.csv")
    write_table(all_claims(points, similarity_axes(rows), 50, 1), tmp_path / "statistics.csv")
    axes = plt.figure().subplots()
    tables = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("points", "statistics"))
    draw_against_similarity(axes, *tables, "behavior")
    assert axes.get_title("left") == "no correlation (n = 2)"
    assert np.isnan(axes.get_lines()[0].get_ydata()).all()
    plt.close("all")
