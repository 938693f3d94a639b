"""The script that scores members: right files, right checkpoints, what is shared and what not."""


import inspect

import numpy as np
import pandas as pd
import pytest
import torch
from cross_keys_evaluation import RESERVED

from italign.evaluation.table import dataset_to_table
from italign.io import read_dataset
from italign.models import build
from italign.training.state import checkpoint, write_tensors
from tests.evaluation.attack_files import MODEL, N_BASE, NOUNS, ONSET, write_member, write_set

MEASURES = {"accuracy": {"checkpoints": "all"},
            "dimensionality": {"checkpoints": "last", "variance_fraction": 0.9}}


@pytest.fixture
def world(tmp_path):
    """Three members in one job: two on one trunk, one on its own; the last without labels."""
    rng = np.random.default_rng(0)
    first, other = (write_member(tmp_path, seed) for seed in (1, 2))
    sibling = str(tmp_path / "sibling.safetensors")
    torch.manual_seed(3)
    network = build("cornet_s", N_BASE + len(NOUNS), width=0.0625, bottleneck=1)
    write_tensors(checkpoint(network, 20), sibling)
    pretrained = build("cornet_s", N_BASE, width=0.0625, bottleneck=1)
    write_tensors(dict(pretrained.state_dict()), tmp_path / "pretrained.safetensors")
    hvm = write_set(tmp_path / "hvm.nc", "hvm", NOUNS, 30, rng)
    names = ("a", "b", "c")
    runs = [{"model": name, "method": "cka", "target": "true", "labels": labels, "p": 1.0,
             "adversarial": "off", "seed": 1, "onset_step": ONSET}
            for name, labels in zip(names, ("on", "on", "off"), strict=True)]
    return {
        "checkpoints": [*first, first[0], sibling, *other], "measures": MEASURES,
        "pretrained": str(tmp_path / "pretrained.safetensors"), "model": MODEL,
        "stimuli": [hvm, write_set(tmp_path / "coco.nc", "coco", NOUNS, 20, rng)],
        "base": write_set(tmp_path / "base.nc", "base", ["x", "y", "z"], 30, rng),
        "assemblies": [], "ceilings": [], "behavior_trials": [], "trained_set": "hvm",
        "decoded_sets": [], "overlapping": {}, "batch_size": 8, "base_set": "base",
        "jitter": None, "seed": 1, "base_folder": None,
        "members": [{"run": run, "n_files": 2} for run in runs],
        **{name: [str(tmp_path / f"{name}-{member}.nc") for member in names] for name in MEASURES},
    }


def tables(world, name):
    return [dataset_to_table(read_dataset(path)) for path in world[name]]


def test_each_member_is_scored_at_its_own_checkpoints(world, load_script):
    load_script("evaluation", "score_models").score_models(**world)
    accuracy = tables(world, "accuracy")
    steps = [sorted(set(table["step"])) for table in accuracy]
    assert steps == [[0, 10, 20, 30], [0, 10, 20], [0, 10, 20, 30]]
    assert [set(table["model"]) for table in accuracy] == [{"a"}, {"b"}, {"c"}]
    assert [set(table["stimulus_set"]) for table in accuracy] == [
        {"base", "hvm", "coco"}, {"base", "hvm", "coco"}, {"base"}]
    last = [sorted(set(table["step"])) for table in tables(world, "dimensionality")]
    assert last == [[30], [20], [30]]


def test_the_pretrained_network_is_scored_on_the_base_task_only(world, load_script):
    load_script("evaluation", "score_models").score_models(**world)
    before = pd.concat([table[table["step"] == 0] for table in tables(world, "accuracy")])
    assert set(before["stimulus_set"]) == {"base"} and before["raw"].nunique() == 1
    assert set(before["steps_since_onset"]) == {-ONSET}


def test_members_score_the_same_alone_as_together(world, load_script, tmp_path):
    script = load_script("evaluation", "score_models").score_models
    script(**world)
    together = {name: tables(world, name) for name in MEASURES}
    for place, member in enumerate(world["members"]):
        alone = {**world, "members": [member],
                 "checkpoints": world["checkpoints"][2 * place : 2 * place + 2],
                 **{name: [str(tmp_path / f"alone-{name}.nc")] for name in MEASURES}}
        script(**alone)
        for name in MEASURES:
            pd.testing.assert_frame_equal(together[name][place], tables(alone, name)[0])


def test_only_the_onset_of_a_trunk_is_looked_at_once(world, load_script, monkeypatch):
    script = load_script("evaluation", "score_models")
    looks = []
    look_at = script.look_at
    monkeypatch.setattr(script, "look_at", lambda *args: looks.append(1) or look_at(*args))
    script.score_models(**world)
    assert len(looks) == 3 + 1 + 3  # b shares its onset with a, c has a trunk of its own


def test_a_measure_without_rows_gives_an_empty_table(world, load_script, monkeypatch):
    script = load_script("evaluation", "score_models")
    monkeypatch.setattr(script, "measure", lambda name, study, options: lambda look: [])
    script.score_models(**{**world, "measures": {"dimensionality": MEASURES["dimensionality"]}})
    assert [len(table) for table in tables(world, "dimensionality")] == [0, 0, 0]


def test_an_error_names_the_measure_the_member_and_the_step(world, load_script, monkeypatch):
    script = load_script("evaluation", "score_models")

    def broken(look):
        raise ValueError("features are constant")

    monkeypatch.setattr(script, "measure", lambda name, study, options: broken)
    with pytest.raises(ValueError, match="dimensionality of a, seed 1, step 30: features are con"):
        script.score_models(
            **{**world, "measures": {"dimensionality": MEASURES["dimensionality"]}})


def test_missing_files_are_refused(world, load_script):
    with pytest.raises(ValueError, match="5 checkpoint files for 3 members that have 6"):
        load_script("evaluation", "score_models").score_models(
            **{**world, "checkpoints": world["checkpoints"][:5]})


def test_no_measure_can_have_the_name_of_an_argument(load_script):
    arguments = inspect.signature(load_script("evaluation", "score_models").score_models).parameters
    assert set(arguments) - {"tables"} <= RESERVED
