"""Activations of one checkpoint, computed once per stimulus set and shared by all measures."""

import torch
from torch import Tensor, nn

from italign.training.augmentation import to_unit


@torch.no_grad()
def activations(
    network: nn.Module, images: Tensor, regions: tuple[str, ...], batch_size: int
) -> dict[str, Tensor]:
    """Logits and regions of a network in eval mode, without augmentation.

    Parameters
    ----------
    network : torch.nn.Module
        From `italign.models.build`.
    images : torch.Tensor
        uint8 (n, y, x, channel), on the network's device.
    regions : tuple of str
        Names in ``network.regions``.
    batch_size : int
        Images of one pass.

    Returns
    -------
    dict of str to torch.Tensor
        ``logits`` (n, outputs) and each region (n, features), on the CPU.
    """
    network.eval()
    passes = [network.forward_with(to_unit(part), regions) for part in images.split(batch_size)]
    found = {region: torch.cat([named[region] for _, named in passes]).cpu() for region in regions}
    return {"logits": torch.cat([logits for logits, _ in passes]).cpu(), **found}
