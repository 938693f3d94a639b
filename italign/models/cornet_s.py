"""CORnet-S (Kubilius, Schrimpf et al., NeurIPS 2019), written afresh, with width and expansion.

Modules carry the published names, so that the published weights load as they are.
"""

from collections.abc import Iterable
from math import sqrt

import torch
from torch import Tensor, nn

from italign.models._normalisation import add_normalisation

BLOCK_STEPS = {"V2": 2, "V4": 4, "IT": 2}


class _V1(nn.Module):
    """Two convolutions and a pool: a quarter of the resolution."""

    def __init__(self, n_channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(3, n_channels, 7, stride=2, padding=3, bias=False)
        self.norm1 = nn.BatchNorm2d(n_channels)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(n_channels, n_channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(n_channels)

    def forward(self, images: Tensor) -> list[Tensor]:
        hidden = self.pool(torch.relu(self.norm1(self.conv1(images))))
        return [torch.relu(self.norm2(self.conv2(hidden)))]


class _CORBlock(nn.Module):
    """Recurrent bottleneck: weights shared over time, batch norms not."""

    def __init__(self, n_in: int, n_out: int, n_steps: int, expansion: int):
        super().__init__()
        n_wide = n_out * expansion
        self.n_steps = n_steps
        self.conv_input = nn.Conv2d(n_in, n_out, 1, bias=False)
        self.skip = nn.Conv2d(n_out, n_out, 1, stride=2, bias=False)
        self.norm_skip = nn.BatchNorm2d(n_out)
        self.conv1 = nn.Conv2d(n_out, n_wide, 1, bias=False)
        self.conv2 = nn.Conv2d(n_wide, n_wide, 3, padding=1, bias=False)
        self.conv3 = nn.Conv2d(n_wide, n_out, 1, bias=False)
        for step in range(n_steps):
            for norm, width in (("norm1", n_wide), ("norm2", n_wide), ("norm3", n_out)):
                setattr(self, f"{norm}_{step}", nn.BatchNorm2d(width))

    def forward(self, below: Tensor) -> list[Tensor]:
        """Return the state after each time step; the first step halves the resolution."""
        state, states = self.conv_input(below), []
        for step in range(self.n_steps):
            skip = self.norm_skip(self.skip(state)) if step == 0 else state
            hidden = torch.relu(self._norm(1, step)(self.conv1(state)))
            stride = 2 if step == 0 else 1
            hidden = nn.functional.conv2d(hidden, self.conv2.weight, stride=stride, padding=1)
            hidden = torch.relu(self._norm(2, step)(hidden))
            state = torch.relu(self._norm(3, step)(self.conv3(hidden)) + skip)
            states.append(state)
        return states

    def _norm(self, layer: int, step: int) -> nn.Module:
        return getattr(self, f"norm{layer}_{step}")


class CORnetS(nn.Module):
    """V1, V2, V4 and IT in a row, then average pooling and a linear decoder.

    Parameters
    ----------
    n_outputs : int
        Number of logits.
    width : float
        Multiplies the published channel numbers (64, 128, 256, 512).
    bottleneck : int
        Expansion inside a block; published: 4.

    Attributes
    ----------
    regions : dict of str to (str, int)
        Module of each region and the time step (from 0) at which it is compared.
    time_steps : dict of str to int
        How many time steps each region has.
    readout : str
        Name of the last linear layer.
    """

    readout = "decoder.linear"

    def __init__(self, n_outputs: int, width: float = 1.0, bottleneck: int = 4):
        super().__init__()
        v1, v2, v4, it = (max(1, round(n * width)) for n in (64, 128, 256, 512))
        # braintree compares the first of IT's two time steps.
        self.regions = {area: (area, 0) for area in ("V1", "V2", "V4", "IT")}
        self.regions["penultimate"] = ("decoder.avgpool", 0)
        self.time_steps = {"V1": 1, **BLOCK_STEPS, "penultimate": 1}
        add_normalisation(self)
        self.V1 = _V1(v1)
        for area, n_in, n_out in (("V2", v1, v2), ("V4", v2, v4), ("IT", v4, it)):
            setattr(self, area, _CORBlock(n_in, n_out, BLOCK_STEPS[area], bottleneck))
        self.decoder = nn.Module()
        self.decoder.avgpool = nn.AdaptiveAvgPool2d(1)
        self.decoder.linear = nn.Linear(it, n_outputs)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels
                nn.init.normal_(module.weight, 0, sqrt(2 / fan_out))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, n_outputs) of images (N, 3, H, W) in [0, 1]."""
        return self.forward_with(images, ())[0]

    def forward_with(
        self, images: Tensor, regions: Iterable[str]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Logits and the named activations, each (N, features), from one pass."""
        hidden, activation = (images - self.mean).div_(self.sd), {}
        for area in ("V1", "V2", "V4", "IT"):
            states = getattr(self, area)(hidden)
            activation[area] = states[self.regions[area][1]]
            hidden = states[-1]
        activation["penultimate"] = self.decoder.avgpool(hidden).flatten(1)
        logits = self.decoder.linear(activation["penultimate"])
        return logits, {region: activation[region].flatten(1) for region in regions}


def cornet_s(n_outputs: int, width: float = 1.0, bottleneck: int = 4) -> CORnetS:
    """Build CORnet-S: 53,416,616 parameters at width 1, bottleneck 4, 1,000 outputs."""
    return CORnetS(n_outputs, width, bottleneck)
