"""Figure 2: lines and bands are the table, animals are numbered, what is missing is named."""

import numpy as np
import pandas as pd
import pytest

from italign.evaluation.claims import all_claims
from italign.evaluation.headline import similarity_axes
from italign.evaluation.points import headline_rows, trajectories, widen
from italign.evaluation.published import COLUMNS
from italign.figures import style
from italign.figures.similarity_words import similarity_label
from tests.evaluation.synthetic_cohort import DOSES, HEADLINE, synthetic_cohort
from tests.figures.drawing import (
    assert_legible,
    assert_same_bytes,
    left_open,
    offsets,
    run_open,
    write_tables,
)

SETS = ["hvm", "coco"]
ANIMALS = ["sim5", "sim4", "sim6"]  # not in the order of the alphabet
OPTIONS = {"stimulus_set": "hvm", "figure": "2a", "onset_step": 100, "animals": ANIMALS,
           "source": "in silico"}
LAST = 300  # steps after the onset


@pytest.fixture(scope="module")
def cohort():
    return synthetic_cohort(n_seeds=2)


@pytest.fixture(scope="module")
def tables(cohort):
    """Trajectory and statistics."""
    rows = headline_rows(cohort, HEADLINE)
    points = widen(rows, SETS, SETS, "cka")
    return {"trajectory": trajectories(rows, "cka", 200, 1),
            "statistics": all_claims(points, cohort, similarity_axes(rows), SETS, 200, 1)}


@pytest.fixture
def draw(load_script, tmp_path, monkeypatch):
    """Give a function (tables, **options) -> (open figure, table as written)."""

    def drawn(tables, folder=tmp_path, **options):
        paths = write_tables(tables, tmp_path)
        if "published" in paths:
            paths["published"] = [paths["published"]]
        return run_open(load_script, "plot_figure_2", folder, **paths, **OPTIONS | options)

    yield from left_open(drawn, monkeypatch)


def test_the_axis_names_region_and_unit(draw, tables):
    figure, _ = draw(tables, stimulus_set="hvm")
    assert figure.axes[0].get_ylabel() == "IT similarity, HVM images\n(CKA / ceiling)"
    figure, _ = draw(tables, stimulus_set="hvm", similarity=similarity_label("V4", "none"))
    assert figure.axes[0].get_ylabel() == "V4 similarity, HVM images\n(CKA, no ceiling)"


@pytest.mark.parametrize(("stimulus_set", "titles"), [
    ("hvm", {"sim5": "Monkey 1 (sim5)", "sim4": "Monkey 2 (sim4)"}),
    ("coco", {"sim4": "Monkey 2 (sim4)", "sim6": "Monkey 3 (sim6)"}),
])
def test_lines_bands_and_base_are_the_table(stimulus_set, titles, draw, tables, monkeypatch):
    figure, table = draw(tables, stimulus_set=stimulus_set)
    assert [axes.get_title("left") for axes in figure.axes] == list(titles.values())
    for axes, animal in zip(figure.axes, titles, strict=True):
        rows = table[table["animal"] == animal]
        base, *lines = axes.get_lines()
        drawn_base = rows.loc[rows["mark"] == "base", "value"].item()
        assert base.get_ydata()[0] == pytest.approx(drawn_base)
        models = rows[rows["mark"] == "line"]
        ordered = [group.sort_values("steps_since_onset")
                   for _, group in models.groupby("model")]
        drawn = {tuple(np.round(line.get_xydata(), 9).ravel()) for line in lines}
        listed = [group[["steps_since_onset", "value"]].to_numpy() for group in ordered]
        assert drawn == {tuple(np.round(line, 9).ravel()) for line in listed}
        assert len(lines) == len(DOSES) + 2
        tops = {round(band.get_paths()[0].vertices[:, 1].max(), 9) for band in axes.collections}
        assert tops == {round(group["high"].max(), 9) for group in ordered}
        assert axes.get_xlabel() == "gradient steps\nafter step 100"
    assert figure.get_figwidth() == pytest.approx(style.COLUMN_INCHES)
    assert_legible(figure, monkeypatch)


