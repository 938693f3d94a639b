"""Other networks, losses and the original code's ways, from the tiny world's data to scores."""

import pytest
import xarray as xr
import yaml

from italign.training.state import read_tensors

pytestmark = pytest.mark.world

TARGETS = "results/tiny/evaluation/{}/seed1/{}.nc"
ATTACKED = {"norm": "linf", "epsilon_255": 4.0}
UNBIASED = {"options": {"form": "distance", "estimator": "unbiased"}}
IT = {"method": "cka", "target": True, "labels": True, "p": [1], "adversarial": False}
CURVES = ("figure_5_linf", "figure_5_l2")  # a cohort without labels has no extremes
PAPER_CODE = {
    "paper_code": True,
    "training": {"n_steps": 20, "onset_step": 15, "segment_steps": 10,
                 "attack": {"n_steps": 2},
                 "conditions": [{**IT, **UNBIASED, "adversarial": ATTACKED},
                                {**IT, **UNBIASED, "p": [0]}]},  # the reference
    "evaluation": {"headline": {"method": "cka_unbiased_distance"},
                   "robustness": {"attacks": {"in_training": {"start": "uniform"}}}},
}
RESNET = {
    "training": {"model": {"name": "resnet18", "width": None, "bottleneck": None,
                           "batch_norm": "separate", "region": "V4"},
                 "n_steps": 20, "onset_step": 10, "batch_size": 16, "decay_start_step": 20,
                 "pretrain": {"n_steps": 4, "batch_size": 16},
                 "conditions": [{**IT, "labels": False}, {**IT, "p": [0]}]},
    "evaluation": {"measures": {"behavior": {"sets": ["hvm"]}, "probe": {"sets": ["hvm"]}},
                   "headline": {"behavior_sets": ["hvm"]},
                   "robustness": {"attacks": {name: {"models": None} for name in CURVES},
                                  "autoattack": None}},
}


def run(world, variant, member, measures):
    path = world.folder / "variant.yaml"
    path.write_text(yaml.safe_dump(variant))
    position = world.command.index("--configfile") + 2
    world.command.insert(position, "variant.yaml")
    answer = world.run(*(TARGETS.format(member, measure) for measure in measures))
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-3000:]
    files = {measure: world.folder / TARGETS.format(member, measure) for measure in measures}
    return {measure: xr.load_dataset(path) for measure, path in files.items()}


def test_the_original_code_with_adversarial_training(world):
    member = "cka_unbiased_distance-true-labels-p1-linf4"
    scores = run(world, PAPER_CODE, member, ("similarity", "robustness"))
    attacks = scores["robustness"]
    validation, figure_5 = (attacks.attrs[f"attack_{name}"]
                            for name in ("in_training", "figure_5_linf"))
    assert "start corner" in validation and "project_once True" in validation
    assert "start image" in figure_5 and "project_once False" in figure_5
    assert set(scores["similarity"]["method"].values) == {"cka_unbiased_distance"}
    assert set(scores["similarity"]["step"].values) == {10, 20}  # the onset, 15, lies between


def test_a_torchvision_network_with_statistics_of_its_own_per_data_set(world):
    scores = run(world, RESNET, "cka-true-nolabels-p1", ("similarity", "accuracy"))
    assert set(scores["accuracy"]["stimulus_set"].values) == {"base"}  # labels were not trained
    folder = world.results / "training/cka-true-nolabels-p1/seed1/segment0"
    state, _ = read_tensors(folder / "state.safetensors")
    kept = [name for name in state if name.endswith("base_running_mean")
            and name.startswith("model/")]
    assert kept
    for name in kept:
        assert not (state[name] == state[name.replace("base_", "")]).all()
