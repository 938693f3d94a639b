"""The normalisation that every network does itself: models take images in [0, 1]."""

from collections.abc import Sequence

import torch
from torch import nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)


def add_normalisation(
    network: nn.Module, mean: Sequence[float] = IMAGENET_MEAN, sd: Sequence[float] = IMAGENET_SD
) -> None:
    """Give a network the buffers ``mean`` and ``sd`` (3, 1, 1) of RGB in [0, 1].

    They are not in its state dict, so that published weights load as they are.
    """
    for name, values in (("mean", mean), ("sd", sd)):
        network.register_buffer(name, torch.tensor(values).view(3, 1, 1), persistent=False)
