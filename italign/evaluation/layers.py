"""The ladder of a network: every layer that can be compared with a brain, and its Gram matrices."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from italign.evaluation.similarity import linear_gram
from italign.models._backbone import Backbone
from italign.training.augmentation import to_unit

CONTAINERS = (nn.Sequential, nn.ModuleList)  # not their subclasses, which are layers of their own
MOST_BYTES = 2**29  # of the activations that are held at a time, unless one layer has more


class Rung(NamedTuple):
    """One layer: what it is called, its module, and the time step (from 0) of a recurrent one."""

    layer: str
    module: str
    time_step: int


def ladder(network: nn.Module) -> list[Rung]:
    """List the layers of a network that can be compared, in the order of its modules.

    Parameters
    ----------
    network : torch.nn.Module
        From `italign.models.build`.

    Returns
    -------
    list of Rung
        Of a `Backbone` every block: what its containers hold and has weights of its own, the
        layers of its regions, and last the readout's input. Of other networks every region at
        every time step.
    """
    if not isinstance(network, Backbone):
        return [Rung(f"{region} t{step}" if n_steps > 1 else region, network.regions[region][0],
                     step)
                for region, n_steps in network.time_steps.items() for step in range(n_steps)]
    prefix = network.published_prefix
    named = {module for module, _ in network.regions.values()} - {network.readout}
    blocks = {prefix + name for name in _blocks(network.network)} - {network.readout}
    found = [name for name, _ in network.named_modules() if name in blocks | named]
    rungs = [Rung(name.removeprefix(prefix), name, 0) for name in found]
    return [*rungs, Rung("penultimate", network.readout, 0)]


def compared_rung(network: nn.Module, region: str) -> Rung:
    """Layer at which a region of the network is compared."""
    return next(rung for rung in ladder(network)
                if (rung.module, rung.time_step) == tuple(network.regions[region])
                and (rung.layer == "penultimate") == (region == "penultimate"))


@torch.no_grad()
def ladder_grams(
    network: nn.Module, images: Tensor, rungs: list[Rung], batch_size: int,
) -> Iterator[tuple[Rung, np.ndarray, int]]:
    """Yield the Gram matrix of every layer over images, a few layers per pass.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode.
    images : torch.Tensor
        uint8 (n, y, x, channel), on the network's device.
    rungs : list of Rung
        From `ladder`.
    batch_size : int
        Images of one pass.

    Yields
    ------
    rung : Rung
        In the order given.
    gram : numpy.ndarray, float32 (n, n)
        Of all positions and channels as one list of features, as training compares them.
    n_features : int
        Their number.
    """
    one = rung_features(network, images[:1], rungs, batch_size)
    sizes = {rung: found.shape[1] for rung, found in one.items()}
    for group in _groups(rungs, sizes, MOST_BYTES // (4 * len(images))):
        features = rung_features(network, images, group, batch_size)
        for rung in group:
            gram = linear_gram(features.pop(rung).float())
            yield rung, gram.cpu().numpy(), sizes[rung]


@torch.no_grad()
def rung_features(
    network: nn.Module, images: Tensor, rungs: list[Rung], batch_size: int
) -> dict[Rung, Tensor]:
    """Activations of layers, from hooks of their modules; a pass ends at the last of them.

    Parameters
    ----------
    network, images, rungs, batch_size
        As for `ladder_grams`.

    Returns
    -------
    dict of Rung to torch.Tensor
        (n, features) on the device.

    Raises
    ------
    ValueError
        If a layer does not run exactly once per pass.
    """
    kept: dict[Rung, list[Tensor]] = {rung: [] for rung in rungs}
    handles = [network.get_submodule(rung.module).register_forward_hook(
        _keeper(kept, rung, read_input=rung.module == network.readout)) for rung in rungs]
    try:
        for part in images.split(batch_size):
            with suppress(_Seen):
                network.forward_with(to_unit(part), ())
    finally:
        for handle in handles:
            handle.remove()
    n_batches = -(-len(images) // batch_size)
    wrong = [rung.layer for rung in rungs if len(kept[rung]) != n_batches]
    if wrong:
        raise ValueError(f"layers {', '.join(wrong)} do not run once in a pass of the network, "
                         "expected of all that are compared: name the block they are part of")
    return {rung: torch.cat(kept.pop(rung)) for rung in rungs}


class _Seen(Exception):
    """Ends a pass: what comes after the last layer asked for would be computed for nothing."""


def _keeper(kept: dict[Rung, list[Tensor]], rung: Rung, read_input: bool) -> Callable:
    def keep(_: nn.Module, inputs: tuple, output: Tensor | list[Tensor]) -> None:
        found = inputs[0] if read_input else output
        state = found[rung.time_step] if isinstance(found, list) else found
        kept[rung].append(state.flatten(1).clone())  # the next layer may work in place
        if len({len(parts) for parts in kept.values()}) == 1:
            raise _Seen

    return keep


def _groups(rungs: list[Rung], sizes: dict[Rung, int], most: int) -> list[list[Rung]]:
    """Layers in order, in groups of at most so many features or of a single layer."""
    groups: list[list[Rung]] = []
    taken = 0
    for rung in rungs:
        if not groups or taken + sizes[rung] > most:
            groups.append([])
            taken = 0
        groups[-1].append(rung)
        taken += sizes[rung]
    return groups


def _blocks(network: nn.Module) -> list[str]:
    """Names of the modules that containers hold and that have a matrix of weights."""
    # ASSUME: what holds more than half of all weights and has parts is a container by another name
    # (the encoder of a vision transformer); nothing repeated does.
    half = sum(map(torch.numel, network.parameters())) / 2
    found, todo = [], list(network.named_children())
    while todo:
        name, module = todo.pop(0)
        parts = [(f"{name}.{child}", part) for child, part in module.named_children()]
        n_weights = sum(map(torch.numel, module.parameters()))
        if type(module) in CONTAINERS or (parts and n_weights > half):
            todo = parts + todo
        elif any(weight.ndim > 1 for weight in module.parameters()):
            found.append(name)
    return found
