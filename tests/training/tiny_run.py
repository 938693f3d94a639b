"""A run that takes milliseconds a step: for tests that start it in processes of their own."""

from pathlib import Path

import numpy as np
import torch
import xarray as xr

from italign.models import build
from italign.training.parallel import SINGLE, Replicas
from italign.training.run import (
    TrainingData,
    blank_network,
    new_network,
    run_segment,
    training_data,
)
from italign.training.state import write_tensors
from italign.training.step import StepOptions

MODEL = {"name": "cornet_s", "width": 0.0625, "bottleneck": 1, "region": "IT"}
ATTACK = {"norm": "linf", "epsilon_255": 4.0, "n_steps": 2, "step_fraction": 0.667,
          "random_start": True, "corner_start": False, "project_once": False}


def options(**changes: object) -> StepOptions:
    """Every step neural, adversarial and augmented."""
    values = {"seed": 1, "batch_size": 8, "onset_step": 0, "decay_start_step": 100, "n_steps": 100,
              "p": 1.0, "train_labels": True, "region": "IT", "translate_fraction": 0.06,
              "rotate_deg": 0.5, "scale": 0.1, "crop_area_min": 0.5, "attack": ATTACK,
              "batch_norm": "shared", "precision": "fp32", "compile": False, "shear_deg": None,
              "nearest_pixel": False, "augmented_validation": False}
    return StepOptions(**{**values, **changes})


def data() -> TrainingData:
    """Noise images of two sets and noise targets, drawn from a fixed seed."""
    rng = np.random.default_rng(0)
    base, shown = image_sets(rng)
    target = xr.Dataset(
        {"rate": (("stimulus", "neuroid"), rng.normal(size=(24, 6)).astype("float32"))},
        coords={"stimulus_id": ("stimulus", shown.stimulus_id.values[:24]),
                "partition": ("stimulus", ["train"] * 16 + ["test"] * 8),
                "neuroid_id": ("neuroid", [f"n{i}" for i in range(6)])},
    )
    return training_data(base, shown, target, batch_size=8)


def image_sets(rng: np.random.Generator) -> tuple[xr.Dataset, xr.Dataset]:
    """Base set of 36 and stimulus set of 32 noise images."""
    return _images("base", "abc", 12, rng), _images("hvm", "xy", 16, rng)


def _images(name: str, categories: str, n_each: int, rng: np.random.Generator) -> xr.Dataset:
    n = n_each * len(categories)
    return xr.Dataset(
        {"image": (("stimulus", "y", "x", "channel"),
                   rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8))},
        coords={"stimulus_id": ("stimulus", [f"{name}-{i}" for i in range(n)]),
                "category": ("stimulus", list(categories) * n_each),
                "split": ("stimulus", ["train"] * (n - 8) + ["test"] * 8)},
        attrs={"identifier": name},
    )


def write_pretrained(folder: Path) -> None:
    """Weights of the base task, drawn from a fixed seed."""
    torch.manual_seed(0)
    network = build("cornet_s", 3, **{key: MODEL[key] for key in ("width", "bottleneck")})
    write_tensors(network.state_dict(), folder / "pretrained")


def train(
    joined: TrainingData, folder: Path, steps: range, replicas: Replicas = SINGLE,
    lr: float = 0.01, **changes: object,
) -> None:
    """One segment: from ``pretrained`` or the state at its first step to files in the folder."""
    model = {**MODEL, "batch_norm": changes.get("batch_norm", "shared")}
    previous = folder / f"state-{steps.start}" if steps.start else None
    network = (blank_network(model, joined) if previous else
               new_network(folder.parent / "pretrained", model, joined, 1))
    run_segment(network, joined, previous=previous, alignment={"name": "cka", "options": {}},
                options=options(**changes), steps=steps, validation_every=2, replicas=replicas,
                optimiser={"lr": lr, "momentum": 0.9, "weight_decay": 1e-4},
                files=segment_files(folder, steps.stop))


def segment_files(folder: Path, stop: int) -> dict[str, Path]:
    """Files of the segment that ends at a step."""
    return {name: folder / f"{name}-{stop}" for name in ("checkpoints", "state", "log")}
