"""Any classification network of torchvision by name; the one module that imports torchvision."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from types import ModuleType

import torch
from torch import nn

from italign.models._backbone import Backbone
from italign.models._pooling import replace_adaptive_pools
from italign.models._regions import REFUSED_NETWORKS, REGION_LAYERS, chosen_layers

_DECLARED: list[torch.library.Library] = []


@cache
def torchvision_models() -> ModuleType:
    """Import ``torchvision.models``, also where its compiled operators do not fit torch.

    Only the schemas of two detection operators are missed while importing; no network here uses
    them, so they are declared and the import is tried again.
    """
    try:
        from torchvision import models
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _DECLARED.append(library)  # a library that is forgotten takes its operators along
        from torchvision import models
    return models


def torchvision_transforms() -> ModuleType:
    """Import ``torchvision.transforms.v2``, guarded as `torchvision_models`."""
    torchvision_models()
    from torchvision.transforms import v2

    return v2


def torchvision_builders() -> dict[str, Callable[..., Backbone]]:
    """What builds each classification network; nothing where torchvision is not installed."""
    try:
        models = torchvision_models()
    except ModuleNotFoundError:
        return {}
    return {name: partial(torchvision_network, name) for name in models.list_models(module=models)}


def torchvision_network(
    name: str, n_outputs: int, layers: Mapping[str, str | None] | None = None
) -> Backbone:
    """Build a torchvision network with fresh weights.

    Parameters
    ----------
    name : str
        As ``torchvision.models.list_models`` gives it.
    n_outputs : int
        Number of logits.
    layers : mapping of str to str, optional
        Region -> dotted name of a module; goes before the map of `REGION_LAYERS`.

    Raises
    ------
    ValueError
        If the network is one of `REFUSED_NETWORKS`, or no layer is known for it or by a given name.
    """
    network = _fresh(name, n_outputs)
    return Backbone(network, chosen_layers(name, network, REGION_LAYERS.get(name, {}), layers))


def _fresh(name: str, n_outputs: int) -> nn.Module:
    if name in REFUSED_NETWORKS:
        raise ValueError(f"training.model.name: {name} {REFUSED_NETWORKS[name]}; take another "
                         "network")
    network = torchvision_models().get_model(name, weights=None, num_classes=n_outputs)
    replace_adaptive_pools(network)
    return network
