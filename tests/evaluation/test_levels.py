"""Means over seeds that no claim rests on, against planted values."""

import numpy as np
import pytest

from tests.evaluation.synthetic_cohort import (
    ATTACKED,
    BASE,
    CLEAN_ACCURACY,
    RADII_255,
    SETS,
    levels_of,
    row_of,
    summarised,
)


@pytest.fixture(scope="module")
def table(cohort):
    return levels_of(cohort)


def test_curves_of_an_attack_on_some_models(table):
    curves = table[(table["name"] == "robustness_curve") & (table["attack"] == "figure_5_l2")]
    assert set(curves["model"]) == set(ATTACKED) and set(curves["norm"]) == {"l2"}
    assert len(curves) == len(ATTACKED) * len(SETS) * (1 + len(RADII_255))
    for row in curves.itertuples():
        center = CLEAN_ACCURACY / (1 + row.epsilon_255) + 0.02
        assert row.estimate == pytest.approx(center) and row.sd == pytest.approx(0.01)
        assert center - 0.0101 < row.low < center < row.high < center + 0.0101
    assert table.loc[table["attack"] == "in_training", "model"].nunique() == 10


def test_levels_of_the_other_measures(table):
    model = {"model": "cka-true-labels-p0"}
    whole = row_of(table, "predictivity_mean", metric="pls", animal="mean", **model)
    assert whole["estimate"] == pytest.approx(np.mean(list(BASE.values())) + 0.02)
    assert whole["sd"] == pytest.approx(0.01) and whole["ceiling_rule"] == "r2_over_ceiling"
    axis = row_of(table, "predictivity_mean", metric="ridge", animal="sim6", **model)
    assert axis["estimate"] == pytest.approx(BASE["sim6", "coco"] + 0.02)
    ratio = row_of(table, "dimensionality_mean", stimulus_set="coco", **model)
    assert ratio["estimate"] == pytest.approx(12) and ratio["metric"] == "participation_ratio"
    probes = table[(table["name"] == "probe_mean") & (table["model"] == model["model"])
                    & (table["stimulus_set"] == "objectome")].set_index("categories")["estimate"]
    assert probes["overlapping"] - probes["novel"] == pytest.approx(0.1)


def test_levels_and_claims_share_columns_but_no_row(cohort, table):
    claims = summarised(cohort)[1]
    assert list(table) == list(claims) and not set(table["name"]) & set(claims["name"])
    extra = ["predictivity", "dimensionality", "probe", "robustness"]
    none = levels_of(cohort[~cohort["measure"].isin(extra)])
    assert none.empty and list(none) == list(table)
