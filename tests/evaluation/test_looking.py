"""Checkpoints are walked and looked at: each image once, the right outputs, the right files."""

import numpy as np
import pytest
import torch
import xarray as xr

from italign.evaluation.activations import activations
from italign.evaluation.checkpoints import take_files, walk_checkpoints
from italign.evaluation.looking import base_logits, look_at, shown_images
from italign.evaluation.measures import measure
from italign.evaluation.measures.accuracy import base_row
from italign.evaluation.study import Look, Study
from italign.models import build
from italign.training.images import ImageSet
from italign.training.state import checkpoint, write_tensors

SMALL = {"width": 0.0625, "bottleneck": 1}
BASE = ("apple", "bear", "dog")
JITTER = {"translate": 0.2, "rotate_deg": 0.0, "scale": 0.0, "shear_deg": None,
          "nearest_pixel": False}


def stimuli(name: str, nouns: list[str]) -> xr.Dataset:
    rng = np.random.default_rng(len(name))
    n = 4 * len(nouns)
    return xr.Dataset(
        {"image": (("stimulus", "y", "x", "channel"),
                   rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8))},
        coords={"stimulus_id": ("stimulus", [f"{name}-{i}" for i in range(n)]),
                "category": ("stimulus", nouns * 4),
                "split": ("stimulus", ["train"] * (n // 2) + ["test"] * (n // 2))},
        attrs={"identifier": name})


@pytest.fixture
def study():
    sets = {"hvm": stimuli("hvm", ["bear", "dog"]), "objects": stimuli("objects", ["dog", "mug"])}
    return Study(sets, [], [], [], ("bear", "dog"), BASE, "base", np.array([0, 1, 2]), "IT", 0)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return build("cornet_s", 5, **SMALL).eval()


@pytest.fixture
def base_test():
    images = torch.randint(0, 256, (3, 32, 32, 3), dtype=torch.uint8,
                           generator=torch.Generator().manual_seed(0))
    return ImageSet(images, torch.tensor([0, 1, 2]))


def test_activations_do_not_depend_on_the_batch_size(network):
    images = torch.randint(0, 256, (7, 32, 32, 3), dtype=torch.uint8)
    whole, parts = (activations(network, images, ("IT", "penultimate"), size) for size in (7, 3))
    for name, values in whole.items():
        torch.testing.assert_close(values, parts[name], rtol=1e-4, atol=1e-5)


def test_a_look_shows_test_images_and_what_decoders_need(study, network, base_test):
    shown = shown_images(study, ["objects"], base_test, None, 1)
    look = look_at(network, shown, study, True, 4)
    assert set(look.seen) == {("hvm", "test"), ("objects", "test"), ("objects", "train")}
    assert look.seen["objects", "train"]["logits"].shape == (4, study.n_outputs)
    assert look.base_logits.shape == (3, len(BASE))
    assert look.moved == look.seen


def test_moved_images_are_beside_those_as_they_are(study, network, base_test):
    shown = shown_images(study, ["objects"], base_test, JITTER, 1)
    look = look_at(network, shown, study, True, 4)
    still, moved = (part["hvm", "test"]["IT"] for part in (look.seen, look.moved))
    assert not np.array_equal(still, moved)
    assert look.moved["objects", "train"] is look.seen["objects", "train"]


def test_accuracy_is_of_the_outputs_that_name_the_nouns(study):
    logits = np.zeros((4, 5))  # base: apple, bear, dog; labels: bear, dog
    logits[:, 0] = 9
    logits[[0, 1, 2], [3, 4, 3]] = 1  # bear, dog, bear, undecided: three of four
    seen = {("hvm", "test"): {"logits": logits}}
    score = measure("accuracy", study, {})
    base = np.eye(3)[[0, 1, 1]]
    rows = score(Look(True, seen, seen, base))
    found = {row["stimulus_set"]: (row["raw"], row["n"], row["chance"]) for row in rows}
    assert found == {"base": (pytest.approx(2 / 3), 3, pytest.approx(1 / 3)),
                     "hvm": (0.75, 4, 0.5)}  # mugs are no label
    assert [row["stimulus_set"] for row in score(Look(False, seen, seen, base))] == ["base"]


def test_base_outputs_come_first(study, network, base_test):
    shown = shown_images(study, [], base_test, None, 1)
    logits = base_logits(network, shown, 3, 2)
    whole = activations(network, base_test.images, (), 3)["logits"].numpy()
    np.testing.assert_allclose(logits, whole[:, :3], rtol=1e-4, atol=1e-5)
    assert base_row(study, np.eye(3))["raw"] == 1


def test_an_unknown_measure_names_the_nearest(study):
    with pytest.raises(ValueError, match=r"unknown measure 'acuracy'; did you mean accuracy"):
        measure("acuracy", study, {})


def test_checkpoints_are_walked_in_order_from_the_onset(tmp_path):
    entry = {"name": "cornet_s", **SMALL, "region": "IT"}
    network = build("cornet_s", 3, **SMALL)
    files = []
    for number, steps in enumerate([(5, 10), (15,)]):
        stored = {}
        for step in steps:
            with torch.no_grad():
                network.decoder.linear.bias.fill_(step)
            stored.update(checkpoint(network, step))
        files.append(tmp_path / f"{number}.safetensors")
        write_tensors(stored, files[-1])
    walked = [(step, found.decoder.linear.bias[0].item(), found.training, is_last)
              for step, found, is_last in walk_checkpoints(files, entry, 3, first_step=10)]
    assert walked == [(10, 10.0, False, False), (15, 15.0, False, True)]
    assert not list(walk_checkpoints([], entry, 3, first_step=0))


def test_files_are_divided_among_members():
    members = [{"n_files": 2, "name": "a"}, {"n_files": 1, "name": "b"}]
    divided = [(member["name"], files) for member, files in take_files(members, ["1", "2", "3"])]
    assert divided == [("a", ["1", "2"]), ("b", ["3"])]
    with pytest.raises(ValueError, match=r"2 checkpoint files for 2 members that have 3"):
        list(take_files(members, ["1", "2"]))
