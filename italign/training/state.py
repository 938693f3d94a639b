"""Weights and resumable state as safetensors: no pickle in anything that is kept."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from italign.io import whole_file

MODEL, MOMENTUM, SCALER = "model/", "momentum/", "scaler/"
FACTS = "facts"
SCALED = ("scale", "_growth_tracker")  # what a GradScaler carries, under its own names


def write_tensors(tensors: dict[str, Tensor], path: str | Path, **facts: object) -> None:
    """Write tensors and a few facts (stored as text) whole or not at all."""
    # In one entry: several are written in an order that differs from run to run.
    metadata = {FACTS: json.dumps({key: str(value) for key, value in facts.items()})}
    with whole_file(path) as temporary:
        save_file(_storable(tensors), temporary, metadata=metadata)


def _storable(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """On the host, contiguous and none in the memory of another, copied only where they are not."""
    found, places = {}, set()
    for name, value in tensors.items():
        value = value.detach().cpu().contiguous()
        if value.untyped_storage().data_ptr() in places:
            value = value.clone()
        places.add(value.untyped_storage().data_ptr())
        found[name] = value
    return found


def read_tensors(path: str | Path, prefix: str = "") -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors whose name starts with a prefix (removed), and the facts.

    Raises
    ------
    ValueError
        If the file is missing or damaged, or holds nothing under the prefix.
    """
    with _opened(path) as handle:
        names = [name for name in handle.keys() if name.startswith(prefix)]
        tensors = {name[len(prefix):]: handle.get_tensor(name) for name in names}
        facts = json.loads((handle.metadata() or {}).get(FACTS, "{}"))
    if not tensors:
        raise ValueError(f"{path}: holds no tensor named {prefix}...; delete it and run again")
    return tensors, facts


@contextmanager
def _opened(path: str | Path) -> Iterator[safe_open]:
    try:
        with safe_open(path, framework="pt") as handle:
            yield handle
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{path}: cannot be read as safetensors ({error}); "
                         "delete it and run again") from error


def checkpoint_steps(path: str | Path) -> list[int]:
    """Steps of the checkpoints in a file, ascending."""
    with _opened(path) as handle:
        names = handle.keys()
    return sorted({int(name.split("/")[0].removeprefix("step")) for name in names})


def checkpoint(model: nn.Module, step: int) -> dict[str, Tensor]:
    """Copy of a model's weights on the host, named ``step<step>/<weight>``."""
    return {f"step{step}/{key}": value.detach().to("cpu", copy=True) for key, value in
            model.state_dict().items()}


def load_checkpoint(model: nn.Module, path: str | Path, step: int) -> None:
    """Load the weights of one step into a model of the same architecture."""
    weights, _ = read_tensors(path, f"step{step}/")
    model.load_state_dict(weights)


def write_state(
    model: nn.Module, optimiser: torch.optim.SGD, scaler: torch.amp.GradScaler, step: int,
    precision: str, path: str | Path,
) -> None:
    """Write all that a run carries from step to step: weights, momentum and the loss' scale.

    Nothing random is carried, see `italign.training.schedule`.
    """
    weights = {MODEL + name: value for name, value in model.state_dict().items()}
    momentum = {
        MOMENTUM + name: optimiser.state[weight]["momentum_buffer"]
        for name, weight in model.named_parameters()
        if optimiser.state[weight].get("momentum_buffer") is not None
    }
    scale = {SCALER + name: torch.tensor(scaler.state_dict()[name], dtype=torch.float64)
             for name in SCALED if scaler.is_enabled()}
    write_tensors({**weights, **momentum, **scale}, path, step=step, precision=precision)


def load_state(
    model: nn.Module, optimiser: torch.optim.SGD, scaler: torch.amp.GradScaler, step: int,
    precision: str, path: str | Path,
) -> None:
    """Put weights, momentum and the loss' scale back.

    Raises
    ------
    ValueError
        If the file is damaged, or holds the state after another number of steps, of another
        precision or of another network (with the first wrong name).
    """
    tensors, facts = read_tensors(path)
    for fact, expected in (("step", step), ("precision", precision)):
        if facts.get(fact) != str(expected):
            raise ValueError(f"{path}: holds the state after {fact} {facts.get(fact)}, expected "
                             f"{fact} {expected}; delete it and run again")
    weights = _under(MODEL, tensors)
    refuse_other_keys(weights, model.state_dict(), path)
    model.load_state_dict(weights)
    momentum, parameters = _under(MOMENTUM, tensors), dict(model.named_parameters())
    refuse_other_keys(momentum, {name: parameters.get(name) for name in momentum}, path)
    for name, value in momentum.items():
        weight = parameters[name]
        # In the memory format of its weight, as the momentum of an uncut run.
        optimiser.state[weight]["momentum_buffer"] = torch.empty_like(weight).copy_(value)
    if scaler.is_enabled():
        scale = _under(SCALER, tensors)
        scaler.load_state_dict({**scaler.state_dict(), "scale": scale["scale"].item(),
                                "_growth_tracker": int(scale["_growth_tracker"].item())})


def refuse_other_keys(
    found: dict[str, Tensor], expected: dict[str, Tensor], path: str | Path
) -> None:
    """Compare tensors of a file with those of a network, by name and shape.

    Raises
    ------
    ValueError
        With the first name that is missing, unexpected or of another shape.
    """
    for name in [*expected, *found]:
        shapes = [tuple(side[name].shape) if side.get(name) is not None else "nothing"
                  for side in (found, expected)]
        if shapes[0] != shapes[1]:
            raise ValueError(f"{path}: {name} is {shapes[0]}, expected {shapes[1]}: it is of "
                             "another network (training.model) or other categories (stimuli.sets); "
                             "delete it and run again")


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items()
            if name.startswith(prefix)}
