"""Published values: the table as the code reads it, typed numbers, and their own arithmetic."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from italign.evaluation.paper_claims import CLAIMS
from italign.evaluation.published import COLUMNS, read_published, rows_of

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "resources" / "published"
TABLE = FOLDER / "dapello2023.csv"
AXES = [("magneto", "hvm"), ("nano", "hvm"), ("nano", "coco"), ("bento", "coco")]


@pytest.fixture(scope="module")
def published():
    return read_published(TABLE)


def value(published, **where):
    rows = rows_of(published, **where)
    assert len(rows) == 1, where
    return rows.iloc[0]["value"]


def test_every_panel_has_all_its_numbers(published):
    counts = published.groupby(["figure", "mark"]).size().to_dict()
    assert counts == {
        ("1b", "condition"): 7, ("1b", "statistic"): 6,
        ("1c", "condition"): 7, ("1c", "statistic"): 4,
        ("2a", "final"): 24, ("2a", "start"): 4, ("2a", "trajectory"): 18,
        ("2b", "final"): 24, ("2b", "start"): 4,
        ("3a", "base"): 1, ("3a", "line"): 6, ("3a", "extent"): 7,
        ("3b", "base"): 1, ("3b", "line"): 6, ("3b", "extent"): 1, ("3b", "final"): 2,
        ("3b", "statistic"): 1,
        ("3c", "base"): 1, ("3c", "line"): 8, ("3c", "extent"): 1,
        ("3d", "base"): 1, ("3d", "line"): 6,
        ("4a", "base"): 1, ("4a", "line"): 8, ("4a", "extent"): 3,
        ("4b", "base"): 1, ("4b", "line"): 7, ("4b", "extent"): 2,
        ("a1", "base"): 2, ("a1", "line"): 10,
        ("text", "final"): 2, ("text", "statistic"): 4,
    }


@pytest.mark.parametrize("where, expected", [
    ({"figure": "1b", "quantity": "pearson_r", "read_from": "printed"}, 0.84),
    ({"figure": "1c", "quantity": "slope"}, 0.767),
    ({"figure": "1c", "mark": "condition", "p": 0.25}, 0.395),
    ({"figure": "2a", "quantity": "similarity", "mark": "final", "animal": "magneto",
      "target": "true", "p": 0.125}, 0.776),
    ({"figure": "2a", "quantity": "similarity", "mark": "final", "animal": "nano",
      "target": "shuffled"}, 0.386),
    ({"figure": "2b", "quantity": "similarity", "mark": "start", "animal": "bento"}, 0.1755),
    ({"figure": "2b", "quantity": "similarity", "mark": "final", "animal": "nano",
      "target": "true", "p": 0.5}, 0.477),
    ({"mark": "trajectory", "animal": "magneto", "target": "true",
      "steps_since_onset": 6600}, 0.811),
    ({"mark": "trajectory", "animal": "nano", "steps_since_onset": 2640}, 0.555),
    ({"quantity": "ceiling", "animal": "bento"}, 0.9570454135537148),
    ({"figure": "3a", "mark": "line", "x": 0.525}, 0.583),
    ({"figure": "3b", "mark": "final", "target": "random"}, 0.3501),
    ({"figure": "3c", "mark": "line", "x": 0.46}, 0.133),
    ({"figure": "3d", "mark": "base"}, 0.647),
    ({"figure": "4a", "mark": "line", "x": 0.42}, 0.360),
    ({"figure": "4b", "mark": "base"}, 0.323),
    ({"figure": "a1", "mark": "line", "categories": "all", "x": 0.5}, 0.676),
    ({"figure": "text", "quantity": "accuracy", "p": 1}, 0.9412),
])
def test_numbers_are_those_of_the_paper(published, where, expected):
    assert value(published, **where) == expected


def test_raw_similarity_is_the_ceiled_one_times_its_ceiling(published):
    raw = rows_of(published, quantity="raw_similarity")
    assert len(raw) == 16
    for row in raw.itertuples():
        axis = {"animal": row.animal, "stimulus_set": row.stimulus_set}
        model = {"target": row.target} | ({} if row.mark == "start" else {"p": row.p})
        ceiled = value(published, quantity="similarity", mark=row.mark, **axis, **model)
        ceiling = value(published, quantity="ceiling", **axis)
        assert ceiled * ceiling == pytest.approx(row.value, abs=0.0015)


def test_figure_1_holds_the_means_of_figure_2(published):
    """The x of Figure 1 was read from one picture, the finals of the four axes from another."""
    doses = rows_of(published, figure="1b", mark="condition")
    for dose in doses.itertuples():
        axes = [value(published, quantity="similarity", mark="final", target="true", p=dose.p,
                      animal=animal, stimulus_set=name) for animal, name in AXES]
        assert np.mean(axes) == pytest.approx(dose.x, abs=0.003)


@pytest.mark.parametrize("figure", ["1b", "1c"])
def test_printed_lines_go_through_the_means_of_the_doses(published, figure):
    doses = rows_of(published, figure=figure, mark="condition")
    slope, intercept = (value(published, figure=figure, quantity=name)
                        for name in ("slope", "intercept"))
    line = intercept + slope * doses["x"]
    assert (line - doses["value"]).mean() == pytest.approx(0, abs=0.002)
    assert ((doses["low"] < doses["value"]) & (doses["value"] < doses["high"])).all()


@pytest.mark.parametrize("animal, name", AXES)
def test_doses_rise_and_controls_fall_on_every_axis(published, animal, name):
    final = rows_of(published, quantity="similarity", mark="final", animal=animal,
                    stimulus_set=name)
    doses = rows_of(final, target="true").sort_values("p")
    assert len(doses) == 7 and (np.diff(doses["value"]) > 0).all()
    controls = final[final["target"] != "true"]
    assert len(controls) == 2 and (controls["value"] < doses["value"].iloc[0]).all()


def test_names_are_those_of_the_paper_world(published):
    config = yaml.safe_load((ROOT / "config" / "paper.yaml").read_text())
    held_out = {(entry["animal"], entry["set"]) for entry in config["assemblies"]["held_out"]}
    found = published[published["animal"] != ""]
    assert set(zip(found["animal"], found["stimulus_set"], strict=True)) == held_out
    assert set(published["stimulus_set"]) - {"", "mean"} <= set(config["stimuli"]["sets"])
    doses = {p for condition in config["training"]["conditions"] for p in condition["p"]}
    assert set(published["p"].dropna()) == doses
    assert published["steps_since_onset"].max() == config["training"]["n_steps"] - 1980


def test_the_readme_explains_every_column():
    text = (FOLDER / "README.md").read_text()
    explained = {name for line in text.splitlines() if line.startswith("| ")
                 for name in re.split(r", | ", line.split("|")[1].strip())}
    assert set(COLUMNS) <= explained


def test_no_number_is_typed_into_the_words_of_the_claims():
    for claim in CLAIMS:
        words = re.sub(r"(Monkey|Figure) \d|variation \d|\{[^}]*\}", "", claim.published)
        assert not re.search(r"\d", words), claim.id


@pytest.mark.parametrize("name, words", [
    ("gain_mean", "+0.131 (0.416 to 0.547)"),
    ("gain_2a", "+0.181 (Monkey 2 0.598 to 0.832, Monkey 1 0.475 to 0.603)"),
    ("gain_2b", "+0.080 (Monkey 1 0.4145 to 0.485, Monkey 3 0.1775 to 0.267)"),
    ("behavior_r", "r = 0.84, p = 2.4e-10, n = 35"),
    ("robustness_mean", "+0.103 (0.334 to 0.437)"),
    ("behavior_3b", "+0.015 (0.384 against the base of 0.369)"),
    ("behavior_3b_random", "+0.034; Kolmogorov-Smirnov p = 0.0079, n = 10 models"),
    ("unlabelled_behavior", "rises to about 0.60, controls 0.41 to 0.49"),
    ("labels_behavior_shuffled",
     '"shifts downward" without labels (controls 0.50 to 0.57 with, 0.41 to 0.49 without)'),
    ("robustness_random", "-0.150 (about 0.17 and 0.20)"),
    ("robustness_shuffled", "0.18 to 0.40 on HVM, base 0.348"),
    ("clean_labels", "-0.018 (0.959 to 0.941, at variation 3)"),
])
def test_words_of_the_claims_hold_the_published_numbers(published, name, words):
    claim = {claim.id: claim for claim in CLAIMS}[name]
    assert claim.published_words(published) == words


@pytest.mark.parametrize("change, words", [
    (lambda table: table.drop(columns="precision"), "columns"),
    (lambda table: table.assign(mark=["dot", *table["mark"][1:]]), "'dot', expected one of"),
    (lambda table: table.assign(precision=[np.nan, *table["precision"][1:]]),
     "row 2 has no precision"),
    (lambda table: pd.concat([table, table.iloc[[4]]]), "the same key as another row"),
    (lambda table: table.assign(value=[np.nan, *table["value"][1:]]),
     "none of value, low and high"),
])
def test_a_broken_table_is_refused_with_its_row(tmp_path, change, words):
    path = tmp_path / "broken.csv"
    change(pd.read_csv(TABLE)).to_csv(path, index=False)
    with pytest.raises(ValueError, match=re.escape(words)):
        read_published(path)
