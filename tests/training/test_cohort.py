"""The cohort table: names, trunks, refusals."""

import pytest

from italign.training.cohort import expand_conditions

CONDITION = {"method": "cka", "target": True, "labels": True, "p": [0, 0.25, 1],
             "adversarial": False}


def test_one_member_per_dose_named_by_its_condition():
    members = expand_conditions([CONDITION])
    assert list(members) == ["cka-true-labels-p0", "cka-true-labels-p1_4", "cka-true-labels-p1"]
    assert members["cka-true-labels-p1_4"]["p"] == 0.25
    assert members["cka-true-labels-p0"]["target"] == "true"  # YAML reads `true` as a boolean


def test_members_that_agree_before_the_onset_share_a_trunk():
    attack = {"norm": "linf", "epsilon_255": 4.0}
    members = expand_conditions([
        CONDITION,
        {**CONDITION, "target": "shuffled", "p": [1]},
        {**CONDITION, "labels": False, "p": [1]},
        {**CONDITION, "p": [0.5], "adversarial": attack},
    ])
    trunks = {name: member["trunk"] for name, member in members.items()}
    assert trunks["cka-true-labels-p0"] == trunks["cka-shuffled-labels-p1"] == "labels"
    assert trunks["cka-true-nolabels-p1"] == "nolabels"
    assert trunks["cka-true-labels-p1_2-linf4"] == "labels-linf4"
    assert members["cka-true-labels-p1_2-linf4"]["attack"] == attack


def test_a_member_listed_twice_is_refused():
    with pytest.raises(ValueError, match="cka-true-labels-p1 is listed twice"):
        expand_conditions([CONDITION, {**CONDITION, "p": [1]}])
