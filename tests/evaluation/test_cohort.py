"""The cohort's table, its joints, and the claims made from it, against planted effects."""

import numpy as np
import pandas as pd
import pytest

from italign.evaluation.claims import all_claims
from italign.evaluation.points import headline, similarity_axes, trajectories, widen
from italign.evaluation.table import (
    check_complete,
    concatenate,
    dataset_to_table,
    read_csv,
    table_to_dataset,
)
from italign.io import read_dataset, write_dataset, write_table
from tests.evaluation.synthetic_cohort import (
    BASE,
    BEHAVIOR_INTERCEPT,
    BEHAVIOR_SLOPE,
    DOSES,
    ROBUSTNESS_SLOPE,
    expected_members,
    synthetic_cohort,
)

SETS = ["hvm", "coco"]
RESAMPLING = {"n_bootstrap": 300, "seed": 1}


@pytest.fixture(scope="module")
def cohort():
    return synthetic_cohort(n_seeds=3)


def summarise(frame):
    rows = headline(frame, "biased", "split_half", 1.0)
    points = widen(rows, SETS, SETS, "cka")
    return points, all_claims(points, similarity_axes(rows), **RESAMPLING)


def row_of(claims, name, **where):
    rows = claims[claims["name"] == name]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


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


def test_duplicates_are_refused_by_name(cohort):
    twice = cohort.head(1).assign(raw=0.1)
    with pytest.raises(ValueError, match=r"2 rows share their key .*'cka-true-labels-p0'"):
        concatenate([cohort, twice])


def test_missing_and_unexpected_members_are_refused_by_name(cohort):
    members = expected_members(cohort)
    check_complete(cohort, members)
    with pytest.raises(ValueError, match="missing behavior of cka-new seed 1"):
        check_complete(cohort, [*members, ("cka-new", 1)])
    with pytest.raises(ValueError, match="unexpected cka-random-labels-p1 seed 1"):
        check_complete(cohort, members[1:])
    lost = (cohort["model"] == "cka-true-labels-p1") & (cohort["measure"] == "robustness")
    with pytest.raises(ValueError, match="missing robustness of cka-true-labels-p1 seed 3"):
        check_complete(cohort[~lost | (cohort["seed"] != 3)], members)


def test_validated_similarity_is_the_plain_mean_over_axes(cohort):
    points, _ = summarise(cohort)
    member = cohort[(cohort["model"] == "cka-true-labels-p1") & (cohort["seed"] == 2)
                    & (cohort["step"] == 400) & (cohort["estimator"] == "biased")
                    & (cohort["ceiling_rule"] == "split_half")]
    point = points[(points["model"] == "cka-true-labels-p1") & (points["seed"] == 2)
                   & (points["step"] == 400)].iloc[0]
    assert len(member) == len(BASE)
    assert point["similarity"] == pytest.approx(member["ceiled"].mean())
    assert point["behavior"] == pytest.approx((point["behavior_hvm"] + point["behavior_coco"]) / 2)
    assert point["behavior_objectome"] > point["behavior"]  # stored, but not in the mean


def test_estimators_and_rules_are_told_apart(cohort):
    biased, unbiased = (
        widen(headline(cohort, name, "attainable", 1.0), SETS, SETS, "cka")["similarity"]
        for name in ("biased", "unbiased"))
    np.testing.assert_allclose(biased - unbiased, 0.1)


def test_roles(cohort):
    points, _ = summarise(cohort)
    roles = points.groupby("model")["role"].first()
    assert (roles == "dose").sum() == len(DOSES)
    assert roles[["cka-shuffled-labels-p1", "cka-random-labels-p1",
                  "cka-true-labels-p0-linf4"]].tolist() == ["shuffled", "random", "adversarial"]
    other = widen(headline(cohort.assign(method="new"), "biased", "split_half", 1.0), SETS, SETS,
                  "cka")
    assert set(other["role"]) == {"other"}


def test_planted_effects_are_recovered(cohort):
    _, claims = summarise(cohort)
    for animal, name in [*BASE, ("mean", "mean")]:
        rho = row_of(claims, "dose_similarity_spearman", animal=animal, stimulus_set=name)
        assert rho["estimate"] > 0.95 and rho["p_value"] < 0.01 and rho["n"] == len(DOSES)
    slope = row_of(claims, "behavior_similarity_slope")
    assert slope["low"] < BEHAVIOR_SLOPE < slope["high"] and slope["n"] == 21
    intercept = row_of(claims, "behavior_similarity_intercept")
    assert intercept["estimate"] == pytest.approx(BEHAVIOR_INTERCEPT, abs=0.02)
    everywhere = row_of(claims, "robustness_similarity_slope_all_checkpoints")
    assert everywhere["estimate"] == pytest.approx(ROBUSTNESS_SLOPE, abs=0.02)
    assert everywhere["unit_of_resampling"] == "run" and everywhere["n"] == 21 * 6


