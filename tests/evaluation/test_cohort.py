"""The cohort's table and its joints, and the scripts that make tables of it."""

import pandas as pd
import pytest

from italign.assemblies.ceilings import RULES as SIMILARITY_RULES
from italign.evaluation.columns import CEILED
from italign.evaluation.consistency import RULES as PREDICTIVITY_RULES
from italign.evaluation.points import BEHAVIOR_CEILING
from italign.evaluation.table import (
    check_complete,
    concatenate,
    dataset_to_table,
    read_csv,
    table_to_dataset,
)
from italign.io import read_dataset, write_dataset, write_table
from tests.evaluation.synthetic_cohort import (
    HEADLINE,
    RESAMPLING,
    SETS,
    expected_scores,
    levels_of,
    summarised,
    synthetic_cohort,
)


@pytest.fixture(scope="module")
def cohort():
    return synthetic_cohort(n_seeds=3)


def test_table_survives_netcdf_and_csv(cohort, tmp_path):
    write_dataset(table_to_dataset(cohort), tmp_path / "cohort.nc")
    write_table(cohort, tmp_path / "cohort.csv")
    for again in (dataset_to_table(read_dataset(tmp_path / "cohort.nc")),
                  read_csv(tmp_path / "cohort.csv")):
        pd.testing.assert_frame_equal(again, cohort, check_dtype=False, check_exact=True)
    assert list(again.filter(["seed", "n", "raw"]).dtypes) == ["int64", "int64", "float64"]


def test_a_column_of_the_word_true_stays_text(cohort, tmp_path):
    write_table(cohort[cohort["target"] == "true"], tmp_path / "true.csv")
    assert set(read_csv(tmp_path / "true.csv")["target"]) == {"true"}


@pytest.mark.parametrize(("change", "message"), [
    (lambda f: f.drop(columns="ceiling"), r"lacks columns \['ceiling'\]"),
    (lambda f: f.assign(score=1.0), r"unknown columns \['score'\]"),
    (lambda f: f.assign(animal=None), r"'animal' holds None .* expected text"),
    (lambda f: f.assign(seed=1.5), r"'seed' holds 1.5 .* expected integers"),
    (lambda f: f.assign(raw="high"), r"'raw' holds 'high' .* expected numbers"),
    (lambda f: f.assign(target=True), r"'target' holds True \(bool\), expected text"),
])
def test_wrong_tables_are_refused(cohort, change, message):
    with pytest.raises(ValueError, match=message):
        table_to_dataset(change(cohort.head(3)))


def test_order_of_files_does_not_matter(cohort):
    parts = [part for _, part in cohort.groupby(["model", "seed"])]
    pd.testing.assert_frame_equal(concatenate(parts), concatenate(parts[::-1]))


def test_formulas_of_the_ceilings_stand_beside_the_numbers(cohort):
    assert set(CEILED) == {*SIMILARITY_RULES, *PREDICTIVITY_RULES, BEHAVIOR_CEILING}
    attrs = table_to_dataset(cohort).attrs
    assert attrs["ceiled_human_halves"] == CEILED["human_halves"]
    assert set(attrs) == {f"ceiled_{rule}" for rule in cohort["ceiling_rule"].unique()
                          if rule != "none"}


def test_duplicates_are_refused_by_name(cohort):
    twice = cohort.head(1).assign(raw=0.1)
    with pytest.raises(ValueError, match=r"2 rows share their key .*'cka-true-labels-p0'"):
        concatenate([cohort, twice])


def test_missing_and_unexpected_members_are_refused_by_name(cohort):
    asked = expected_scores(cohort)
    check_complete(cohort, **asked)
    models, seeds = asked["expected"], asked["seeds"]
    with pytest.raises(ValueError, match="missing behavior of cka-new seed 1"):
        check_complete(cohort, {**models, "cka-new": ["behavior"]}, {**seeds, "cka-new": [1]})
    with pytest.raises(ValueError, match="unexpected cka-random-labels-p1 seed 1"):
        check_complete(cohort, {name: scored for name, scored in models.items()
                                if name != "cka-random-labels-p1"}, seeds)
    with pytest.raises(ValueError, match="unexpected cka-true-labels-p1 seed 2"):
        check_complete(cohort, models, {**seeds, "cka-true-labels-p1": [1, 3]})
    lost = (cohort["model"] == "cka-true-labels-p1") & (cohort["measure"] == "robustness")
    with pytest.raises(ValueError,
                       match="missing robustness in_training of cka-true-labels-p1 seed 3"):
        check_complete(cohort[~lost | (cohort["seed"] != 3)], **asked)


def test_scripts_join_and_summarise(load_script, cohort, tmp_path):
    collect = load_script("evaluation", "collect_cohort").collect_cohort
    paths = []
    for (model, seed), part in cohort.groupby(["model", "seed"]):
        paths.append(str(tmp_path / f"{model}-{seed}.nc"))
        write_dataset(table_to_dataset(part), paths[-1])
    collect(scores=paths, cohort=tmp_path / "cohort.nc", csv=tmp_path / "cohort.csv",
            **expected_scores(cohort), source="test")
    assert read_dataset(tmp_path / "cohort.nc").attrs["source"] == "test"
    outputs = {name: tmp_path / f"{name}.csv"
               for name in ("points", "averages", "statistics", "levels", "trajectory")}
    load_script("evaluation", "summarise_cohort").summarise_cohort(
        cohort=tmp_path / "cohort.nc", **outputs, headline=HEADLINE, robustness_sets=SETS,
        region="IT", window_points=20, stride_points=5, **RESAMPLING)
    points, claims = summarised(concatenate([cohort]))
    for name, table in (("points", points), ("statistics", claims), ("levels", levels_of(cohort))):
        pd.testing.assert_frame_equal(read_csv(outputs[name]), table, check_dtype=False)
