"""Verdicts on the paper's claims, against planted effects and in worlds that lack something."""

import numpy as np
import pandas as pd
import pytest

from italign.evaluation.averages import averages
from italign.evaluation.claim_words import claim_label
from italign.evaluation.contrasts import Absent, Study, contrast
from italign.evaluation.dose_ranks import dose_ranks
from italign.evaluation.paper_claims import CLAIMS, UNITS
from italign.evaluation.published import read_compared, read_published
from italign.evaluation.reproduction import COLUMNS, panels_of, reproduction, study_of
from italign.evaluation.statistics import bootstrap_mean
from italign.evaluation.table import table_to_dataset
from italign.evaluation.verdicts import NO_CHANGE, RULE, Estimate, judge, judge_absence
from italign.io import write_dataset, write_table
from tests.conftest import ROOT
from tests.evaluation.synthetic_cohort import (
    HEADLINE,
    RESAMPLING,
    ROBUSTNESS_SLOPE,
    summarised,
    synthetic_cohort,
)

TABLE = ROOT / "resources" / "published" / "dapello2023.csv"
FIGURES = {"figure_2": {"a": "hvm", "b": "coco"},
           "figure_3": {"a": "hvm", "b": "coco", "c": "objectome_overlapping", "d": "objectome"},
           "figure_4": {"a": "hvm", "b": "coco"}, "figure_5": {"a": "hvm", "b": "coco"}}
ATTACKS = ["figure_5_l2"]
PAPER_NAMES = {("sim4", "hvm"): "nano", ("sim4", "coco"): "nano", ("sim5", "hvm"): "magneto",
               ("sim6", "coco"): "bento"}
AGREES, DISAGREES, NOT_TESTABLE = "agrees", "disagrees", "not testable here"


@pytest.fixture(scope="module")
def published():
    return read_published(TABLE)


@pytest.fixture(scope="module")
def whole():
    """A cohort with everything, three seeds."""
    return with_curves(synthetic_cohort(n_seeds=3, unlabelled=True))


def with_curves(frame):
    """Plant the order of Figure 5: adversarial > aligned > standard on hvm, aligned first on coco.

    Clean accuracy of the adversarially trained falls on coco.
    """
    shift = {("cka-true-labels-p1", "hvm"): 0.05, ("cka-true-labels-p0-linf4", "hvm"): 0.1,
             ("cka-true-labels-p1", "coco"): 0.05, ("cka-true-labels-p0-linf4", "coco"): -0.05}
    curves = frame["attack"].isin(ATTACKS) | (frame["measure"] == "accuracy")
    keys = zip(frame["model"], frame["stimulus_set"], strict=True)
    by_row = pd.Series([shift.get(key, 0.0) for key in keys], frame.index)
    return frame.assign(raw=frame["raw"] + by_row.where(curves, 0.0))


def judged_claims(frame, published, figures=FIGURES):
    points, statistics = summarised(frame)
    study = study_of(points, frame, statistics, figures, ATTACKS)
    return reproduction(study, statistics, published, **RESAMPLING).set_index("id")