def test_differences_are_paired_by_seed():
    frame = synthetic_cohort(n_seeds=3)
    # A large effect of the seed, the same in every model, must cancel.
    shift = frame["seed"] * (frame["measure"] == "similarity")
    _, plain = summarise(frame)
    _, shifted = summarise(frame.assign(ceiled=frame["ceiled"] + shift))
    where = {"model": "cka-shuffled-labels-p1", "animal": "sim5"}
    before, after = (row_of(claims, "similarity_difference", **where)
                     for claims in (plain, shifted))
    assert before["estimate"] == pytest.approx(-0.08, abs=0.01)
    assert (after["estimate"], after["sd"]) == pytest.approx((before["estimate"], before["sd"]))


def test_base_is_the_unaligned_model_at_the_onset(cohort):
    _, claims = summarise(cohort)
    base = row_of(claims, "similarity_base", animal="sim6")
    assert base["estimate"] == pytest.approx(BASE["sim6", "coco"], abs=0.01)
    assert base["method"] == "mean over seeds, 0 steps after the onset"


def test_one_seed_says_so():
    points, claims = summarise(synthetic_cohort(n_seeds=1))
    level = row_of(claims, "similarity_mean", model="cka-true-labels-p1")
    assert np.isnan([level["sd"], level["low"], level["high"]]).all()
    assert level["note"] == "one seed: no spread, no interval"
    assert row_of(claims, "behavior_similarity_pearson")["n"] == len(points["p"].unique())


def test_two_points_make_no_line():
    frame = synthetic_cohort(n_seeds=1)
    _, claims = summarise(frame[frame["p"].isin([0, 1])])
    pearson = row_of(claims, "behavior_similarity_pearson")
    assert pearson["note"] == "2 points: no line"
    assert np.isnan(pearson[["estimate", "low", "high", "p_value"]].astype(float)).all()
    assert np.isnan(row_of(claims, "dose_similarity_spearman", animal="mean")["estimate"])


def test_nan_is_left_out_by_name(cohort):
    lost = ((cohort["model"] == "cka-true-labels-p0.5") & (cohort["seed"] == 2)
            & (cohort["step"] == 400) & (cohort["measure"] == "behavior"))
    _, claims = summarise(cohort.assign(ceiled=cohort["ceiled"].mask(lost)))
    pearson = row_of(claims, "behavior_similarity_pearson")
    assert pearson["n"] == 20
    assert pearson["note"] == ("1 of 21 points without similarity or behavior left out: "
                               "step 400 of cka-true-labels-p0.5 seed 2")
    assert row_of(claims, "robustness_similarity_pearson")["note"] == ""


@pytest.mark.parametrize(("change", "message"), [
    (lambda f: f[f["p"] > 0], "no member with target true, labels on and p 0"),
    (lambda f: f[(f["seed"] == 1) | (f["step"] < 400)], "members end before step 400"),
    (lambda f: f[f["stimulus_set"] != "coco"], r"\['behavior_coco'\] were never measured"),
    (lambda f: f.assign(epsilon_255=2.0), r"no robustness has epsilon_255 1.0, found \[.*2.0"),
    (lambda f: f.assign(estimator="none"), "no similarity has estimator 'biased'"),
])
def test_incomplete_cohorts_are_refused(cohort, change, message):
    with pytest.raises(ValueError, match=message):
        summarise(change(cohort))


def test_trajectories_hold_mean_and_interval_over_seeds(cohort):
    rows = headline(cohort, "biased", "split_half", 1.0)
    table = trajectories(rows, "cka", n_bootstrap=2000, seed=1)
    last = table[(table["model"] == "cka-true-labels-p1") & (table["animal"] == "sim5")
                 & (table["steps_since_onset"] == 300)].iloc[0]
    values = rows[(rows["model"] == "cka-true-labels-p1") & (rows["animal"] == "sim5")
                  & (rows["step"] == 400)]["value"]
    assert last["n_seeds"] == 3
    assert last["mean"] == pytest.approx(values.mean())
    assert (last["low"], last["high"]) == pytest.approx((values.min(), values.max()))


def test_scripts_join_and_summarise(load_script, cohort, tmp_path):
    collect = load_script("evaluation", "collect_cohort").collect_cohort
    paths = []
    for (model, seed), part in cohort.groupby(["model", "seed"]):
        paths.append(str(tmp_path / f"{model}-{seed}.nc"))
        write_dataset(table_to_dataset(part), paths[-1])
    collect(scores=paths, cohort=tmp_path / "cohort.nc", csv=tmp_path / "cohort.csv",
            expected=expected_members(cohort), source="test")
    assert read_dataset(tmp_path / "cohort.nc").attrs["source"] == "test"
    outputs = {name: tmp_path / f"{name}.csv" for name in ("points", "statistics", "trajectory")}
    load_script("evaluation", "summarise_cohort").summarise_cohort(
        cohort=tmp_path / "cohort.nc", **outputs, alignment_method="cka", estimator="biased",
        ceiling_rule="split_half", behavior_sets=SETS, robustness_sets=SETS,
        headline_epsilon_255=1.0, **RESAMPLING)
    points, claims = summarise(concatenate([cohort]))
    pd.testing.assert_frame_equal(read_csv(outputs["points"]), points, check_dtype=False)
    pd.testing.assert_frame_equal(read_csv(outputs["statistics"]), claims, check_dtype=False)
