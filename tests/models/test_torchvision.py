"""Networks of torchvision: their own logits, the regions of the map, clear refusals."""

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from italign import models
from italign.code import PACKAGE, _imported
from italign.models import build, build_configured
from italign.models._backbone import Backbone
from italign.models._outputs import extend_outputs, extend_readout
from italign.models._pooling import FixedGridPool
from italign.models._published import load_published
from italign.models._regions import AREAS, REFUSED_NETWORKS, REGION_LAYERS
from italign.models._torchvision import torchvision_models, torchvision_transforms

# One per family: features of V1, V2, V4 and IT for an image of 224 px, from the published tables.
FAMILIES = {
    "resnet18": (64 * 56**2, 128 * 28**2, 256 * 14**2, 512 * 7**2),
    "resnet50": (256 * 56**2, 512 * 28**2, 1024 * 14**2, 2048 * 7**2),
    "alexnet": (64 * 27**2, 192 * 13**2, 256 * 13**2, 256 * 6**2),
    "vgg11": (128 * 56**2, 256 * 28**2, 512 * 14**2, 512 * 7**2),
    "vgg16_bn": (128 * 56**2, 256 * 28**2, 512 * 14**2, 512 * 7**2),
    "convnext_tiny": (96 * 56**2, 192 * 28**2, 384 * 14**2, 768 * 7**2),
    "vit_b_16": (197 * 768, 197 * 768, 197 * 768, 197 * 768),
    "efficientnet_b0": (24 * 56**2, 40 * 28**2, 112 * 14**2, 320 * 7**2),
    "mobilenet_v2": (24 * 56**2, 32 * 28**2, 96 * 14**2, 320 * 7**2),
    "mobilenet_v3_large": (24 * 56**2, 40 * 28**2, 112 * 14**2, 160 * 7**2),
    "densenet121": (256 * 56**2, 512 * 28**2, 1024 * 14**2, 1024 * 7**2),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_regions_have_the_published_shapes(name):
    with torch.device("meta"):
        network = build(name, 11).eval()
        logits, activation = network.forward_with(torch.zeros(1, 3, 224, 224), AREAS)
    assert logits.shape == (1, 11)
    assert tuple(activation[area].shape[1] for area in AREAS) == FAMILIES[name]


def test_the_map_names_layers_of_every_network():
    for name, layers in REGION_LAYERS.items():
        with torch.device("meta"):
            network = torchvision_models().get_model(name, weights=None)
        for layer in layers.values():
            network.get_submodule(layer)
        if name.startswith("vgg"):
            pools = [f"features.{i}" for i, module in enumerate(network.features)
                     if isinstance(module, torch.nn.MaxPool2d)]
            assert list(layers.values()) == pools[1:]


@pytest.fixture(scope="module", params=["resnet18", "alexnet", "convnext_tiny", "vit_b_16"])
def network(request):
    torch.manual_seed(0)
    network = build(request.param, 5).eval()
    torch.nn.init.normal_(network.get_submodule(network.readout).weight)  # a transformer's is 0
    return network


def test_logits_and_activations_are_torchvision_s_own(network):
    images = torch.rand(2, 3, 224, 224)
    mean = torch.tensor((0.485, 0.456, 0.406)).view(3, 1, 1)
    sd = torch.tensor((0.229, 0.224, 0.225)).view(3, 1, 1)
    with torch.no_grad():
        logits, activation = network.forward_with(images, ("penultimate", "IT"))
        assert torch.equal(logits, network.network((images - mean) / sd))
        assert torch.equal(logits, network(images))
        readout = network.get_submodule(network.readout)
        assert torch.equal(logits, readout(activation["penultimate"]))


def test_gradients_of_the_neural_term_reach_the_first_layer_in_train_mode(network):
    trained = copy.deepcopy(network).train()
    logits, activation = trained.forward_with(torch.rand(2, 3, 224, 224), ("IT",))
    (cross_entropy(logits, torch.tensor([0, 1])) * 0 + activation["IT"].square().mean()).backward()
    weights = dict(trained.named_parameters())
    first, last = next(iter(weights)), f"{trained.readout}.weight"
    assert weights[first].grad.abs().max() > 0
    assert weights[last].grad.abs().max() == 0


def test_interrupted_forward_and_copies_keep_nothing():
    network = build("resnet18", 5).eval()
    with pytest.raises(RuntimeError):
        network.forward_with(torch.rand(1, 2, 64, 64), ("IT",))
    assert network.kept == {}
    images = torch.rand(1, 3, 64, 64)
    twin = copy.deepcopy(network)
    found = twin.forward_with(images, ("IT",))[1]["IT"]
    assert torch.equal(found, network.forward_with(images, ("IT",))[1]["IT"])
    assert network.kept == twin.kept == {}
    assert network.kept is not twin.kept


def test_what_is_kept_is_not_changed_by_a_later_layer_in_place():
    network = build("alexnet", 5, layers={"IT": "features.10"}).eval()  # before a ReLU in place
    assert network.forward_with(torch.rand(1, 3, 64, 64), ("IT",))[1]["IT"].min() < 0


def test_one_graph_when_compiled():
    network = build("resnet18", 5).eval()
    images = torch.rand(2, 3, 32, 32)
    compiled = torch.compile(network.forward_with, backend="eager", fullgraph=True)
    logits, activation = compiled(images, ("IT", "penultimate"))
    expected, kept = network.forward_with(images, ("IT", "penultimate"))
    assert torch.equal(logits, expected)
    assert all(torch.equal(activation[region], kept[region]) for region in kept)


def test_extra_outputs_keep_the_penultimate_region():
    network = build("resnet18", 5).eval()
    images = torch.rand(1, 3, 64, 64)
    before, _ = network.forward_with(images, ())
    extend_readout(network, 3)
    logits, activation = network.forward_with(images, ("penultimate",))
    assert logits.shape == (1, 8)
    torch.testing.assert_close(logits[:, :5], before)
    assert activation["penultimate"].shape == (1, 512)


def test_extra_outputs_of_a_readout_without_bias():
    """As of maxvit_t."""
    linear = torch.nn.Linear(3, 2, bias=False)
    extended = extend_outputs(linear, 4)
    assert extended.bias is None and torch.equal(extended.weight[:2], linear.weight)


def test_torchvision_s_own_files_load(tmp_path):
    torch.manual_seed(0)
    source = torchvision_models().get_model("resnet18", weights=None, num_classes=5).eval()
    weights = {name: value for name, value in source.state_dict().items()
               if not name.endswith("num_batches_tracked")}  # as the old files
    torch.save(weights, tmp_path / "resnet18.pth")
    network = build_configured({"name": "resnet18", "batch_norm": "separate"}, 5).eval()
    load_published(network, tmp_path / "resnet18.pth")
    images = torch.rand(1, 3, 64, 64)
    assert torch.equal(network(images), source((images - network.mean) / network.sd))
    torch.save({**weights, "fc.weight": torch.zeros(1000, 512)}, tmp_path / "wrong.pth")
    with pytest.raises(ValueError, match=r"fc.weight is \(1000, 512\), expected \(5, 512\)"):
        load_published(network, tmp_path / "wrong.pth")


def test_layers_are_given_by_name():
    entry = {"name": "swin_t", "width": None, "layers": {"IT": "features.7", "V4": None},
             "region": "IT", "time_step": 0}
    with torch.device("meta"):
        network = build_configured(entry, 4).eval()
    assert network.regions == {"IT": ("network.features.7", 0), "penultimate": ("network.head", 0)}
    with pytest.raises(ValueError, match="region: swin_t has no region 'V4'; it has IT, penult"):
        build_configured({**entry, "region": "V4"}, 4)


@pytest.mark.parametrize(("name", "options", "message"), [
    ("resnet19", {}, "unknown model 'resnet19'; did you mean resnet18"),
    ("cornets", {}, "unknown model 'cornets'; did you mean cornet_s"),
    ("swin_t", {}, "layers: no region map is known for swin_t; .* its modules are features, norm,"),
    ("resnet18", {"layers": {"IT": "layer4.l"}}, "no layer 'layer4.l'; did you mean layer4.1"),
    ("resnet18", {"width": 0.5}, "set training.model.width: null"),
    ("alexnet", {"bottleneck": 2}, "set training.model.bottleneck: null"),
])
def test_refusals_say_what_to_do(name, options, message):
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        build(name, 4, **options)


@pytest.mark.parametrize(("layer", "gave"), [
    ("encoder.layers.encoder_layer_0.self_attention", r"\[\]"),
    ("layer1.0.relu", r"\[\(1, 64, 16, 16\), \(1, 64, 16, 16\)\]"),
])
def test_a_layer_without_one_activation_per_image_is_refused(layer, gave):
    name, px = ("vit_b_32", 224) if "encoder" in layer else ("resnet18", 64)
    with torch.device("meta"):
        network = build(name, 4, layers={"IT": layer}).eval()
        with pytest.raises(ValueError, match=rf"model.layers.IT: '{layer}' gave {gave} for"):
            network.forward_with(torch.zeros(1, 3, px, px), ("IT",))


def test_a_vision_transformer_names_the_image_size():
    with torch.device("meta"):
        network = build("vit_b_16", 4)
        with pytest.raises(ValueError, match=r"stimuli.image_px: images are \(64, 64\) px, .* 224"):
            network(torch.zeros(1, 3, 64, 64))


@pytest.mark.parametrize("name", REFUSED_NETWORKS)
def test_networks_that_are_not_offered_are_refused(name):
    assert name in torchvision_models().list_models()
    with pytest.raises(ValueError, match=f"{name} {REFUSED_NETWORKS[name]}; take another"):
        build(name, 4, layers={"IT": "features"})


def test_a_network_without_a_readout_is_refused():
    with pytest.raises(ValueError, match=r"training.model.name: Conv2d has no linear readout"):
        Backbone(torch.nn.Conv2d(3, 4, 1), {})


@pytest.mark.parametrize("n_out", [6, 7])
@pytest.mark.parametrize("side", range(1, 17))
def test_the_pool_with_a_fixed_order_is_pytorch_s(side, n_out):
    generator = torch.Generator().manual_seed(side)
    images = torch.randn(2, 3, side, side + 1, generator=generator, requires_grad=True)
    weights = torch.randn(2, 3, n_out, n_out + 2, generator=generator)
    size = (n_out, n_out + 2)
    pooled = torch.nn.AdaptiveAvgPool2d(size)(images)
    found = FixedGridPool(*size)(images)
    torch.testing.assert_close(found, pooled, rtol=1e-6, atol=1e-6)
    gradients = [torch.autograd.grad(out, images, weights)[0] for out in (found, pooled)]
    torch.testing.assert_close(*gradients, rtol=1e-5, atol=1e-6)
    square = images[..., :side]
    assert FixedGridPool(side, side)(square) is square


@pytest.mark.parametrize("name", ["alexnet", "vgg11"])
def test_no_pool_without_a_deterministic_gradient_is_left(name):
    with torch.device("meta"):
        network = build(name, 4)
        original = torchvision_models().get_model(name, num_classes=4)
    pools = [m for m in network.modules() if isinstance(m, torch.nn.AdaptiveAvgPool2d)]
    assert not pools and isinstance(network.network.avgpool, FixedGridPool)
    names = [f"network.{key}" for key in original.state_dict()]
    assert list(network.state_dict()) == names


def test_only_worlds_of_torchvision_s_networks_depend_on_their_code():
    todo, seen = [Path(models.__file__)], set()
    while todo:
        module = todo.pop()
        if module not in seen:
            seen.add(module)
            todo += _imported(module)
    assert PACKAGE / "plugins.py" in seen
    assert not seen & {PACKAGE / "models" / f"{name}.py"
                       for name in ("_torchvision", "_backbone", "_regions", "_pooling")}


def test_transforms_are_of_the_version_that_takes_tensors():
    image = torch.zeros(3, 4, 6, dtype=torch.uint8)
    assert torchvision_transforms().CenterCrop(2)(image).shape == (3, 2, 2)


def test_neither_torch_nor_torchvision_is_imported_before_it_is_needed():
    code = ("import sys; from italign.models._regions import REGION_LAYERS; "
            "assert 'torch' not in sys.modules; from italign.models import build; "
            "build('cornet_s', 2, width=0.125); assert 'torchvision' not in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
