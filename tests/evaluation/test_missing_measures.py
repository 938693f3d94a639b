"""A cohort that lacks measures, conditions or seeds is summarised without what it lacks."""

import pandas as pd
import pytest

from italign.evaluation.table import read_csv, table_to_dataset
from italign.io import write_dataset
from tests.evaluation.synthetic_cohort import HEADLINE, RESAMPLING, SETS, synthetic_cohort

TABLES = ("points", "averages", "statistics", "levels", "trajectory")
NO_ATTACK = {"attack": None, "epsilon_255": None}


@pytest.fixture(scope="module")
def whole():
    return synthetic_cohort(n_seeds=2, every=150, unlabelled=True)


@pytest.fixture
def summarise(load_script, tmp_path):
    script = load_script("evaluation", "summarise_cohort").summarise_cohort
    files = {name: tmp_path / f"{name}.csv" for name in TABLES}

    def tables_of(frame, **headline):
        write_dataset(table_to_dataset(frame), tmp_path / "cohort.nc")
        script(cohort=tmp_path / "cohort.nc", **files, headline=HEADLINE | headline,
               region="IT", robustness_sets=SETS, window_points=5, stride_points=1, **RESAMPLING)
        return {name: read_csv(path) for name, path in files.items()}

    return tables_of


def without(frame, *measures):
    return frame[~frame["measure"].isin(measures)]


def only_noise(frame):
    attacked = frame["attack"] != "none"
    noisy = frame[attacked & (frame["attack"] == "in_training")].assign(
        attack="gaussian_noise", norm="none")
    return pd.concat([frame[~attacked], noisy[noisy["measure"] == "robustness"]])


@pytest.mark.parametrize(("cut", "headline", "measure"), [
    (lambda f: without(f, "behavior"), {}, "behavior"),
    (lambda f: without(f, "robustness", "attack_check"), {}, "robustness"),
    (lambda f: without(f, "robustness", "attack_check"), NO_ATTACK, "robustness"),
    (only_noise, NO_ATTACK, "robustness"),
], ids=["behavior", "robustness", "attacks", "attacks, but noise"])
def test_without_a_measure_no_claim_is_made_of_it(whole, summarise, cut, headline, measure):
    full, tables = summarise(whole), summarise(cut(whole), **headline)
    assert tables["points"][measure].isna().all()
    assert not [name for name in tables["points"] if name.startswith(f"{measure}_")]
    gone = full["statistics"]["name"].str.contains(measure, regex=False)
    others = full["statistics"][~gone & ~full["statistics"]["name"].str.startswith(
        ("attack_checks", "autoattack") if measure == "robustness" else ("none",))]
    pd.testing.assert_frame_equal(tables["statistics"], others.reset_index(drop=True))
    along = full["averages"]
    rest = along[~along["column"].str.startswith(measure)].reset_index(drop=True)
    pd.testing.assert_frame_equal(tables["averages"], rest)


def test_without_probe_accuracy_and_everything_but_similarity(whole, summarise):
    full, tables = summarise(whole), summarise(without(whole, "probe", "accuracy"))
    assert not [name for name in tables["points"] if name.startswith(("probe", "accuracy"))]
    assert not tables["averages"]["column"].str.startswith("probe").any()
    assert not (tables["levels"]["name"] == "probe_mean").any()
    alone = summarise(whole[whole["measure"] == "similarity"], **NO_ATTACK)
    assert alone["averages"].empty and alone["levels"].empty
    assert alone["statistics"]["name"].str.contains("similarity").all()
    pd.testing.assert_frame_equal(alone["trajectory"], full["trajectory"])


@pytest.mark.parametrize("cut", [
    lambda f: f["adversarial"] == "off",
    lambda f: f["target"] == "true",
    lambda f: f["labels"] == "on",
    lambda f: f["p"].isin([0, 1]),
    lambda f: (f["p"] == 0) & (f["adversarial"] == "off"),
    lambda f: f["seed"] == 1,
], ids=["adversarial", "controls", "unlabelled", "doses between", "any dose", "second seed"])
def test_without_models_or_seeds_the_others_stay_as_they_are(whole, summarise, cut):
    full, tables = summarise(whole), summarise(whole[cut(whole)])
    members = ["model", "seed", "step"]
    kept = full["points"].merge(tables["points"][members], on=members)
    pd.testing.assert_frame_equal(tables["points"], kept)
    assert set(tables["statistics"]["model"]) <= {*tables["points"]["model"], "none"}
    base = tables["averages"][tables["averages"]["mark"] == "base"]
    assert len(base) == len([name for name in kept if name.startswith(
        ("behavior_", "robustness_", "probe_"))])
    trained = set(tables["points"].loc[tables["points"]["role"] == "adversarial", "model"])
    marks = tables["averages"].loc[tables["averages"]["mark"] == "adversarial", "model"]
    assert set(marks) == trained


def test_models_without_labels_say_what_they_lack(whole, summarise):
    statistics = summarise(whole)["statistics"]
    row = statistics[(statistics["name"] == "robustness_mean")
                     & (statistics["model"] == "cka-true-nolabels-p1")].squeeze()
    assert pd.isna(row["estimate"]) and row["n"] == 0
    assert row["note"].startswith("2 of 2 points without robustness left out")


def test_a_headline_set_that_was_not_measured_is_refused(whole, summarise):
    with pytest.raises(ValueError, match=r"\['behavior_new'\] were never measured"):
        summarise(whole, behavior_sets=["hvm", "new"])
