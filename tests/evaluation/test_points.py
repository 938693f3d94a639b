"""From the long table to one row per checkpoint and to trajectories, against planted effects."""

import numpy as np
import pandas as pd
import pytest

from italign.evaluation.points import headline_rows, trajectories, widen
from tests.evaluation.synthetic_cohort import (
    ATTACKED,
    BASE,
    DOSES,
    HEADLINE,
    SETS,
    synthetic_cohort,
)


@pytest.fixture(scope="module")
def cohort():
    return synthetic_cohort(n_seeds=3)


def wide(frame, **headline):
    return widen(headline_rows(frame, HEADLINE | headline), SETS, SETS, "cka")


def last_of(points, model, seed):
    rows = points[(points["model"] == model) & (points["seed"] == seed)]
    return rows[rows["step"] == rows["step"].max()].iloc[0]


def test_validated_similarity_is_the_plain_mean_over_axes(cohort):
    member = cohort[(cohort["model"] == "cka-true-labels-p1") & (cohort["seed"] == 2)
                    & (cohort["step"] == 400) & (cohort["estimator"] == "biased")
                    & (cohort["ceiling_rule"] == "split_half")]
    point = last_of(wide(cohort), "cka-true-labels-p1", 2)
    assert len(member) == len(BASE)
    assert point["similarity"] == pytest.approx(member["ceiled"].mean())
    assert point["behavior"] == pytest.approx((point["behavior_hvm"] + point["behavior_coco"]) / 2)
    assert point["behavior_objectome"] > point["behavior"]  # stored, but not in the mean


def test_estimators_and_rules_are_told_apart(cohort):
    biased, unbiased = (
        wide(cohort, estimator=name, ceiling_rule="attainable")["similarity"]
        for name in ("biased", "unbiased"))
    np.testing.assert_allclose(biased - unbiased, 0.1)


def test_the_headline_is_i2n_of_the_decoder_and_the_named_attack(cohort):
    rows = headline_rows(cohort, HEADLINE)
    kept = {name: rows.loc[rows["measure"] == name] for name in rows["measure"].unique()}
    assert set(kept) == {"similarity", "behavior", "robustness", "probe", "accuracy"}
    assert set(kept["similarity"]["metric"]) == {"cka"}
    assert set(kept["behavior"]["metric"]) == {"i2n"}
    assert set(kept["behavior"]["readout"]) == {"decoder"}
    assert set(kept["robustness"]["attack"]) == {"in_training"}
    assert set(kept["robustness"]["epsilon_255"]) == {1.0}
    other = wide(cohort[cohort["model"].isin(ATTACKED)], attack="figure_5_l2", epsilon_255=4.0)
    assert last_of(other, ATTACKED[0], 2)["robustness"] == pytest.approx(0.8 / 5 + 0.02)
    assert other["robustness"].isna().sum() == len(other) - 3 * 3  # at the last step only


def test_subsets_of_categories_have_columns_of_their_own(cohort):
    point = last_of(wide(cohort), "cka-true-labels-p0.5", 1)
    for measure in ("behavior", "probe"):
        whole = point[f"{measure}_objectome"]
        assert point[f"{measure}_objectome_overlapping"] == pytest.approx(whole + 0.05)
        assert point[f"{measure}_objectome_novel"] == pytest.approx(whole - 0.05)


def test_the_pretrained_network_is_no_point(cohort):
    assert (cohort["steps_since_onset"] < 0).any()
    assert wide(cohort)["steps_since_onset"].min() == 0


def test_radii_match_up_to_rounding(cohort):
    # 1/1020 in units of the image, as in the original code, is a quarter of 1/255.
    radius = cohort["epsilon_255"].mask(cohort["epsilon_255"] == 1, 255 * (1 / 1020) * (1 + 1e-9))
    points = wide(cohort.assign(epsilon_255=radius), epsilon_255=0.25)
    pd.testing.assert_series_equal(points["robustness"], wide(cohort)["robustness"])


def test_without_label_outputs_there_is_similarity_and_behavior():
    points = wide(synthetic_cohort(n_seeds=1, unlabelled=True))
    point = last_of(points, "cka-random-nolabels-p1", 1)
    assert point["role"] == "other"
    assert point[["robustness", "robustness_hvm", "accuracy_hvm"]].isna().all()
    assert point[["similarity", "behavior", "accuracy_base"]].notna().all()


def test_roles(cohort):
    roles = wide(cohort).groupby("model")["role"].first()
    assert (roles == "dose").sum() == len(DOSES)
    assert roles[["cka-shuffled-labels-p1", "cka-random-labels-p1",
                  "cka-true-labels-p0-linf4"]].tolist() == ["shuffled", "random", "adversarial"]
    assert set(wide(cohort.assign(method="new"))["role"]) == {"other"}


@pytest.mark.parametrize(("change", "message"), [
    (lambda f: f[f["stimulus_set"] != "coco"], r"\['behavior_coco'\] were never measured"),
    (lambda f: f.assign(epsilon_255=2.0), r"no robustness has epsilon_255 1.0, found \[.*2.0"),
    (lambda f: f.assign(attack="new"), r"no robustness has attack 'in_training', found \['new'"),
    (lambda f: f.assign(estimator="none"), "no similarity has estimator 'biased'"),
    (lambda f: f[f["measure"] != "similarity"], "no similarity from the onset on"),
])
def test_cohorts_without_the_headline_are_refused(cohort, change, message):
    with pytest.raises(ValueError, match=message):
        wide(change(cohort))


def test_trajectories_hold_mean_and_interval_over_seeds(cohort):
    rows = headline_rows(cohort, HEADLINE)
    table = trajectories(rows, "cka", n_bootstrap=2000, seed=1)
    last = table[(table["model"] == "cka-true-labels-p1") & (table["animal"] == "sim5")
                 & (table["steps_since_onset"] == 300)].iloc[0]
    values = rows[(rows["model"] == "cka-true-labels-p1") & (rows["animal"] == "sim5")
                  & (rows["step"] == 400)]["value"]
    assert last["n_seeds"] == 3
    assert last["mean"] == pytest.approx(values.mean())
    assert (last["low"], last["high"]) == pytest.approx((values.min(), values.max()))