def test_two_runs_are_byte_identical(draw, tables, tmp_path):
    for run in ("first", "second"):
        draw(tables, tmp_path / run)
    assert_same_bytes(tmp_path / "first", tmp_path / "second")


def published_table():
    """A start, two final values, one between, one beyond the last step, and values of others."""
    rows = pd.DataFrame({
        "mark": ["start", "final", "final", "trajectory", "trajectory", "start", "start"],
        "value": [0.51, 0.52, 0.61, 0.57, 0.62, 0.4, 0.3],
        "steps_since_onset": [0, 24420, 24420, 150, 18480, 0, 0], "figure": "2a",
        "animal": ["sim4"] * 5 + ["sim6", "sim4"], "stimulus_set": "hvm",
        "quantity": ["similarity"] * 6 + ["raw_similarity"], "p": range(7), "precision": 0,
        "read_from": "digitised",
    })
    return rows.reindex(columns=COLUMNS)


def test_published_values_stand_where_this_world_has_steps(draw, tables, monkeypatch):
    figure, table = draw(tables | {"published": published_table()})
    marks = table[table["mark"] == "published"]
    assert set(marks["animal"]) == {"sim4"}
    expected = [(0, 0.51), (LAST, 0.52), (LAST, 0.61), (150, 0.57)]
    np.testing.assert_allclose(marks[["steps_since_onset", "value"]], expected)
    monkey_1, monkey_2 = figure.axes
    np.testing.assert_allclose(offsets(monkey_2, 0), expected)
    low, high = monkey_2.get_xlim()
    assert low < 0 and high > LAST
    assert not any(collection.get_gid() == "published" for collection in monkey_1.collections)
    assert "published" in [text.get_text() for text in figure.legends[0].get_texts()]
    assert_legible(figure, monkeypatch)


def test_the_highest_dose_leads_the_legend(draw, tables):
    figure, _ = draw(tables)
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["p = 1", "p = 1/2", "p = 1/4", "p = 1/8", "p = 1/16", "p = 1/32", "p = 0",
                     "base model", "shuffled target", "random target"]
    assert figure.legends[0].get_title().get_text().endswith("mean of 2 seeds, band: range")


def third_animal(table):
    """Give sim6 the values of sim5 on HVM."""
    same = (table["animal"] == "sim5") & (table["stimulus_set"] == "hvm")
    return pd.concat([table, table[same].assign(animal="sim6")])


def test_three_animals_take_two_rows(draw, tables, monkeypatch):
    figure, table = draw({name: third_animal(each) for name, each in tables.items()})
    places = [axes.get_position() for axes in figure.axes]
    assert [axes.get_title("left")[:8] for axes in figure.axes] == ["Monkey 1", "Monkey 2",
                                                                   "Monkey 3"]
    assert places[2].y1 < places[0].y0 and places[2].x0 == pytest.approx(places[0].x0)
    assert set(table["animal"]) == set(ANIMALS)
    assert_legible(figure, monkeypatch)


def test_one_seed_and_no_controls_are_said(draw, tables, monkeypatch):
    doses = tables["trajectory"].query("role == 'dose'").assign(n_seeds=1, low=np.nan, high=np.nan)
    figure, table = draw(tables | {"trajectory": doses})
    assert figure.legends[0].get_title().get_text().endswith("one seed")
    words = "not in this world: shuffled targets, random targets"
    assert words in [text.get_text() for text in figure.texts]
    assert table["low"].isna().all() and set(table["mark"]) == {"line", "base"}
    assert_legible(figure, monkeypatch)


def test_a_set_nobody_saw_is_refused(draw, tables):
    with pytest.raises(ValueError, match=r"no held-out animal saw 'objectome', found \['coco'"):
        draw(tables, stimulus_set="objectome")
