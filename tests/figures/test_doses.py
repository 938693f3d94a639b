"""Dose-response: points and bars are the table, models apart from the doses, effect sizes."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from italign.evaluation.effect_sizes import MIN_SEEDS
from italign.figures import style
from italign.figures.dose_effects import SEEDS_OF_G
from italign.figures.palette import ADVERSARIAL, RANDOM, SHUFFLED, dose_colour
from tests.evaluation.synthetic_cohort import DOSES, summarised, synthetic_cohort
from tests.figures.drawing import (
    assert_legible,
    assert_same_bytes,
    left_open,
    run_open,
    write_tables,
)

MEASURES = ["similarity", "behavior", "robustness", "accuracy"]
OTHERS = ["shuffled target", "random target", "adversarial"]
OPTIONS = {"source": "in silico", "base_set": "base"}
G = {"cka-true-labels-p1": 12.34, "cka-true-labels-p0.5": -0.04, "cka-random-labels-p1": -7.26}


@pytest.fixture(scope="module")
def tables():
    """Points and statistics of a cohort with effect sizes of three models, written by hand."""
    points, statistics = summarised(synthetic_cohort(n_seeds=2))
    statistics = statistics[~statistics["name"].str.endswith("_hedges_g")]
    differences = statistics[(statistics["name"] == "similarity_difference")
                             & (statistics["stimulus_set"] == "mean")]
    g = differences["model"].map(G)
    sizes = differences.assign(name="similarity_hedges_g", estimate=g, low=g - 1, high=g + 2)
    return {"points": points, "statistics": pd.concat([statistics, sizes])}


@pytest.fixture
def draw(load_script, tmp_path, monkeypatch):
    """Give a function (tables, folder) -> (open figure, table as written)."""

    def drawn(tables, folder=tmp_path):
        return run_open(load_script, "plot_dose_response", folder,
                        **write_tables(tables, tmp_path), **OPTIONS)

    yield from left_open(drawn, monkeypatch)


def marks_of(axes):
    """Scatters by the model that they show, and the bars in the same order."""
    scatters = {each.get_gid(): each for each in axes.collections
                if each.get_gid() not in (None, "backing")}
    bars = [each for each in axes.collections if isinstance(each, LineCollection)]
    return scatters, bars


def test_points_and_bars_are_the_table(draw, tables, monkeypatch):
    figure, table = draw(tables)
    assert list(dict.fromkeys(table["measure"])) == MEASURES
    for axes, measure in zip(figure.axes, MEASURES, strict=True):
        rows = table[table["measure"] == measure]
        scatters, bars = marks_of(axes)
        assert list(scatters) == rows["model"].tolist()
        for row, bar in zip(rows.itertuples(), bars, strict=True):
            np.testing.assert_allclose(scatters[row.model].get_offsets(), [(row.x, row.value)])
            np.testing.assert_allclose(bar.get_segments()[0],
                                       [(row.x, row.low), (row.x, row.high)])
    assert figure.get_figwidth() == pytest.approx(style.COLUMN_INCHES)
    assert_legible(figure, monkeypatch)


def test_values_are_the_claims(draw, tables):
    _, table = draw(tables)
    claims = tables["statistics"]
    for measure in MEASURES:
        name = "accuracy_change" if measure == "accuracy" else f"{measure}_difference"
        shown = "base" if measure == "accuracy" else "mean"
        rows = claims[(claims["name"] == name) & (claims["stimulus_set"] == shown)]
        drawn = table[table["measure"] == measure].set_index("model")
        expected = rows.set_index("model")["estimate"]
        np.testing.assert_allclose(drawn["value"], expected[drawn.index])
        assert len(drawn) == len(expected) == len(DOSES) + 3 - (measure != "accuracy")


def test_doses_are_in_order_and_others_apart(draw, tables):
    figure, table = draw(tables)
    rows = table[table["measure"] == "accuracy"]
    assert rows["category"].tolist() == ["0", "1/32", "1/16", "1/8", "1/4", "1/2", "1", *OTHERS]
    gaps = np.diff(rows["x"])
    n_doses = len(DOSES)
    np.testing.assert_allclose(np.delete(gaps, n_doses - 1), 1)
    assert gaps[n_doses - 1] > 1.5
    scatters, _ = marks_of(figure.axes[-1])
    colours = [to_hex(each.get_facecolor()[0]) for each in scatters.values()]
    assert colours == [*(dose_colour(p) for p in DOSES), SHUFFLED, RANDOM, ADVERSARIAL]


def test_effect_sizes_stand_over_their_models(draw, tables):
    figure, table = draw(tables)
    similarity, *others = figure.axes
    rows = table[table["measure"] == "similarity"].set_index("model")
    written = {text.xy[0]: text.get_text() for text in similarity.texts if hasattr(text, "xy")}
    words = {"cka-true-labels-p1": "12", "cka-true-labels-p0.5": "0.0",
             "cka-random-labels-p1": "-7.3"}
    assert written == {rows.loc[model, "x"]: text for model, text in words.items()}
    assert rows["hedges_g"].dropna().to_dict() == G
    known = rows.loc[list(G)]
    np.testing.assert_allclose(known["hedges_g_low"], known["hedges_g"] - 1)
    np.testing.assert_allclose(known["hedges_g_high"], known["hedges_g"] + 2)
    assert not any("effect size" in text.get_text() for text in figure.texts)
    assert not any(text.get_text() == "g" for axes in others for text in axes.texts)
    assert figure.legends[0].get_title().get_text() == (
        "mean of 2 seeds, bar: range; g: Hedges' g")


@pytest.mark.parametrize(("n_seeds", "note"), [
    (1, "no effect size g: needs three seeds"), (2, "no effect size g: needs three seeds"),
    (3, "no effect size g: the notes in statistics.csv say why")])
def test_no_effect_size_is_said_at_the_foot(n_seeds, note, draw, tables, monkeypatch):
    statistics = tables["statistics"]
    statistics = statistics[~statistics["name"].str.endswith("_hedges_g")]
    figure, table = draw(tables | {"statistics": statistics.assign(n_seeds=n_seeds)})
    assert table["hedges_g"].isna().all()
    assert [text.get_text() for text in figure.texts][-1] == note
    assert "Hedges" not in figure.legends[0].get_title().get_text()
    assert_legible(figure, monkeypatch)
    assert SEEDS_OF_G == MIN_SEEDS


def without_labels(tables):
    """Add a twin without labels to every model of the true target, without robustness."""
    points, statistics = tables["points"], tables["statistics"]
    true = points[points["target"].eq("true") & points["adversarial"].eq("off")]
    twins = true.assign(model=true["model"] + "-twin", labels="off", role="other")
    claims = statistics[statistics["model"].isin(true["model"])]
    claims = claims.assign(model=claims["model"] + "-twin", estimate=claims["estimate"].mask(
        claims["name"] == "robustness_difference"))
    return {"points": pd.concat([points, twins]), "statistics": pd.concat([statistics, claims])}


def test_models_without_labels_are_open_and_beside_their_dose(draw, tables, monkeypatch):
    figure, table = draw(without_labels(tables))
    rows = table[table["measure"] == "behavior"].set_index("model")
    assert rows.loc["cka-true-labels-p1-twin", "x"] - rows.loc["cka-true-labels-p1", "x"] == (
        pytest.approx(0.22))
    scatters, _ = marks_of(figure.axes[1])
    assert len(scatters["cka-true-labels-p1-twin"].get_facecolor()) == 0
    assert not (table.query("measure == 'robustness'")["labels"] == "off").any()
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["with labels", "without labels"]
    assert_legible(figure, monkeypatch)


def test_adversarially_trained_models_of_two_doses_say_which(draw, tables, monkeypatch):
    points, statistics = tables["points"], tables["statistics"]
    name, other = "cka-true-labels-p0-linf4", "cka-true-labels-p1-linf4"
    both = {"points": pd.concat([points, points[points["model"] == name].assign(
                model=other, p=1.0)]),
            "statistics": pd.concat([statistics, statistics[statistics["model"] == name].assign(
                model=other)])}
    figure, table = draw(both)
    ordered = table.sort_values("x")["category"].unique().tolist()
    assert ordered[-2:] == ["adv., p = 0", "adv., p = 1"]
    assert_legible(figure, monkeypatch)


def test_what_is_missing_is_named(draw, tables, monkeypatch):
    points, statistics = tables["points"], tables["statistics"]
    kept = points["adversarial"] == "off"
    figure, table = draw({
        "points": points[kept & (points["target"] == "true")],
        "statistics": statistics[statistics["name"] != "robustness_difference"].assign(n_seeds=1)})
    assert len(figure.axes) == 3
    assert figure.legends[0].get_title().get_text().startswith("one seed")
    (missing,) = (t.get_text() for t in figure.texts if t.get_text().startswith("not in"))
    assert " ".join(missing.split()) == (
        "not in this world: accuracy under attack, shuffled targets, random targets, "
        "adversarially trained models")
    assert "robustness" not in set(table["measure"])
    assert_legible(figure, monkeypatch)


def test_a_cohort_without_differences_is_refused(draw, tables):
    statistics = tables["statistics"]
    kept = ~statistics["name"].str.contains("difference|change")
    with pytest.raises(ValueError, match="no difference between doses among the claims"):
        draw(tables | {"statistics": statistics[kept]})


def test_two_runs_are_byte_identical(draw, tables, tmp_path):
    for run in ("first", "second"):
        draw(tables, tmp_path / run)
    assert_same_bytes(tmp_path / "first", tmp_path / "second")
