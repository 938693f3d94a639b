"""Networks with named cortical regions: one file each, or torchvision's by name.

Importing this needs no torch, so that a config can be checked without.
"""

import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from italign.plugins import functions_by_file, pick

if TYPE_CHECKING:
    from torch import nn

# What a config entry says about the comparison and the training, not about the network.
NOT_OPTIONS = ("name", "region", "time_step", "batch_norm")


def build(name: str, n_outputs: int, **options) -> "nn.Module":
    """Build a network by name.

    Parameters
    ----------
    name : str
        A file of this package, for example ``"cornet_s"``, or a classification network of
        torchvision, for example ``"resnet18"``.
    n_outputs : int
        Number of logits.
    **options
        Passed to the network, for example ``width=0.125``.

    Returns
    -------
    torch.nn.Module
        Takes RGB in [0, 1] (N, 3, H, W), normalises inside, returns logits (N, n_outputs).
        ``regions`` maps V1, V2, V4, IT and penultimate to (module, time step), ``time_steps`` to
        how many there are; ``readout`` names the last linear layer;
        ``forward_with(images, regions)`` returns logits and {region: activation} from one pass.

    Raises
    ------
    ValueError
        If no network has that name, or it has no such option.
    """
    network = _network(name)
    taken = list(inspect.signature(network).parameters)[1:]
    for option, value in options.items():
        if option not in taken:
            raise ValueError(f"training.model.{option}: found {value}, but {name} takes "
                             f"{', '.join(taken)}; set training.model.{option}: null")
    return network(n_outputs, **options)


def _network(name: str) -> Callable:
    """The function of a file, before torchvision, whose import takes a second."""
    own = functions_by_file(sys.modules[__name__])
    if name in own:
        return own[name]
    # By name, and not by an import statement, which `italign.code` would follow: an edit of what is
    # around torchvision re-runs only the worlds whose network is torchvision's.
    foreign = import_module("italign.models._torchvision").torchvision_builders()
    return pick({**own, **foreign}, name, "model")


def build_configured(entry: dict, n_outputs: int) -> "nn.Module":
    """Build a network from a config entry.

    Parameters
    ----------
    entry : dict
        ``name`` and the network's options; ``region`` and ``time_step``, which say where it is
        compared; ``batch_norm``, ``shared`` or ``separate``. None is as if not given.
    n_outputs : int
        Number of logits.

    Returns
    -------
    torch.nn.Module
        As `build`; with `time_step`, ``regions[region]`` is at that step; with separate batch
        norms, after `add_base_statistics`.

    Raises
    ------
    ValueError
        As `build`, and if the network has no such region or the region no such time step.
    """
    options = {key: value for key, value in entry.items()
               if key not in NOT_OPTIONS and value is not None}
    network = build(entry["name"], n_outputs, **options)
    _set_time_step(network, entry["name"], entry.get("region"), entry.get("time_step"))
    if entry.get("batch_norm") == "separate":
        from italign.models._statistics import add_base_statistics

        add_base_statistics(network)
    return network


def _set_time_step(
    network: "nn.Module", name: str, region: str | None, time_step: int | None
) -> None:
    if region is not None and region not in network.regions:
        raise ValueError(f"training.model.region: {name} has no region {region!r}; it has "
                         f"{', '.join(network.regions)} (training.model.layers names more)")
    if time_step is None:
        return
    n_steps = network.time_steps[region]
    if not 0 <= time_step < n_steps:
        raise ValueError(f"training.model.time_step: found {time_step}, but {region} of {name} has "
                         f"{n_steps}, counted from 0; set one of them or null")
    network.regions[region] = (network.regions[region][0], time_step)
