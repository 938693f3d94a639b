"""A miniature of training: two image sets, targets, a pretrained network, options of a step."""

import numpy as np
import pytest
import torch
import xarray as xr

from italign.models import build
from italign.training.run import blank_network, new_network, run_segment, training_data
from italign.training.state import read_tensors, write_tensors
from italign.training.step import StepOptions

MODEL = {"name": "cornet_s", "width": 0.0625, "bottleneck": 1, "region": "IT"}
SGD = {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4}
ATTACK = {"norm": "linf", "epsilon_255": 4.0, "n_steps": 2, "step_fraction": 1.0,
          "random_start": True, "corner_start": False, "project_once": False}


def make_options(**changes):
    values = {"seed": 1, "batch_size": 8, "onset_step": 2, "decay_start_step": 4,
              "n_steps": 100, "p": 0.5, "train_labels": True,
              "region": "IT", "translate_fraction": 0.06, "rotate_deg": 0.5, "scale": 0.1,
              "crop_area_min": 0.5, "attack": None, "batch_norm": "shared", "precision": "fp32",
              "compile": False, "shear_deg": None, "nearest_pixel": False,
              "augmented_validation": False}
    return StepOptions(**{**values, **changes})


def make_stimuli(name, categories, n_each, rng):
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
    """Base set, stimulus set and target, as files hold them."""
    rng = np.random.default_rng(0)
    base, shown = make_stimuli("base", "abc", 12, rng), make_stimuli("hvm", "xy", 16, rng)
    train = shown.stimulus_id.values[shown.split.values == "train"]
    target = xr.Dataset(
        {"rate": (("stimulus", "neuroid"), rng.normal(size=(24, 6)).astype("float32"))},
        coords={"stimulus_id": ("stimulus", train),
                "partition": ("stimulus", ["train"] * 16 + ["test"] * 8),
                "neuroid_id": ("neuroid", [f"n{i}" for i in range(6)])},
    )
    return base, shown, target


@pytest.fixture
def joined(data):
    return training_data(*data, 8)


@pytest.fixture
def pretrained(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "pretrained.safetensors"
    write_tensors(build("cornet_s", 3, width=0.0625, bottleneck=1).state_dict(), path)
    return path


@pytest.fixture
def options():
    """Options of a step; changes by keyword."""
    return make_options


@pytest.fixture
def attack():
    return dict(ATTACK)


@pytest.fixture
def fresh(pretrained):
    """Network as a run starts with: fresh(joined, **changes of the model's entry)."""
    return lambda joined, seed=1, **entry: new_network(pretrained, {**MODEL, **entry}, joined, seed)


@pytest.fixture
def blank():
    """Network as a segment starts with; as `fresh`."""
    return lambda joined, **entry: blank_network({**MODEL, **entry}, joined)


@pytest.fixture
def run(tmp_path):
    """Run a segment into a folder of its own: run(joined, network, name, steps, **options)."""

    def run(joined, network, name, steps, previous=None, alignment="cka", **changes):
        folder = tmp_path / name
        folder.mkdir()
        files = {name: folder / name for name in ("checkpoints", "state", "log")}
        run_segment(network, joined, previous=previous,
                    alignment=alignment and {"name": alignment, "options": {}},
                    options=make_options(**changes), optimiser=SGD, steps=steps,
                    validation_every=2, files=files)
        return files

    return run


@pytest.fixture
def same_state():
    """Whether two state files hold the same names and the same bits."""

    def same(first, second):
        first, second = (read_tensors(files["state"])[0] for files in (first, second))
        return first.keys() == second.keys() and all(
            torch.equal(first[name], second[name]) for name in first)

    return same
