"""Segments: exact resume, dropped terms, what is learned, refusals."""

import csv

import numpy as np
import pytest
import torch
import xarray as xr

from italign.evaluation.similarity import linear_cka
from italign.models import build
from italign.models._outputs import extend_outputs
from italign.training.augmentation import to_unit
from italign.training.run import blank_network, new_network, run_segment, training_data
from italign.training.segment import StepOptions
from italign.training.state import checkpoint_steps, read_tensors, write_tensors

MODEL = {"name": "cornet_s", "width": 0.0625, "bottleneck": 1, "region": "IT"}
SGD = {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4}


def options(**changes):
    values = {"seed": 1, "batch_size": 8, "onset_step": 2, "decay_start_step": 4,
              "n_steps": 100, "p": 0.5, "train_labels": True,
              "region": "IT", "translate_fraction": 0.06, "rotate_deg": 0.5, "scale": 0.1,
              "crop_area_min": 0.5, "attack": None}
    return StepOptions(**{**values, **changes})


def stimuli(name, categories, n_each, rng):
    n = n_each * len(categories)
    return xr.Dataset(
        {"image": (("stimulus", "y", "x", "channel"),
                   rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8))},
        coords={"stimulus_id": ("stimulus", [f"{name}-{i}" for i in range(n)]),
                "category": ("stimulus", list(categories) * n_each),
                "split": ("stimulus", ["train"] * (n - 8) + ["test"] * 8)},
        attrs={"identifier": name},
    )


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    base, shown = stimuli("base", "abc", 12, rng), stimuli("hvm", "xy", 16, rng)
    train = shown.stimulus_id.values[shown.split.values == "train"]
    target = xr.Dataset(
        {"rate": (("stimulus", "neuroid"), rng.normal(size=(24, 6)).astype("float32"))},
        coords={"stimulus_id": ("stimulus", train),
                "partition": ("stimulus", ["train"] * 16 + ["test"] * 8),
                "neuroid_id": ("neuroid", [f"n{i}" for i in range(6)])},
    )
    return base, shown, target


@pytest.fixture
def pretrained(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "pretrained.safetensors"
    write_tensors(build("cornet_s", 3, width=0.0625, bottleneck=1).state_dict(), path)
    return path


def run(data, network, folder, steps, previous=None, **changes):
    folder.mkdir(exist_ok=True)
    files = {name: folder / name for name in ("checkpoints", "state", "log")}
    run_segment(network, data, previous=previous, method="cka", options=options(**changes),
                optimiser=SGD, steps=steps, validation_every=2, files=files)
    return files


@pytest.mark.parametrize("attack", [None, {"norm": "linf", "epsilon_255": 4.0, "n_steps": 2}])
def test_a_run_in_segments_ends_bit_identical_to_an_uncut_one(data, pretrained, tmp_path, attack):
    joined = training_data(*data)
    whole = run(joined, new_network(pretrained, MODEL, joined, 1), tmp_path / "whole",
                range(6), attack=attack)
    first = run(joined, new_network(pretrained, MODEL, joined, 1), tmp_path / "first",
                range(4), attack=attack)
    torch.manual_seed(99)  # nothing may hang on the global generator
    second = run(joined, blank_network(MODEL, joined), tmp_path / "second", range(4, 6),
                 previous=first["state"], attack=attack)
    uncut, resumed = read_tensors(whole["state"])[0], read_tensors(second["state"])[0]
    assert uncut.keys() == resumed.keys()
    assert all(torch.equal(uncut[name], resumed[name]) for name in uncut)
    assert checkpoint_steps(whole["checkpoints"]) == [2, 4, 6]
    assert checkpoint_steps(second["checkpoints"]) == [6]


def test_dose_zero_never_sees_the_targets(data, pretrained, tmp_path):
    base, shown, target = data
    other = target.assign(rate=-target.rate)
    states = []
    for k, responses in enumerate((target, other)):
        joined = training_data(base, shown, responses)
        files = run(joined, new_network(pretrained, MODEL, joined, 1), tmp_path / f"{k}",
                    range(4), p=0.0)
        states.append(read_tensors(files["state"])[0])
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_aligning_raises_similarity_to_the_trained_targets(data, pretrained, tmp_path):
    joined, reached = training_data(*data), {}
    for p in (0.0, 1.0):
        network = new_network(pretrained, MODEL, joined, 1)
        files = run(joined, network, tmp_path / f"{p}", range(60), p=p, onset_step=0,
                    batch_size=16)
        with torch.no_grad():
            _, activation = network.eval().forward_with(to_unit(joined.stimuli[0].images), ("IT",))
        reached[p] = linear_cka(activation["IT"], joined.targets[0]).item()
        with open(files["log"]) as handle:
            log = list(csv.DictReader(handle))
        assert [int(row["neural_steps"]) for row in log] == [2 * int(p)] * 30
        assert all((row["neural_loss"] == "") == (p == 0) for row in log)
    assert reached[1.0] > reached[0.0] + 0.05


def test_new_outputs_keep_the_old_rows():
    linear = torch.nn.Linear(4, 3)
    extended = extend_outputs(linear, 2)
    features = torch.rand(5, 4)
    assert extended(features).shape == (5, 5)
    torch.testing.assert_close(extended(features)[:, :3], linear(features))


def test_a_non_finite_loss_names_the_step(data, pretrained, tmp_path):
    joined = training_data(*data)
    network = new_network(pretrained, MODEL, joined, 1)
    with torch.no_grad():
        network.decoder.linear.bias.fill_(float("nan"))
    with pytest.raises(ValueError, match=r"step 0: .*base_loss.* is not finite"):
        run(joined, network, tmp_path / "bad", range(2))
    assert not list((tmp_path / "bad").iterdir())


def test_targets_must_belong_to_the_stimulus_set(data):
    base, shown, target = data
    strange = target.assign_coords(stimulus_id=("stimulus", [f"z{i}" for i in range(24)]))
    with pytest.raises(ValueError, match=r"24 stimulus_id not in the .* 'hvm', first 'z0'"):
        training_data(base, shown, strange)


def test_constant_sites_are_refused(data):
    base, shown, target = data
    target.rate[:, 2] = 1.0
    with pytest.raises(ValueError, match="site 'n2' and 0 more are constant"):
        training_data(base, shown, target)


def test_a_state_of_another_step_is_refused(data, pretrained, tmp_path):
    joined = training_data(*data)
    first = run(joined, new_network(pretrained, MODEL, joined, 1), tmp_path / "first", range(4))
    with pytest.raises(ValueError, match="state after step 4, expected step 6; delete it"):
        run(joined, blank_network(MODEL, joined), tmp_path / "second", range(6, 8),
            previous=first["state"])


def test_a_damaged_state_says_what_to_do(tmp_path):
    path = tmp_path / "state.safetensors"
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(ValueError, match=r"state.safetensors: cannot be read.*delete it and run"):
        read_tensors(path)