def test_planted_effects_get_their_verdicts(whole, published):
    rows = judged_claims(whole, published)
    agree = ["dose_2a", "dose_2b", "gain_mean", "gain_2a", "gain_2b", "random_2a", "random_2b",
             "shuffled_2a", "shuffled_2b", "unlabelled_similarity", "adversarial_similarity",
             "behavior_r", "behavior_mean", "behavior_3a", "behavior_3b_random", "behavior_3c",
             "robustness_r", "robustness_mean", "robustness_4a", "robustness_random",
             "curve_5a_aligned", "curve_5a_adversarial", "curve_5b_aligned",
             "curve_5b_adversarial", "clean_5b"]
    assert set(rows.loc[agree, "verdict"]) == {AGREES}
    # Behavior is a line of similarity on every set here, so that of all categories rises too.
    disagree = ["behavior_3d", "probe_all", "adversarial_4b", "clean_labels"]
    assert set(rows.loc[disagree, "verdict"]) == {DISAGREES}
    # Gains are equal on both sets: intervals span zero.
    open_claims = rows.loc[["gain_2a_beyond_2b", "probe_overlapping"]]
    assert ((open_claims["low"] <= 0) & (open_claims["high"] >= 0)).all()
    assert set(open_claims["verdict"]) == {NOT_TESTABLE}
    # Nothing is planted for no dose: its change is small beside the gain.
    margin = NO_CHANGE * rows.loc["gain_mean", "estimate"]
    assert rows.loc["no_dose", ["verdict", "reason"]].tolist() == [AGREES, f"within ±{margin:.3f}"]
    planted = 0.15 * (1 - np.exp(-6)) * (1 - np.exp(-4))
    assert rows.loc["gain_mean", "estimate"] == pytest.approx(planted, abs=0.004)
    assert rows.loc["robustness_mean", "estimate"] == pytest.approx(
        ROBUSTNESS_SLOPE * rows.loc["gain_mean", "estimate"], abs=0.02)
    assert rows.loc["curve_5a_aligned", "estimate"] == pytest.approx(0.05)
    assert rows["why"].loc["gain_2a"].endswith("interval = range of 3 seeds")
    assert (rows.loc[rows["verdict"] != NOT_TESTABLE, ["low", "high"]].notna()).all(axis=None)
    assert rows.loc[["dose_2a", "dose_2b"], "n"].tolist() == [3, 3]
    assert rows["why"].loc["dose_2a"].endswith("interval = range of the resamples of 3 seeds")


def test_every_claim_has_a_row_with_words(whole, published):
    points, statistics = summarised(whole)
    study = study_of(points, whole, statistics, FIGURES, ATTACKS)
    rows = reproduction(study, statistics, published, **RESAMPLING)
    assert list(rows.columns) == list(COLUMNS)
    assert rows["id"].tolist() == [claim.id for claim in CLAIMS] and rows["id"].is_unique
    assert rows["claim"].is_unique and rows["statistic"].str.len().min() > 10
    assert set(rows["unit"]) <= set(UNITS) and (rows["why"] != "").all()
    assert not rows["published"].str.contains("nan|\\{").any()
    assert not rows["label"].str.contains("\\{").any() and rows["label"].str.len().max() <= 36
    # A published effect has the side that the claim says.
    sides = np.array([claim.side for claim in CLAIMS])
    known = rows["published_value"].notna().to_numpy() & (sides != 0)
    assert known.sum() > 20
    assert (np.sign(rows["published_value"][known]) == sides[known]).all()


def test_the_published_effects_are_those_of_the_paper(whole, published):
    value = judged_claims(whole, published)["published_value"]
    expected = {"gain_mean": 0.131, "gain_2a": 0.181, "gain_2b": 0.080, "random_2b": -0.019,
                "behavior_r": 0.84, "behavior_mean": 0.045, "behavior_3b": 0.0149,
                "behavior_3b_random": 0.0338, "behavior_3c": 0.128, "behavior_3d": -0.031,
                "robustness_mean": 0.103, "probe_all": -0.058, "probe_overlapping": 0.051,
                "clean_labels": -0.0182, "dose_2a": 1.0, "no_dose": 0.000625}
    for name, effect in expected.items():
        assert value[name] == pytest.approx(effect, abs=1e-9), name


