"""Figures 1B, 1C, 3, 4 and A.1: what is drawn is what the CSV says, and what is absent is named."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from italign.figures import style
from italign.figures.checkpoints import checkpoint_rows
from italign.figures.palette import (
    condition_colour,
    condition_fill,
    condition_label,
    condition_marker,
    dose_colour,
)
from italign.figures.panels import claim
from italign.figures.published import published_marks
from italign.figures.regression import draw_against_similarity
from italign.figures.scatter import RASTERIZED_ABOVE
from italign.figures.similarity_words import similarity_label
from italign.figures.words import figure_words, image_words, measure_words, missing_words
from tests.evaluation.synthetic_cohort import summarised, synthetic_cohort
from tests.figures.drawing import (
    assert_legible,
    assert_same_bytes,
    left_open,
    run_open,
    write_tables,
)

IN_SILICO = {"source": "in silico"}
ATTACK = {"norm": "linf", "epsilon_255": 1.0}
A1_COLUMNS = ["probe_objectome", "probe_objectome_overlapping"]
FIGURES = {
    "plot_figure_1b": (["points", "statistics"], {}),
    "plot_figure_1c": (["points", "statistics"], ATTACK),
    "plot_figure_3": (["points", "averages"], {"column": "behavior_hvm", "figure": "3a"}),
    "plot_figure_4": (["points", "averages"],
                      {"column": "robustness_hvm", "figure": "4a"} | ATTACK),
    "plot_figure_a1": (["points", "averages"], {"columns": A1_COLUMNS, "figure": "a1"}),
}
FIGURE_1 = [("plot_figure_1b", "behavior"), ("plot_figure_1c", "robustness")]
OVER_TRAINING = ["plot_figure_3", "plot_figure_4", "plot_figure_a1"]
COLUMNS = ["behavior_hvm", "robustness_hvm", *A1_COLUMNS]
BASE, ADVERSARIAL = "cka-true-labels-p0", "cka-true-labels-p0-linf4"


def without_labels(points):
    """Points with labels and, of full dose and both controls, models trained without labels."""
    points = points[points["labels"] == "on"]
    full = points[points["p"] == 1]
    robustness = {name: np.nan for name in full if name.startswith("robustness")}
    return pd.concat([points, full.assign(
        labels="off", role="other", model=full["model"].str.replace("labels", "nolabels"),
        similarity=full["similarity"] - 0.02, **robustness)], ignore_index=True)


def averages(columns=COLUMNS):
    """Three windows, a base and an adversarial mark per column; the last has no interval."""
    rows = []
    for k, column in enumerate(columns):
        rows += [{"column": column, "mark": "sliding", "model": "all", "window": window,
                  "similarity": 0.40 + 0.02 * window, "value": 0.4 + 0.01 * (window + k),
                  "n_points": 40, "n_seeds": 2} for window in range(3)]
        rows += [{"column": column, "mark": "base", "model": BASE, "window": 0,
                  "similarity": 0.42, "similarity_low": 0.41, "similarity_high": 0.44,
                  "value": 0.45 + k / 100, "low": 0.43, "high": 0.50, "n_points": 14, "n_seeds": 2},
                 {"column": column, "mark": "adversarial", "model": ADVERSARIAL, "window": 0,
                  "similarity": 0.43, "value": 0.6, "n_points": 1, "n_seeds": 1}]
    return pd.DataFrame(rows).assign(note="")


@pytest.fixture(scope="module")
def cohort():
    points, statistics = summarised(synthetic_cohort(n_seeds=2))
    probes = {name: points[f"behavior_{name.removeprefix('probe_')}"] / 2 for name in A1_COLUMNS}
    return without_labels(points.assign(**probes)), statistics


@pytest.fixture
def draw(cohort, load_script, tmp_path, monkeypatch):
    """A function (rule, replaced tables and options) -> (open figure, its table, its folder)."""
    given = {"points": cohort[0], "statistics": cohort[1], "averages": averages()}

    def run(rule, folder="figure", options=None, **replaced):
        names, keywords = FIGURES[rule]
        paths = write_tables({name: (given | replaced)[name] for name in names}, tmp_path)
        figure, table = run_open(load_script, rule, tmp_path / folder, **IN_SILICO, **paths,
                                 **(keywords | (options or {})))
        return figure, table, tmp_path / folder

    yield from left_open(run, monkeypatch)


def drawn(axes, gid):
    """The one artist of a name."""
    (artist,) = [child for child in axes.get_children() if child.get_gid() == gid]
    return artist


def errorbar(axes, gid):
    (container,) = [c for c in axes.containers if c.lines[0].get_gid() == gid]
    return container.lines[0].get_xydata()[0], [bar.get_segments() for bar in container.lines[2]]


@pytest.mark.parametrize("rule", FIGURES)
def test_layout_and_bytes(rule, draw, monkeypatch):
    figure, table, first = draw(rule)
    _, _, second = draw(rule, "again")
    assert_same_bytes(first, second)
    assert figure.get_figwidth() == style.COLUMN_INCHES
    assert_legible(figure, monkeypatch)
    hover = ["model", "target", "labels", "p", "seed", "step", "similarity", "value"]
    points = table[table["mark"] == "point"]
    assert len(points) and points[hover].notna().all(axis=None)


@pytest.mark.parametrize(("rule", "measure"), FIGURE_1)
def test_figure_1_draws_its_table(rule, measure, draw, cohort):
    figure, table, _ = draw(rule)
    (axes,) = figure.axes
    at = {mark: rows[["similarity", "value"]] for mark, rows in table.groupby("mark")}
    np.testing.assert_allclose(drawn(axes, "line").get_xydata(), at["line"])
    points = table[table["mark"] == "point"]
    for p, group in points.groupby("p"):
        scatter = drawn(axes, condition_label("true", p, "off"))
        np.testing.assert_allclose(scatter.get_offsets(), group[["similarity", "value"]])
        assert to_hex(scatter.get_facecolor()[0]) == dose_colour(p)
    np.testing.assert_allclose(drawn(axes, "ring").get_offsets(), at["ring"])
    np.testing.assert_allclose(at["ring"], points.loc[points["p"] == 0, ["similarity", "value"]])
    row = claim(cohort[1], f"{measure}_similarity_pearson")
    assert f"r = {row.estimate:.2f} [{row.low:.2f}, {row.high:.2f}]" in axes.get_title("left")
    final = cohort[0].query("role == 'dose' and step == step.max()")
    assert sorted(points["value"].round(9)) == sorted(final[measure].round(9))
    assert set(points["measure"]) == {measure} and "n = 14" in axes.get_title("left")


def test_too_few_models_draw_no_line():
    points, statistics = summarised(synthetic_cohort(n_seeds=1).query("p in [0, 1]"))
    axes = plt.figure().subplots()
    table = draw_against_similarity(axes, points, statistics, "behavior",
                                    published_marks((), "1b"))
    assert axes.get_title("left") == "no correlation (n = 2)"
    assert not axes.lines and "line" not in set(table["mark"])
    with pytest.raises(ValueError, match=r"no model of a dose .* found roles \['adversarial'"):
        draw_against_similarity(axes, points[points["role"] != "dose"], statistics, "behavior",
                                published_marks((), "1b"))
    plt.close("all")


@pytest.mark.parametrize("rule", OVER_TRAINING)
def test_checkpoints_draw_their_table(rule, draw, cohort):
    figure, table, _ = draw(rule)
    options = FIGURES[rule][1]
    columns = options.get("columns") or [options["column"]]
    shown = cohort[0][cohort[0]["adversarial"] == "off"]
    for axes, column in zip(figure.axes, columns, strict=True):
        rows = table[table["measure"] == column]
        points = rows[rows["mark"] == "point"]
        expected = shown[["similarity", column]].dropna().round(9).to_numpy().tolist()
        assert sorted(points[["similarity", "value"]].round(9).to_numpy().tolist()) == sorted(
            expected)
        for (labels, target, p), group in points.groupby(["labels", "target", "p"]):
            scatter = drawn(axes, condition_label(target, p, "off", labels))
            np.testing.assert_allclose(scatter.get_offsets(), group[["similarity", "value"]])
            colour = condition_colour(target, p, "off")
            if labels == "on":
                assert to_hex(scatter.get_facecolor()[0]) == colour
            else:
                assert not len(scatter.get_facecolor())
                assert to_hex(scatter.get_edgecolor()[0]) == colour
        np.testing.assert_allclose(drawn(axes, "sliding").get_xydata(),
                                   rows.loc[rows["mark"] == "sliding", ["similarity", "value"]])
        (base,) = rows[rows["mark"] == "base"].itertuples()
        at, (across, along) = errorbar(axes, "base")
        np.testing.assert_allclose(at, [base.similarity, base.value])
        np.testing.assert_allclose(across[0][:, 0], [base.similarity_low, base.similarity_high])
        np.testing.assert_allclose(along[0][:, 1], [base.low, base.high])


def test_figure_4_crosses_are_adversarial_models_and_labels_are_on(draw):
    figure, table, _ = draw("plot_figure_4")
    (row,) = table[table["mark"] == "adversarial"].itertuples()
    at, bars = errorbar(figure.axes[0], "adversarial")
    np.testing.assert_allclose(at, [row.similarity, row.value])
    assert not any(np.isfinite(segment).any() for bar in bars for segment in bar)
    assert set(table.query("mark == 'point'")["labels"]) == {"on"}
    assert "adversarial" not in set(draw("plot_figure_3")[1]["mark"])


@pytest.mark.parametrize(("rule", "missing"), [
    ("plot_figure_3", ["models without labels", "shuffled targets", "random targets",
                       "models at p = 0"]),
    ("plot_figure_4", ["adversarially trained models", "shuffled targets", "random targets",
                       "models at p = 0"]),
])
def test_what_is_absent_is_named(rule, missing, draw, cohort, monkeypatch):
    doses = cohort[0].query("role == 'dose' and seed == 1 and p > 0")
    figure, table, _ = draw(rule, points=doses, averages=averages([]).reindex(
        columns=averages().columns))
    assert set(table["mark"]) == {"point"}
    keys = ("adversarial" if rule == "plot_figure_4" else "off", "shuffled", "random", "base")
    assert missing_words(table, keys) == missing
    (foot,) = (text.get_text() for text in figure.texts if text.get_text().startswith("not in"))
    assert foot.splitlines()[-1] == "too few points for a sliding mean"
    assert_legible(figure, monkeypatch)


def test_the_axis_of_similarity_names_region_and_unit(draw):
    for rule in ("plot_figure_3", "plot_figure_4", "plot_figure_a1"):
        (axes, *_) = draw(rule)[0].axes
        assert axes.get_xlabel().split() == "validated IT similarity (CKA / ceiling)".split()
        (axes, *_) = draw(rule, options={"similarity": similarity_label("V4", "none")})[0].axes
        assert axes.get_xlabel().split() == "V4 similarity (CKA, no ceiling)".split()


def legend_words(figure):
    return [text.get_text() for text in figure.legends[-1].get_texts()]


def test_a_single_window_is_no_line(draw, monkeypatch):
    table = averages()
    one = table[(table["mark"] != "sliding") | (table["window"] == 0)]
    figure, drawn_table, _ = draw("plot_figure_3", averages=one)
    assert "sliding" not in set(drawn_table["mark"])
    assert not [line for line in figure.axes[0].lines if line.get_gid() == "sliding"]
    assert not any("sliding" in words for words in legend_words(figure))
    assert "too few points for a sliding mean" in [text.get_text() for text in figure.texts]
    assert_legible(figure, monkeypatch)


@pytest.mark.parametrize(("n_seeds", "words"), [
    ([2, 1], "bars: range of 2 seeds"), ([3, 2], "bars: range of 2 to 3 seeds"),
    ([5, 5], "bars: 95 % over 5 seeds"), ([1, 1], None)])
def test_the_legend_says_what_bars_are(n_seeds, words, draw, monkeypatch):
    table = averages()
    for mark, n in zip(("base", "adversarial"), n_seeds, strict=True):
        rows = table["mark"] == mark
        table.loc[rows, "n_seeds"] = n
        for name in ("similarity", ""):
            value = table.loc[rows, name or "value"]
            for end, width in (("low", -0.01), ("high", 0.01)):
                column = f"{name}_{end}".strip("_")
                table.loc[rows, column] = value + width if n > 1 else np.nan
    figure, _, _ = draw("plot_figure_4", averages=table)
    assert [text for text in legend_words(figure) if "bars" in text] == ([words] if words else [])
    assert_legible(figure, monkeypatch)


def test_the_legend_lists_only_kinds_of_points_that_are_there(draw, cohort):
    points = cohort[0]
    controls = points["target"] != "true"
    kept = points[(points["labels"] == "off") != controls]  # true: open; controls: filled
    figure, table, _ = draw("plot_figure_3", points=kept)
    found = table[table["mark"] == "point"].groupby("labels")["target"].unique()
    assert {name: sorted(each) for name, each in found.items()} == {
        "off": ["true"], "on": ["random", "shuffled"]}
    (_, legend) = figure.legends
    fills = {text.get_text(): handle.get_markerfacecolor() for text, handle in zip(
        legend.get_texts(), legend.legend_handles, strict=True) if hasattr(
            handle, "get_markerfacecolor")}
    assert fills["neural target"] == "none" != fills["random target"]


def test_other_methods_are_not_drawn(cohort):
    points = pd.concat([cohort[0], cohort[0].assign(method="rsa", role="other")])
    rows = checkpoint_rows(points, "behavior_hvm", "figures.figure_3.a", ("on", "off"))
    assert len(rows) == (cohort[0]["adversarial"] == "off").sum()
    alone = cohort[0].query("labels == 'off'")  # no model of the cohort plays a role
    rows = checkpoint_rows(alone, "behavior_hvm", "figures.figure_3.a", ("on", "off"))
    assert len(rows) == len(alone) > 0


def test_columns_that_nobody_measured_are_refused(cohort):
    with pytest.raises(ValueError, match=r"no column 'behavior_faces', found \['behavior_coco'.*"
                                         r"correct figures.figure_3.a in the config"):
        checkpoint_rows(cohort[0], "behavior_faces", "figures.figure_3.a", ("on",))
    with pytest.raises(ValueError, match=r"none of \d+ checkpoints has a value of 'rob"):
        checkpoint_rows(cohort[0], "robustness_hvm", "figures.figure_4.a", ("off",))


def test_thousands_of_points_become_an_image(draw, cohort):
    _, _, folder = draw("plot_figure_3")
    assert "<image" not in (folder / "figure.svg").read_text()
    n_copies = RASTERIZED_ABOVE // len(cohort[0]) + 2
    many = pd.concat([cohort[0].assign(seed=k) for k in range(n_copies)])
    _, table, folder = draw("plot_figure_3", "many", points=many)
    assert (table["mark"] == "point").sum() > RASTERIZED_ABOVE
    vector = (folder / "figure.svg").read_text()
    assert "<image" in vector and "HVM images</text>" in vector


def test_conditions_differ_in_more_than_colour():
    conditions = [("true", "off"), ("shuffled", "off"), ("random", "off"), ("true", "linf-4")]
    assert len({condition_marker(*each) for each in conditions}) == len(conditions)
    filled, open_ = condition_fill("on", "#123456"), condition_fill("off", "#123456")
    assert filled["facecolors"] == open_["edgecolors"] == "#123456"
    assert open_["facecolors"] == "none" and open_["linewidths"] > 0
    assert condition_label("true", 1, "off", "off") == "p = 1, no labels"


def test_words_of_columns():
    assert image_words("behavior_coco_behavior") == "COCO BEHAVIOR images"
    assert image_words("probe_objectome_overlapping") == "OBJECTOME images, overlapping categories"
    assert image_words("probe_objectome_novel", ",\n") == "OBJECTOME images,\nnovel categories"
    assert measure_words("probe_hvm") == "decoder accuracy"
    with pytest.raises(ValueError, match="measure 'rt', expected one of"):
        measure_words("rt_hvm")


def test_names_of_figures_are_those_of_the_paper():
    names = {"1a": "1A", "figure_3d": "3D", "a1": "A.1", "figure_a1": "A.1", "text": "text",
             "session-x": "session-x"}
    assert {name: figure_words(name) for name in names} == names
