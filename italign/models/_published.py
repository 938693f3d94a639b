"""Published weights into a network, or the first reason why they are not its weights."""

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from italign.models._statistics import is_base_statistic

COUNTER = "num_batches_tracked"


def load_published(network: nn.Module, path: str | Path) -> None:
    """Load a published checkpoint: a state dict, perhaps under ``state_dict``, with ``module.``.

    Parameters
    ----------
    network : torch.nn.Module
        From `italign.models.build`, changed in place; with as many outputs as the checkpoint.
    path : path
        Written by ``torch.save``; only tensors and plain containers in it are read.

    Raises
    ------
    ValueError
        If the file is no such checkpoint, or a name or shape is not the network's: the first, in
        the network's order.
    """
    published = _read(path)
    prefix = getattr(network, "published_prefix", "")
    expected = {name.removeprefix(prefix): value for name, value in network.state_dict().items()
                if not is_base_statistic(name)}
    problem = _first_problem(published, expected)
    if problem:
        raise ValueError(f"{path}: {problem}")
    # Files from before torch 0.4.1 have no counters; nothing here is computed from them.
    complete = {**{name: value for name, value in expected.items() if name.endswith(COUNTER)},
                **published}
    network.load_state_dict({prefix + name: value for name, value in complete.items()})


def _read(path: str | Path) -> dict[str, Tensor]:
    """State dict of a file, names without ``module.``."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError) as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ValueError(f"{path}: cannot be read as a checkpoint ({reason}); expected a file of "
                         "torch.save with tensors only; fetch it again") from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not all(isinstance(v, Tensor) for v in content.values()):
        raise ValueError(f"{path}: holds {_contents(content)}, expected a state dict (name -> "
                         "tensor), itself or under state_dict; save model.state_dict()")
    return {name.removeprefix("module."): value for name, value in content.items()}


def _contents(content: object) -> str:
    if not isinstance(content, Mapping):
        return f"a {type(content).__name__}"
    return f"a mapping of {', '.join(map(str, list(content)[:5]))}"


def _first_problem(published: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str | None:
    network = "training.model.name, width and bottleneck say which network is built"
    for name, value in expected.items():
        if name not in published:
            if not name.endswith(COUNTER):
                return f"{name} is missing, found {len(published)} other tensors; {network}"
        elif published[name].shape != value.shape:
            return (f"{name} is {tuple(published[name].shape)}, expected {tuple(value.shape)}; "
                    f"{network}, and the categories of the base set its number of outputs")
    extra = [name for name in published if name not in expected]
    return f"{extra[0]} is not in the network; {network}" if extra else None