@pytest.mark.parametrize("cut, lost, words", [
    (lambda frame: frame[~frame["target"].isin(["random", "shuffled"])],
     ["random_2a", "shuffled_2b", "behavior_3b_random", "unlabelled_behavior"],
     "add {target: "),
    (lambda frame: frame[frame["adversarial"] == "off"],
     ["adversarial_similarity", "curve_5a_adversarial", "clean_5b"], "adversarial: {norm"),
    (lambda frame: frame[frame["labels"] == "on"],
     ["unlabelled_similarity", "labels_behavior", "labels_behavior_shuffled"], "labels: off"),
    (lambda frame: frame[frame["measure"] != "behavior"],
     ["behavior_r", "behavior_mean", "behavior_3c"], "not measured"),
    (lambda frame: frame[frame["measure"] != "probe"], ["probe_all", "probe_overlapping"],
     "not measured"),
    (lambda frame: frame[frame["measure"] != "robustness"],
     ["robustness_r", "robustness_4a", "curve_5a_aligned"], ""),
    (lambda frame: frame[frame["seed"] == 1],
     ["gain_mean", "behavior_3a", "curve_5b_aligned", "no_dose", "dose_2a", "dose_2b",
      "behavior_r", "robustness_r"], "one seed"),
    (lambda frame: frame[frame["p"].isin([0, 1])], ["dose_2a", "dose_2b"], "three doses"),
    (lambda frame: frame[~frame["attack"].isin(ATTACKS)], ["curve_5a_aligned"], "no strength"),
    (lambda frame: frame[~((frame["measure"] == "similarity")
                           & (frame["stimulus_set"] == "coco"))],
     ["gain_2b", "dose_2b", "gain_2a_beyond_2b"], "no held-out animal saw coco"),
])
def test_what_a_world_lacks_is_not_testable_there_and_says_why(whole, published, cut, lost, words):
    rows = judged_claims(cut(whole), published)
    assert len(rows) == len(CLAIMS)
    assert set(rows.loc[lost, "verdict"]) == {NOT_TESTABLE}
    assert rows.loc[lost, "why"].str.contains(words, regex=False).all()
    others = rows.drop(lost)
    assert (others["verdict"] != NOT_TESTABLE).any() == (words != "one seed")


def test_a_panel_that_the_config_leaves_out_is_named(whole, published):
    rows = judged_claims(whole, published, figures=FIGURES | {"figure_3": {"a": "hvm", "c": None}})
    for name in ("behavior_3b", "behavior_3c", "probe_all"):
        assert rows.loc[name, "why"].startswith("the config names no set for Figure 3")
    assert rows.loc["behavior_3a", "verdict"] == AGREES


def test_panels_are_named_by_figure_and_letter():
    assert panels_of({"figure_2": {"a": "hvm", "b": None}, "figure_5": {"a": "coco"}}) == {
        "2a": "hvm", "5a": "coco"}


@pytest.mark.parametrize("side, low, high, parts, verdict", [
    (1, 0.1, 0.3, [], AGREES), (1, -0.3, -0.1, [], DISAGREES), (1, -0.1, 0.3, [], NOT_TESTABLE),
    (-1, -0.3, -0.1, [], AGREES), (-1, 0.1, 0.3, [], DISAGREES),
    (1, 0.0, 0.3, [], NOT_TESTABLE), (1, np.nan, np.nan, [], NOT_TESTABLE),
    (1, 0.1, 0.3, [(0.1, 0.2), (0.1, 0.4)], AGREES),
    (1, 0.1, 0.3, [(-0.1, 0.2), (0.1, 0.4)], NOT_TESTABLE),
    (1, -0.3, -0.1, [(-0.4, 0.2), (-0.4, -0.1)], DISAGREES),
])
def test_verdicts_come_from_intervals(side, low, high, parts, verdict):
    estimates = [Estimate(f"part{k}", 0.1, *limits) for k, limits in enumerate(parts)]
    found = judge(side, Estimate("mean", 0.2, low, high), estimates)
    assert found.verdict == verdict and found.why
    assert bool(found.reason) == (verdict == NOT_TESTABLE)


