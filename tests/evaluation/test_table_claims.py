"""Claims made from the long table: what training cost, and trust in the attacks."""

import numpy as np
import pytest

from tests.evaluation.synthetic_cohort import (
    ATTACKED,
    AUTOATTACK_GAP,
    BASE_ACCURACY,
    row_of,
    summarised,
)


def test_accuracy_before_and_after_is_that_of_the_pretrained_network(claims):
    aligned = {"model": "cka-true-labels-p1", "stimulus_set": "base"}
    parts = [row_of(claims, f"accuracy_{part}", **aligned)["estimate"]
             for part in ("before", "after", "change")]
    assert parts == pytest.approx([BASE_ACCURACY, BASE_ACCURACY - 0.1, -0.1])
    assert ("before: pretrained network, the same for all seeds (step 0), after: step 400"
            in row_of(claims, "accuracy_change", **aligned)["method"])
    labels = row_of(claims, "accuracy_change", model="cka-true-labels-p1", stimulus_set="hvm")
    assert labels["estimate"] == pytest.approx(0)
    assert "before: first checkpoint (step 100)" in labels["method"]


def test_a_missing_before_is_left_out_by_name(cohort):
    lost = ((cohort["step"] == 0) & (cohort["seed"] == 2)
            & (cohort["model"] == "cka-true-labels-p1"))
    _, claims = summarised(cohort[~lost])
    change = row_of(claims, "accuracy_change", model="cka-true-labels-p1", stimulus_set="base")
    assert change["n"] == 2 and "cka-true-labels-p1 seed 2" in change["note"]


def test_flagged_and_untested_attacks_are_counted_and_named(cohort, claims):
    where = {"metric": "gradient", "attack": "in_training", "stimulus_set": "hvm"}
    passed = row_of(claims, "attack_checks_flagged", **where)
    assert (passed["estimate"], passed["n"], passed["norm"]) == (0, 30, "linf")
    rows = cohort[(cohort["measure"] == "attack_check") & (cohort["model"] == ATTACKED[0])
                  & (cohort["attack"] == "figure_5_l2") & (cohort["metric"] == "more_steps")
                  & (cohort["stimulus_set"] == "coco")]
    raw = cohort["raw"].copy()
    raw[rows.index[rows["seed"] == 2]] = 0
    raw[rows.index[rows["seed"] == 3]] = np.nan
    where = {"metric": "more_steps", "attack": "figure_5_l2"}
    found = summarised(cohort.assign(raw=raw))[1]
    row = row_of(found, "attack_checks_flagged", stimulus_set="coco", **where)
    assert (row["estimate"], row["n"], row["norm"]) == (1, 3 * len(ATTACKED) - 1, "l2")
    assert row["note"] == f"flagged: {ATTACKED[0]} seed 2; not tested: {ATTACKED[0]} seed 3"
    assert row_of(found, "attack_checks_flagged", stimulus_set="hvm", **where)["estimate"] == 0


def test_no_check_at_all_is_no_zero(cohort):
    untested = cohort["raw"].mask(cohort["measure"] == "attack_check")
    found = summarised(cohort.assign(raw=untested))[1]
    row = row_of(found, "attack_checks_flagged", metric="gradient", attack="figure_5_l2",
                 stimulus_set="hvm")
    assert np.isnan(row["estimate"]) and (row["n"], row["n_seeds"]) == (0, 0)


def test_the_gap_between_pgd_and_autoattack_is_that_of_the_same_images(cohort, claims):
    gaps = claims[claims["name"] == "autoattack_gap"].set_index("model")
    assert set(gaps.index) == set(ATTACKED)
    gap = gaps.loc[ATTACKED[1]]
    assert gap["estimate"] == pytest.approx(AUTOATTACK_GAP + 0.02)
    assert (gap["sd"], gap["n"], gap["epsilon_255"]) == (pytest.approx(0.01), 3, 1)
    assert (gap["norm"], gap["stimulus_set"], gap["unit_of_resampling"]) == ("linf", "mean", "seed")
    lost = ((cohort["attack"] == "autoattack") & (cohort["stimulus_set"] == "coco")
            & (cohort["model"] == ATTACKED[1]) & (cohort["seed"] == 2))
    fewer = row_of(summarised(cohort[~lost])[1], "autoattack_gap", model=ATTACKED[1])
    assert (fewer["n"], fewer["estimate"]) == (2, pytest.approx(AUTOATTACK_GAP + 0.02))
    assert "without gap left out: step 400 of cka-true-labels-p1 seed 2" in fewer["note"]


def test_there_is_no_gap_where_nothing_is_classified_correctly(cohort):
    hopeless = (cohort["attack"].isin(["autoattack", "pgd_same_images"])
                & (cohort["model"] == ATTACKED[1]) & (cohort["seed"] == 2))
    found = summarised(cohort.assign(raw=cohort["raw"].mask(hopeless, 0)))[1]
    row = row_of(found, "autoattack_gap", model=ATTACKED[1])
    assert row["n"] == 2 and "step 400 of cka-true-labels-p1 seed 2" in row["note"]
