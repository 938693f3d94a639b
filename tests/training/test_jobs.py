"""A training job from files to files: base images in a folder, published weights, a resumed run."""

import dataclasses
import runpy
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from PIL import Image

from italign.io import write_dataset
from italign.models import build
from italign.training import jobs
from italign.training.parallel import Replicas
from italign.training.state import checkpoint_steps, read_tensors

SCRIPTS = Path(__file__).resolve().parents[2] / "workflow" / "scripts" / "training"
PX = 32
MODEL = {"name": "cornet_s", "width": 0.0625, "bottleneck": 1, "region": "IT",
         "batch_norm": "separate"}
CLASSES = ["n01", "n02", "n03"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Files of a world: folder and index of the base images, stimuli, target."""
    world = tmp_path_factory.mktemp("world")
    rng = np.random.default_rng(0)
    for part, n in (("train", 4), ("val", 2)):
        for name in CLASSES:
            (world / "imagenet" / part / name).mkdir(parents=True)
            for k in range(n):
                pixels = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(world / "imagenet" / part / name / f"{k}.png")
    shown = _stimuli(rng)
    write_dataset(shown, world / "hvm.nc", "stimuli")
    write_dataset(_target(shown, rng), world / "target.nc", "target")
    return world


def _stimuli(rng, n=20):
    texts = {"object": "o", "background": "b"}
    numbers = ("rotation_x_deg", "rotation_y_deg", "rotation_z_deg", "position_x_deg",
               "position_y_deg", "size")
    return xr.Dataset(
        {"image": (("stimulus", "y", "x", "channel"),
                   rng.integers(0, 256, (n, PX, PX, 3), dtype=np.uint8))},
        coords={"stimulus_id": ("stimulus", [f"s{k}" for k in range(n)]),
                "category": ("stimulus", ["bear", "car"] * (n // 2)),
                "split": ("stimulus", ["train"] * n),
                "variation": ("stimulus", np.full(n, 3, "int32")),
                **{name: ("stimulus", [word] * n) for name, word in texts.items()},
                **{name: ("stimulus", np.zeros(n, "float32")) for name in numbers}},
        attrs={"identifier": "hvm", "image_degrees": 8.0, "licence": "none", "source": "noise"},
    )


def _target(shown, rng, n_sites=5):
    n = shown.sizes["stimulus"]
    return xr.Dataset(
        {"rate": (("stimulus", "neuroid"), rng.normal(size=(n, n_sites)).astype("float32"))},
        coords={"stimulus_id": ("stimulus", shown.stimulus_id.values),
                "partition": ("stimulus", ["train"] * (n - 6) + ["test"] * 6),
                "neuroid_id": ("neuroid", [f"n{k}" for k in range(n_sites)]),
                "channel": ("neuroid", np.arange(n_sites, dtype="int32")),
                **{name: ("neuroid", ["x"] * n_sites)
                   for name in ("animal", "hemisphere", "array", "region")}},
        attrs={"target": "true", "seed": 0, "stimulus_set": "hvm", "source": "noise"},
    )


@pytest.fixture
def convert(world, load_script):
    """Give a function: classes of a published file -> weights that runs start from."""
    index = world / "imagenet.csv"
    load_script("stimuli", "index_images").index_images(
        index=str(index), folder=str(world / "imagenet"), n_test=None, first_images=False)

    def convert(n_classes):
        torch.manual_seed(0)
        network = build("cornet_s", n_classes, width=0.0625, bottleneck=1)
        published, weights = (world / f"{n_classes}.{kind}" for kind in ("pth", "safetensors"))
        torch.save({"state_dict": {f"module.{name}": value for name, value in
                                   network.state_dict().items()}, "epoch": 43}, published)
        load_script("training", "convert_pretrained").convert_pretrained(
            published=str(published), base=str(index), weights=str(weights), model=MODEL,
            base_folder=str(world / "imagenet"), image_px=PX)
        return weights

    return convert


@pytest.fixture(scope="module")
def train(world):
    """Give a function: train steps as a rule would, into a folder of the world; its files."""

    def train(name, first_step, last_step, options, **start):
        files = {key: world / name / key for key in ("checkpoints", "state", "log_csv")}
        jobs.train_on(
            1, base=str(world / "imagenet.csv"), stimuli=str(world / "hvm.nc"),
            target=str(world / "target.nc"), **{key: str(path) for key, path in files.items()},
            model=MODEL, options=asdict(options), first_step=first_step, last_step=last_step,
            optimiser={"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4}, validation_every=2,
            base_folder=str(world / "imagenet"), image_px=PX, n_threads=1, deterministic=True,
            **start)
        return files

    return train


def test_trunk_and_segment_are_the_uncut_run(convert, train, options):
    """Separate batch norms start both from the published statistics; none are in the file."""
    pretrained = str(convert(3))
    doses = {"onset_step": 2, "n_steps": 6, "batch_norm": "separate"}
    trunk = train("trunk", 0, 2, options(p=0.0, **doses), pretrained=pretrained)
    cka = {"name": "cka", "options": {}}
    cut = train("cut", 2, 4, options(p=1.0, **doses), previous=str(trunk["state"]), alignment=cka)
    uncut = train("uncut", 0, 4, options(p=1.0, **doses), pretrained=pretrained, alignment=cka)
    found, expected = (read_tensors(files["state"])[0] for files in (cut, uncut))
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    assert found["model/decoder.linear.weight"].shape[0] == len(CLASSES) + 2
    own, base = (found[f"model/V1.norm1.{kind}running_mean"] for kind in ("", "base_"))
    assert not torch.equal(own, base)
    assert checkpoint_steps(cut["checkpoints"]) == [4]
    log = pd.read_csv(cut["log_csv"])
    assert log.neural_steps.tolist() == [2] and log.base_accuracy.between(0, 1).all()


def test_published_weights_of_other_classes_are_refused_by_name(convert):
    with pytest.raises(ValueError, match=r"decoder.linear.weight is \(4, \d+\), expected \(3,"):
        convert(4)


@pytest.mark.parametrize("rule", ["train_base", "train_model"])
def test_threads_decode_and_torch_keeps_to_one(rule, monkeypatch):
    """The number of torch's threads moves the last bit of a sum."""
    seen = {}

    def job(log, name, config, threads):
        seen["torch"] = threads
        return nullcontext()

    monkeypatch.setattr("italign.job.job", job)
    monkeypatch.setattr(jobs, "train_on", lambda n_gpus, **given: seen.update(given, gpus=n_gpus))
    snakemake = SimpleNamespace(
        log=["log"], rule=rule, threads=8, input={}, output={},
        params={"code": "x", "options": {}}, resources=SimpleNamespace(gpu=2),
        config={"training": {"base_set": "imagenet"},
                "stimuli": {"sets": {"imagenet": {"folder": "/images"}}}})
    runpy.run_path(str(SCRIPTS / f"{rule}.py"), {"snakemake": snakemake}, "__main__")
    assert (seen["n_threads"], seen["torch"], seen["gpus"]) == (8, 1, 2)
    assert seen["base_folder"] == "/images"


def test_replicas_share_the_cores(monkeypatch, options):
    opened = []

    def open_base(*given):
        opened.append(given)
        raise ZeroDivisionError

    monkeypatch.setattr(jobs, "open_base", open_base)
    nothing = dict.fromkeys(("stimuli", "target", "checkpoints", "state", "log_csv", "model",
                             "optimiser", "first_step", "last_step", "validation_every"))
    with pytest.raises(ZeroDivisionError):
        jobs.train_part(base="b", base_folder="f", image_px=PX, n_threads=8, deterministic=True,
                        replicas=Replicas(0, 2), options=dataclasses.asdict(options()), **nothing)
    assert opened == [("b", "f", PX, 4)]