@pytest.mark.parametrize("change, gain, verdict, reason", [
    ((0.001, 0.002), (0.1, 0.3), AGREES, "within ±0.050"),  # excludes zero, and is nothing
    ((-0.04, 0.04), (0.1, 0.3), AGREES, "within ±0.050"),
    ((-0.04, 0.06), (0.1, 0.3), NOT_TESTABLE, "spans ±0.050"),
    ((-0.06, 0.06), (0.1, 0.3), NOT_TESTABLE, "spans ±0.050"),
    ((0.06, 0.07), (0.1, 0.3), DISAGREES, "beyond ±0.050"),
    ((-0.07, -0.06), (0.1, 0.3), DISAGREES, "beyond ±0.050"),
    ((0.001, 0.002), (-0.1, 0.5), NOT_TESTABLE, "no gain to compare"),
    ((0.001, 0.002), (-0.3, -0.1), NOT_TESTABLE, "no gain to compare"),
    ((np.nan, np.nan), (0.1, 0.3), NOT_TESTABLE, "one seed"),
    ((0.001, 0.002), (np.nan, np.nan), NOT_TESTABLE, "one seed"),
])
def test_no_change_is_judged_by_a_margin(change, gain, verdict, reason):
    found = judge_absence(Estimate("change", np.mean(change), *change),
                          Estimate("gain", 0.2, *gain))
    assert (found.verdict, found.reason) == (verdict, reason) and found.why
    assert f"{100 * NO_CHANGE:g} %" in RULE


def dosed(*similarities):
    """Final points of doses 0, 0.5 and 1, a list of similarities per seed, and some before them."""
    rows = [{"role": "dose", "step": step, "p": p, "seed": seed, "a": value if step else -p}
            for seed, values in enumerate(similarities) for step in (0, 9)
            for p, value in zip((0, 0.5, 1), values, strict=False)]
    return pd.DataFrame([*rows, {"role": "random", "step": 9, "p": 1.0, "seed": 0, "a": 9.0}])


def test_ranks_of_doses_have_an_interval_over_seeds():
    """Means 0.1, 0.2, 0.45 rise; of the seeds one rises, in the other the last two change."""
    points = dosed([0.1, 0.0, 0.6], [0.1, 0.4, 0.3])
    whole, parts, n_seeds = dose_ranks(points, {"sim4": "a"}, 200, 1)
    assert n_seeds == 2 and whole[1:] == parts[0][1:] and parts[0].name == "sim4"
    assert whole[1:] == pytest.approx((1.0, 0.5, 1.0))
    both = dose_ranks(points.assign(b=-points["a"]), {"sim4": "a", "sim5": "b"}, 200, 1)
    assert both[0][1:] == pytest.approx((0.0, 0.0, 0.0))  # the same seeds of both animals
    one, _, _ = dose_ranks(points[points["seed"] == 0], {"sim4": "a"}, 200, 1)
    assert one.value == pytest.approx(0.5) and np.isnan([one.low, one.high]).all()
    tied, _, _ = dose_ranks(dosed([0.1, 0.1, 0.3]), {"sim4": "a"}, 200, 1)
    assert tied.value == pytest.approx(np.sqrt(3) / 2)


@pytest.mark.parametrize("similarities, words", [
    ([[0.1, 0.2]], "three doses"), ([[0.1, 0.1, 0.1]], "two different similarities"),
    ([[0.1, 0.2, np.nan], [0.1, 0.2]], "no seed has a similarity at every dose")])
def test_doses_without_ranks_say_why(similarities, words):
    with pytest.raises(Absent, match=words):
        dose_ranks(dosed(*similarities), {"sim4": "a"}, 200, 1)


def test_a_seed_that_lacks_a_dose_is_left_out():
    whole, _, n_seeds = dose_ranks(dosed([0.1, 0.2, 0.3], [0.9, 0.8]), {"sim4": "a"}, 200, 1)
    assert n_seeds == 1 and whole.value == pytest.approx(1.0) and np.isnan(whole.low)


def test_differences_are_paired_within_seeds():
    points = pd.DataFrame({
        "role": "dose", "target": "true", "labels": "on", "adversarial": "off", "method": "cka",
        "step": 9, "p": [0, 0, 1, 1, 1], "seed": [1, 2, 1, 2, 3],
        "similarity": [0.1, 0.3, 0.2, 0.5, 9.0]})
    study = Study(points, points, [], {}, [])
    difference = contrast(study, "similarity", "mean", "full", "base")["mean"]
    assert difference.round(9).to_dict() == {1: 0.1, 2: 0.2}  # seed 3 has no reference


