"""Which layers of the known torchvision networks stand for V1, V2, V4 and IT; without torch.

ASSUME: the last layer on a grid of 1/4, 1/8, 1/16 and 1/32 of the image (56, 28, 14 and 7
positions a side at 224 px), because these are the grids of V1, V2, V4 and IT of CORnet-S: the same
patch of the image is compared whatever the network. A vision transformer has one grid only: the
ends of the four quarters of its depth. `training.model.layers` overrides it for each region.
"""

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

AREAS = ("V1", "V2", "V4", "IT")

# ASSUME: not offered rather than trained on the main output alone, or with another readout.
_AUXILIARY = "has auxiliary outputs, which the training step has no loss for"
_NO_LINEAR = "has no linear readout to extend by the stimulus labels"
REFUSED_NETWORKS = {"googlenet": _AUXILIARY, "inception_v3": _AUXILIARY,
                    "squeezenet1_0": _NO_LINEAR, "squeezenet1_1": _NO_LINEAR}
"""torchvision's name -> why it is not offered, a sentence without its subject."""

_FAMILIES: dict[tuple[str, ...], tuple[str, str, str, str]] = {
    # AlexNet has no grid of 1/4 after its pools: the nearest, 27, 13, 13 and 6 positions.
    ("alexnet",): ("features.2", "features.5", "features.9", "features.12"),
    ("resnet34", "resnet101", "resnet152", "resnext50_32x4d", "resnext101_32x8d",
     "resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2"):
        ("layer1", "layer2", "layer3", "layer4"),
    # The original code's IT of these two (its side experiments), not ours.
    ("resnet18",): ("layer1", "layer2", "layer3", "layer4.1"),
    ("resnet50",): ("layer1", "layer2", "layer3", "layer4.0"),
    ("convnext_tiny", "convnext_small", "convnext_base", "convnext_large"):
        ("features.1", "features.3", "features.5", "features.7"),
    ("densenet121", "densenet161", "densenet169", "densenet201"):
        ("features.denseblock1", "features.denseblock2", "features.denseblock3",
         "features.denseblock4"),
    (*(f"efficientnet_b{size}" for size in range(8)), "efficientnet_v2_m", "efficientnet_v2_l"):
        ("features.2", "features.3", "features.5", "features.7"),
    ("efficientnet_v2_s",): ("features.2", "features.3", "features.5", "features.6"),
    ("mobilenet_v2",): ("features.3", "features.6", "features.13", "features.17"),
    ("mobilenet_v3_large",): ("features.3", "features.6", "features.12", "features.15"),
    ("mobilenet_v3_small",): ("features.1", "features.3", "features.8", "features.11"),
}
_VGG_CONVOLUTIONS = {"vgg11": (1, 1, 2, 2, 2), "vgg13": (2, 2, 2, 2, 2),
                     "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_VIT_DEPTHS = {"vit_b_16": 12, "vit_b_32": 12, "vit_l_16": 24, "vit_l_32": 24, "vit_h_14": 32}


def _vgg_pools(convolutions: tuple[int, ...], modules_each: int) -> tuple[str, ...]:
    """Names of the second to fifth pool: a stage is its convolutions with what follows, a pool."""
    ends = [sum(convolutions[: stage + 1]) * modules_each + stage for stage in range(5)]
    return tuple(f"features.{end}" for end in ends[1:])


def _vit_quarters(depth: int) -> tuple[str, ...]:
    return tuple(f"encoder.layers.encoder_layer_{depth * k // 4 - 1}" for k in (1, 2, 3, 4))


def _region_layers() -> dict[str, dict[str, str]]:
    layers = {name: four for names, four in _FAMILIES.items() for name in names}
    for name, convolutions in _VGG_CONVOLUTIONS.items():
        layers[name] = _vgg_pools(convolutions, 2)           # with its ReLU
        layers[f"{name}_bn"] = _vgg_pools(convolutions, 3)   # and its batch norm
    layers.update({name: _vit_quarters(depth) for name, depth in _VIT_DEPTHS.items()})
    return {name: dict(zip(AREAS, four, strict=True)) for name, four in sorted(layers.items())}


REGION_LAYERS = _region_layers()
"""Network -> region -> dotted name of a layer, as torchvision names it."""


def chosen_layers(
    name: str, network: "nn.Module", known: Mapping[str, str],
    given: Mapping[str, str | None] | None,
) -> dict[str, str]:
    """Layers of a network's regions: those of the config before those that are known.

    Parameters
    ----------
    name : str
        Of the network, for messages.
    network : torch.nn.Module
        Has the layers.
    known, given : mapping of str to str
        Region -> dotted name of a module; None in `given` is as if not given.

    Raises
    ------
    ValueError
        If there is no layer, or none of a given name.
    """
    given = {region: layer for region, layer in (given or {}).items() if layer is not None}
    chosen = {**known, **given}
    top = [child for child, _ in network.named_children()]
    if not chosen:
        raise ValueError(f"training.model.layers: no region map is known for {name}; give the "
                         f"layer of each region, for example {{IT: {top[0]}}}; its modules are "
                         f"{', '.join(top)}, and what they contain")
    names = [layer for layer, _ in network.named_modules() if layer]
    for region, layer in chosen.items():
        if layer not in names:
            near = difflib.get_close_matches(layer, names, n=3) or top
            raise ValueError(f"training.model.layers.{region}: {name} has no layer {layer!r}; "
                             f"did you mean {', '.join(near)}?")
    return chosen
