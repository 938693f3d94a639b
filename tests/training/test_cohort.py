"""The cohort table: names, trunks, refusals."""

import dataclasses
import itertools

import pytest

from italign.training.cohort import (
    expand_conditions,
    n_segments,
    original_switches,
    segment_start,
    step_options,
    trunk_steps,
)
from italign.training.step import StepOptions

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


def test_options_of_a_method_are_part_of_its_name():
    plain, other = (dict(CONDITION, p=[1], **extra) for extra in (
        {}, {"options": {"form": "distance", "estimator": "unbiased"}}))
    members = expand_conditions([plain, other])
    assert list(members) == ["cka-true-labels-p1", "cka_unbiased_distance-true-labels-p1"]
    assert members["cka-true-labels-p1"]["alignment"] == {"name": "cka", "options": {}}
    member = members["cka_unbiased_distance-true-labels-p1"]
    assert member["alignment"] == {"name": "cka", "options": other["options"]}
    assert member["method"] == "cka_unbiased_distance"


def test_a_condition_may_have_seeds_of_its_own():
    members = expand_conditions([CONDITION, {**CONDITION, "labels": False, "seeds": [2]}])
    assert members["cka-true-labels-p1"]["seeds"] is None
    assert members["cka-true-nolabels-p1_4"]["seeds"] == [2]


PAPER_STEPS = {"onset_step": 2500, "n_steps": 26_400, "validation_every": 660,
               "segment_steps": 2640}


def test_members_part_at_the_last_checkpoint_before_the_onset():
    assert trunk_steps(PAPER_STEPS) == 1980  # the paper's figures start there
    assert trunk_steps({"onset_step": 90, "validation_every": 90}) == 90
    assert trunk_steps({"onset_step": 0, "validation_every": 90}) == 0


def test_segments_cover_the_steps_after_the_trunk_once():
    starts = [segment_start(PAPER_STEPS, k) for k in range(n_segments(PAPER_STEPS) + 1)]
    assert starts[0] == 1980 and starts[-1] == 26_400
    assert {b - a for a, b in itertools.pairwise(starts)} == {2640, 660}
    assert segment_start(PAPER_STEPS, 99) == 26_400


def test_each_switch_of_the_original_code_speaks_for_itself():
    own = {"shear": None, "project_once": False, "corner_start": True}
    assert original_switches(True, own) == {"shear": True, "project_once": False,
                                            "corner_start": True}
    assert original_switches(False, own) == {"shear": False, "project_once": False,
                                             "corner_start": True}


def test_step_options_are_the_fields_of_a_step():
    training = {"batch_size": 8, "decay_start_step": 4, "precision": "fp32", "compile": False,
                "model": {"region": "IT", "batch_norm": "separate"}, **PAPER_STEPS,
                "augmentation": {"translate_deg": 0.5, "rotate_deg": 0.5, "scale": 0.1,
                                 "base_crop_area_min": 0.4},
                "attack": {"n_steps": 5, "step_fraction": 0.25, "random_start": True}}
    off = dict.fromkeys(("shear", "nearest_pixel", "augmented_validation", "corner_start",
                         "project_once", "mixed_batch_norm", "first_base_images"), False)
    attack = {"norm": "linf", "epsilon_255": 4.0}
    (member,) = expand_conditions([dict(CONDITION, p=[1], adversarial=attack)]).values()
    options = step_options(member, 3, training, 8, off)
    assert {*options, "p"} == {field.name for field in dataclasses.fields(StepOptions)}
    assert options["batch_norm"] == "separate" and options["shear_deg"] is None
    assert options["translate_fraction"] == 0.0625
    original = step_options(member, 3, training, 8, dict.fromkeys(off, True))
    assert original["batch_norm"] == "mixed" and original["shear_deg"] == (0.9375, 1.0625)
    assert original["attack"] == {**attack, **training["attack"], "corner_start": True,
                                  "project_once": True}