def run_compare(load_script, folder, frame, world, **options):
    points, statistics = summarised(frame)
    tables = {"points": points, "statistics": statistics,
              "averages": averages(points, "cka", 30, 1, **RESAMPLING)}
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")
    write_dataset(table_to_dataset(frame), folder / "cohort.nc")
    outputs = {name: folder / f"{name}.csv" for name in ("reproduction", "values")}
    load_script("evaluation", "compare_published").compare_published(
        cohort=folder / "cohort.nc", **{name: folder / f"{name}.csv" for name in tables},
        published=TABLE, **outputs, world=world, panels=FIGURES, attacks=ATTACKS, **RESAMPLING,
        **{"headline": HEADLINE, "claims": {}, "region": "IT"} | options)
    return (read_compared(outputs["reproduction"]), read_compared(outputs["values"]), tables)


def test_values_of_another_world_are_shown_but_not_judged(load_script, tmp_path, whole, published):
    claims, values, tables = run_compare(load_script, tmp_path, whole, "insilico")
    assert len(claims) == len(CLAIMS)
    assert set(values["inside"]) == {""} and values["difference"].isna().all()
    # All rows of the table, seven x of Figure 1 and that of six base markers.
    assert len(values) == len(published) + 7 + 6
    assert (values.loc[values["ours"].isna(), "why"] != "").all()
    dose = values[(values["figure"] == "1b") & (values["quantity"] == "behavior")
                  & (values["p"] == 0.25)].iloc[0]
    final = tables["points"].query("step == 400 and role == 'dose' and p == 0.25")
    assert dose["ours"] == pytest.approx(final["behavior"].mean())
    limits = bootstrap_mean(final["behavior"].to_numpy(), **RESAMPLING)
    assert [dose["low"], dose["high"]] == pytest.approx(list(limits))
    line = values[(values["figure"] == "4a") & (values["mark"] == "line")
                  & (values["x"] == 0.46)].iloc[0]
    ours = tables["averages"].query("column == 'robustness_hvm' and mark == 'sliding'")
    assert line["ours"] == pytest.approx(np.interp(0.46, ours["similarity"], ours["value"]))
    slope = values[(values["figure"] == "1c") & (values["quantity"] == "slope")].iloc[0]
    assert slope["ours"] == pytest.approx(ROBUSTNESS_SLOPE, abs=0.1)
    assert values["why"].str.contains("this world has no magneto on hvm").sum() > 10


def test_a_world_of_another_region_without_ceilings_says_so(load_script, tmp_path, whole):
    raw = {"ceiling_rule": "none", "axes": [{"animal": "sim4", "set": "hvm"}]}
    claims, values, _ = run_compare(
        load_script, tmp_path, whole, "open", headline=HEADLINE | raw, region="V4",
        claims={"2a": ["hvm", "coco"], "2b": None, "3a": None, "3b": "hvm"})
    claims = claims.set_index("id")
    assert claims.loc["gain_mean", "statistic"] == (
        "raw CKA with V4 (no ceiling), mean of sim4 on hvm: highest dose minus no dose")
    assert claims.loc["behavior_mean", "statistic"].startswith("ceiled i2n, mean of all sets")
    assert set(claims.loc[claims["statistic"].str.startswith("raw CKA"), "unit"]) == {"CKA"}
    assert claims.loc["gain_2a", "label"] == "full dose, HVM + COCO"
    # Either set of sim4 is an axis of its own; those of the others need no set to be told apart.
    assert all(words in claims.loc["dose_2a", "why"] for words in
               ("sim4 hvm p = ", "sim4 coco p = ", "sim5 p = ", "sim6 p = "))
    lost = claims.loc[["dose_2b", "gain_2b", "gain_2a_beyond_2b", "behavior_3a"]]
    assert set(lost["verdict"]) == {NOT_TESTABLE} and set(lost["reason"]) == {"not in this world"}
    assert "the config names no set for Figure 2B" in lost.loc["dose_2b", "why"]
    assert "on hvm" not in claims.loc["behavior_3b", "label"]
    assert claims.loc["behavior_3b", "label"] == "full dose, HVM"
    ceiled = values[(values["quantity"].isin(["similarity", "slope", "intercept"]))
                    | (values["mark"] == "line")]
    assert ceiled["ours"].isna().all()
    assert (ceiled["why"] == "rests on CKA / ceiling; ours is raw, without ceiling").sum() > 30
    assert values.loc[values["quantity"] == "behavior", "ours"].notna().any()


