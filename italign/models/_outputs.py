"""The extra outputs that a base model gets for the stimulus labels."""

import torch
from torch import nn


def extend_outputs(linear: nn.Linear, n_extra: int) -> nn.Linear:
    """Append outputs to a linear layer, keeping the existing ones (paper's code: 1,000 + 8).

    Parameters
    ----------
    linear : torch.nn.Linear
        Decoder with n outputs.
    n_extra : int
        Outputs to add; they get PyTorch's default initialisation.

    Returns
    -------
    torch.nn.Linear
        With n + n_extra outputs, the first n rows copied.
    """
    has_bias = linear.bias is not None
    extended = nn.Linear(linear.in_features, linear.out_features + n_extra, has_bias)
    with torch.no_grad():
        extended.weight[: linear.out_features] = linear.weight
        if has_bias:
            extended.bias[: linear.out_features] = linear.bias
    return extended


def extend_readout(network: nn.Module, n_extra: int) -> None:
    """Append outputs to a network's readout, keeping the existing ones.

    The layer stays the same module, so that what is attached to it stays; its weights are new
    parameters, so an optimiser is to be made afterwards.

    Parameters
    ----------
    network : torch.nn.Module
        From `italign.models.build`; changed in place.
    n_extra : int
        See `extend_outputs`.
    """
    readout = network.get_submodule(network.readout)
    extended = extend_outputs(readout, n_extra)
    readout.out_features = extended.out_features
    readout.weight, readout.bias = extended.weight, extended.bias


class OutputSlice(nn.Module):
    """A model that gives only some of the logits, for attacks on one of two tasks.

    Parameters
    ----------
    model : torch.nn.Module
        Shared, not copied.
    start : int
        First logit kept; all after it are.
    """

    def __init__(self, model: nn.Module, start: int):
        super().__init__()
        self.model, self.start = model, start

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits from `start` on."""
        return self.model(images)[:, self.start :]
