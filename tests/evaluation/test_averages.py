"""Lines and marks of Figures 3, 4 and A.1 against slow ones and by hand."""

import numpy as np
import pandas as pd
import pytest

from italign.evaluation.averages import averages
from tests.evaluation.synthetic_cohort import (
    BEHAVIOR_INTERCEPT,
    BEHAVIOR_SLOPE,
    RESAMPLING,
    summarised,
    synthetic_cohort,
)

BASE, ATTACKED = "cka-true-labels-p0", "cka-true-labels-p0-linf4"


@pytest.fixture(scope="module")
def points():
    return summarised(synthetic_cohort(n_seeds=3, unlabelled=True))[0]


def averaged(points, window_points=30, stride_points=5):
    return averages(points, "cka", window_points, stride_points, **RESAMPLING)


def sliding(table, column):
    return table[(table["column"] == column) & (table["mark"] == "sliding")]


@pytest.mark.parametrize("column", ["behavior_objectome_overlapping", "robustness_coco",
                                    "probe_hvm"])
def test_windows_are_those_of_a_loop(points, column):
    known = points[(points["adversarial"] == "off") & points[column].notna()]
    order = known.sort_values("similarity")
    expected = [order.iloc[first : first + 30] for first in range(0, len(order) - 29, 5)]
    line = sliding(averaged(points), column)
    assert line["window"].tolist() == list(range(len(expected)))
    np.testing.assert_allclose(line["similarity"], [w["similarity"].mean() for w in expected])
    np.testing.assert_allclose(line["value"], [w[column].mean() for w in expected])
    assert line["n_seeds"].tolist() == [w["seed"].nunique() for w in expected]
    assert set(line["n_points"]) == {30} and set(line["model"]) == {"all"}
    assert line[["similarity_low", "similarity_high", "low", "high"]].isna().all(axis=None)


def test_models_without_labels_are_in_the_windows_where_they_have_a_value(points):
    table = averaged(points, window_points=1, stride_points=1)
    n_points, n_attacked = 13 * 3 * 7, 3 * 7  # models, seeds, checkpoints
    assert len(sliding(table, "behavior_hvm")) == n_points - n_attacked
    assert len(sliding(table, "robustness_hvm")) == n_points - n_attacked - 3 * 3 * 7


def test_the_sliding_average_follows_the_planted_line(points):
    line = sliding(averaged(points), "behavior_hvm")
    expected = BEHAVIOR_INTERCEPT + 0.05 + BEHAVIOR_SLOPE * line["similarity"]
    np.testing.assert_allclose(line["value"], expected, atol=0.003)
    assert line["similarity"].is_monotonic_increasing


def test_order_of_points_and_other_methods_change_nothing(points):
    table = averaged(points)
    mixed = points.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(averaged(mixed), table)
    other = points.assign(method="other", role="other", model="other-" + points["model"])
    pd.testing.assert_frame_equal(averaged(pd.concat([points, other])), table)


def test_the_base_is_the_mean_of_its_seeds_over_all_checkpoints(points):
    lost = (points["model"] == BASE) & (points["seed"] == 2) & (points["step"] < 300)
    fewer = points[~lost]
    members = fewer[fewer["model"] == BASE]
    by_seed = [members.loc[members["seed"] == seed, ["similarity", "behavior_hvm"]].mean()
               for seed in (1, 2, 3)]
    table = averaged(fewer)
    base = table[(table["column"] == "behavior_hvm") & (table["mark"] == "base")].squeeze()
    assert base["similarity"] == pytest.approx(np.mean([v["similarity"] for v in by_seed]))
    values = [v["behavior_hvm"] for v in by_seed]
    assert base["value"] == pytest.approx(np.mean(values))
    assert min(values) <= base["low"] < base["value"] < base["high"] <= max(values)
    assert (base["model"], base["n_seeds"]) == (BASE, 3) and base["n_points"] == len(members)
    assert base["note"] == "interval = range of 3 seeds"


def test_adversarially_trained_models_are_shown_at_the_final_step(points):
    last = points[(points["model"] == ATTACKED) & (points["step"] == 400)]
    table = averaged(points)
    mark = table[(table["column"] == "robustness_coco") & (table["mark"] == "adversarial")]
    assert len(mark) == 1 and mark["model"].item() == ATTACKED
    assert mark["value"].item() == pytest.approx(last["robustness_coco"].mean())
    assert mark["similarity"].item() == pytest.approx(last["similarity"].mean())
    assert (mark["n_points"].item(), mark["n_seeds"].item()) == (3, 3)


def test_too_few_points_make_no_window_and_one_seed_no_interval(points):
    one = points[points["seed"] == 1]
    table = averaged(one, window_points=13 * 7)
    assert set(table["mark"]) == {"base", "adversarial"}
    assert table[["low", "high", "similarity_low", "similarity_high"]].isna().all(axis=None)
    assert set(table["note"]) == {"one seed: no spread, no interval"}
    assert len(sliding(averaged(one, window_points=12 * 7), "behavior_hvm")) == 1


def test_values_that_are_missing_are_left_out_by_name(points):
    lost = (points["model"] == BASE) & (points["seed"] == 2)
    table = averaged(points.assign(behavior_hvm=points["behavior_hvm"].mask(lost)))
    base = table[(table["column"] == "behavior_hvm") & (table["mark"] == "base")].squeeze()
    assert base["n_seeds"] == 2
    assert "7 of 21 points without similarity or behavior_hvm left out" in base["note"]
    nothing = averaged(points.assign(behavior_hvm=np.nan))
    assert not (nothing["column"] == "behavior_hvm").any()