def test_sets_that_begin_alike_share_their_name():
    natural = {"figure_2": {"a": "natural_we", "b": "natural_ra"}}
    panels = panels_of(natural, {"2a": ["natural_we", "natural_ra"], "2b": None})
    assert panels == {"2a": ["natural_we", "natural_ra"]}
    study = Study(pd.DataFrame(), pd.DataFrame(), [], panels, [])
    labels = {claim.id: claim_label(claim, study) for claim in CLAIMS}
    assert labels["dose_2a"] == "similarity with dose, NATURAL"
    assert labels["random_2b"] == "random targets, 2B"


def with_the_papers_animals(frame):
    keys = zip(frame["animal"], frame["stimulus_set"], strict=True)
    return frame.assign(animal=[PAPER_NAMES.get(key, key[0]) for key in keys])


def test_values_of_the_papers_world_are_judged_by_their_intervals(load_script, tmp_path, whole):
    frame = with_the_papers_animals(whole)
    _, values, tables = run_compare(load_script, tmp_path, frame, "paper")
    axis = values[(values["animal"] == "magneto") & (values["quantity"] == "similarity")]
    start = axis[axis["mark"] == "start"].iloc[0]
    assert start["ours"] == pytest.approx(0.60, abs=0.01)
    full = axis[(axis["mark"] == "final") & (axis["p"] == 1) & (axis["target"] == "true")].iloc[0]
    assert full["ours"] == pytest.approx(0.75, abs=0.01) and full["inside"] == "no"
    assert full["difference"] == pytest.approx(full["ours"] - 0.832)
    points = tables["points"].query("step == 400 and model == 'cka-true-labels-p1'")
    assert full["ours"] == pytest.approx(points["similarity_magneto_hvm"].mean())
    judged = values[values["inside"] != ""]
    meets = ((judged["published"] + judged["precision"] >= judged["low"])
             & (judged["published"] - judged["precision"] <= judged["high"]))
    assert (meets.map({True: "yes", False: "no"}) == judged["inside"]).all()
    assert set(judged["inside"]) == {"yes", "no"} and len(judged) > 60
    # Checkpoints of this cohort end 300 steps after the onset: none is near those of the paper.
    trajectory = values[values["mark"] == "trajectory"]
    assert trajectory["why"].str.contains("no checkpoint near").all()
    ceilings = values[values["quantity"] == "ceiling"]
    assert ceilings["ours"].tolist() == pytest.approx([0.8] * 4)
    raw = values[(values["quantity"] == "raw_similarity") & (values["mark"] == "start")]
    assert raw["ours"].notna().all() and len(raw) == 4


def test_a_trajectory_is_read_at_the_nearest_checkpoint(load_script, tmp_path, whole):
    """Steps 22 times as far apart lie as those of the paper do."""
    frame = with_the_papers_animals(whole).assign(
        steps_since_onset=whole["steps_since_onset"] * 22, step=whole["step"] * 22)
    _, values, tables = run_compare(load_script, tmp_path, frame, "paper")
    row = values[(values["animal"] == "magneto") & (values["target"] == "true")
                 & (values["steps_since_onset"] == 1320)].iloc[0]
    near = tables["points"].query("steps_since_onset == 1100 and model == 'cka-true-labels-p1'")
    assert row["ours"] == pytest.approx(near["similarity_magneto_hvm"].mean())
    assert row["why"] == "ours at step 1100, the nearest checkpoint"
