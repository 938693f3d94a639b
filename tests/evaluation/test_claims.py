"""Claims made from the cohort's table, against planted effects."""

import numpy as np
import pandas as pd
import pytest

from italign.evaluation.claim_rows import SCORE
from tests.evaluation.synthetic_cohort import (
    BASE,
    BEHAVIOR_INTERCEPT,
    BEHAVIOR_SLOPE,
    DOSES,
    RESAMPLING,
    ROBUSTNESS_SLOPE,
    row_of,
    summarised,
    synthetic_cohort,
)


def test_planted_effects_are_recovered(claims):
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


def test_every_claim_names_its_resampling_and_its_seeds(claims):
    assert (claims["seed"] == RESAMPLING["seed"]).all()
    resampled = claims["unit_of_resampling"] != "none"
    assert (claims.loc[resampled, "n_resamples"] > 0).all()
    assert (claims.loc[~resampled, "n_resamples"] == 0).all()
    analytic = claims["name"].str.endswith("_hedges_g")
    assert claims.loc[~resampled & ~analytic, ["low", "high"]].isna().all(axis=None)
    assert claims.loc[analytic, "method"].str.endswith("; noncentral t").all()
    exact = claims["name"] == "dose_similarity_spearman"
    assert set(claims.loc[exact, "n_resamples"]) == {5040}
    assert set(claims.loc[resampled & ~exact, "n_resamples"]) == {RESAMPLING["n_bootstrap"]}
    assert set(claims["n_seeds"]) == {3}
    key = ["name", "model", *SCORE]
    assert not claims.duplicated(key).any()


def test_the_highest_dose_is_tested_against_its_controls():
    frame = synthetic_cohort(n_seeds=5)
    points, claims = summarised(frame)
    ks = row_of(claims, "behavior_ks_random", stimulus_set="coco")
    assert (ks["estimate"], ks["p_value"], ks["n"]) == pytest.approx((1, 2 / 252, 10))
    assert "cka-true-labels-p1 and cka-random-labels-p1" in ks["method"]
    final = points[points["step"] == 400].set_index(["model", "seed"])["behavior"]
    expected = (final["cka-true-labels-p1"] - final["cka-shuffled-labels-p1"]).mean()
    paired = row_of(claims, "behavior_against_shuffled", stimulus_set="mean")
    assert (paired["estimate"], paired["p_value"]) == pytest.approx((expected, 2 / 32))
    assert paired["low"] < expected < paired["high"]
    assert paired["note"] == "with 5 seeds p is 0.0625 or more"
    alone = frame[~frame["target"].isin(["random", "shuffled"])]
    assert not summarised(alone)[1]["name"].str.contains("_ks_|_against_").any()


def test_a_cohort_without_the_extra_measures_has_the_claims_of_the_figures(cohort, claims):
    extra = (cohort["measure"].isin(["predictivity", "dimensionality", "probe", "attack_check"])
             | cohort["attack"].isin(["pgd_same_images", "autoattack", "figure_5_l2"]))
    _, fewer = summarised(cohort[~extra])
    gone = claims["name"].isin(["attack_checks_flagged", "autoattack_gap"])
    pd.testing.assert_frame_equal(fewer, claims[~gone].reset_index(drop=True))


@pytest.mark.parametrize(("measure", "message"), [
    ("similarity", "one similarity: no line"), ("behavior", "one value: no correlation")])
def test_no_spread_is_nan_with_a_note(cohort, measure, message):
    flat = cohort["ceiled"].mask(cohort["measure"] == measure, 0.4)
    pearson = row_of(summarised(cohort.assign(ceiled=flat))[1], "behavior_similarity_pearson")
    assert message in pearson["note"]
    assert np.isnan(pearson[["estimate", "low", "high", "p_value"]].astype(float)).all()


def test_differences_are_paired_by_seed():
    frame = synthetic_cohort(n_seeds=3)
    # A large effect of the seed, the same in every model, must cancel.
    shift = frame["seed"] * (frame["measure"] == "similarity")
    _, plain = summarised(frame)
    _, shifted = summarised(frame.assign(ceiled=frame["ceiled"] + shift))
    where = {"model": "cka-shuffled-labels-p1", "animal": "sim5"}
    before, after = (row_of(claims, "similarity_difference", **where)
                     for claims in (plain, shifted))
    assert before["estimate"] == pytest.approx(-0.08, abs=0.01)
    assert (after["estimate"], after["sd"]) == pytest.approx((before["estimate"], before["sd"]))


def test_base_is_the_unaligned_model_at_the_onset(claims):
    base = row_of(claims, "similarity_base", animal="sim6")
    assert base["estimate"] == pytest.approx(BASE["sim6", "coco"], abs=0.01)
    assert base["method"] == "mean over seeds, 0 steps after the onset"


def test_one_seed_says_so():
    points, claims = summarised(synthetic_cohort(n_seeds=1))
    level = row_of(claims, "similarity_mean", model="cka-true-labels-p1")
    assert np.isnan([level["sd"], level["low"], level["high"]]).all()
    assert level["note"] == "one seed: no spread, no interval"
    assert row_of(claims, "behavior_similarity_pearson")["n"] == len(points["p"].unique())


def test_two_seeds_say_how_low_p_can_be():
    claims = summarised(synthetic_cohort(n_seeds=2))[1]
    for name, lowest in (("against", "0.5"), ("ks", "0.333")):
        row = row_of(claims, f"behavior_{name}_random", stimulus_set="coco")
        assert f"with 2 seeds p is {lowest} or more" in row["note"]


def test_two_points_make_no_line():
    frame = synthetic_cohort(n_seeds=1)
    _, claims = summarised(frame[frame["p"].isin([0, 1])])
    pearson = row_of(claims, "behavior_similarity_pearson")
    assert pearson["note"] == "2 points: no line"
    assert np.isnan(pearson[["estimate", "low", "high", "p_value"]].astype(float)).all()
    ranks = row_of(claims, "dose_similarity_spearman", animal="mean")
    assert np.isnan(ranks["estimate"]) and ranks["note"] == "2 doses: no correlation"
    checkpoints = row_of(claims, "behavior_similarity_pearson_all_checkpoints")
    assert checkpoints["n"] > 2 and checkpoints["note"] == "interval from 2 runs"


def test_nan_is_left_out_by_name(cohort):
    lost = ((cohort["model"] == "cka-true-labels-p0.5") & (cohort["seed"] == 2)
            & (cohort["step"] == 400) & (cohort["measure"] == "behavior"))
    _, claims = summarised(cohort.assign(ceiled=cohort["ceiled"].mask(lost)))
    pearson = row_of(claims, "behavior_similarity_pearson")
    assert pearson["n"] == 20
    assert pearson["note"] == ("1 of 21 points without similarity or behavior left out: "
                               "step 400 of cka-true-labels-p0.5 seed 2")
    assert row_of(claims, "robustness_similarity_pearson")["note"] == ""


@pytest.mark.parametrize(("change", "message"), [
    (lambda f: f[f["p"] > 0], "no member with target true, labels on and p 0"),
    (lambda f: f[(f["seed"] == 1) | (f["step"] < 400)], "members end before step 400"),
])
def test_incomplete_cohorts_are_refused(cohort, change, message):
    with pytest.raises(ValueError, match=message):
        summarised(change(cohort))
