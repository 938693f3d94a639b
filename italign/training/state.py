"""Weights and resumable state as safetensors: no pickle in anything that is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from italign.io import whole_file

MODEL, MOMENTUM = "model/", "momentum/"


def write_tensors(tensors: dict[str, Tensor], path: str | Path, **facts: object) -> None:
    """Write tensors and a few facts (stored as text) whole or not at all."""
    metadata = {key: str(value) for key, value in facts.items()}
    copies = {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}
    with whole_file(path) as temporary:
        save_file(copies, temporary, metadata=metadata)


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
        facts = handle.metadata() or {}
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
    """Copy of a model's weights, named ``step<step>/<weight>``."""
    return {f"step{step}/{key}": value.detach().clone() for key, value in
            model.state_dict().items()}


def load_checkpoint(model: nn.Module, path: str | Path, step: int) -> None:
    """Load the weights of one step into a model of the same architecture."""
    weights, _ = read_tensors(path, f"step{step}/")
    model.load_state_dict(weights)


def write_state(
    model: nn.Module, optimiser: torch.optim.SGD, step: int, path: str | Path
) -> None:
    """Write all that a run carries from step to step: weights and momentum."""
    weights = {MODEL + name: value for name, value in model.state_dict().items()}
    momentum = {
        MOMENTUM + name: optimiser.state[weight]["momentum_buffer"]
        for name, weight in model.named_parameters()
        if "momentum_buffer" in optimiser.state[weight]
    }
    write_tensors({**weights, **momentum}, path, step=step)


def load_state(
    model: nn.Module, optimiser: torch.optim.SGD, step: int, path: str | Path
) -> None:
    """Put weights and momentum back.

    Raises
    ------
    ValueError
        If the file is damaged, or holds the state after another number of steps.
    """
    tensors, facts = read_tensors(path)
    if facts.get("step") != str(step):
        raise ValueError(f"{path}: holds the state after step {facts.get('step')}, expected step "
                         f"{step}; delete it and run again")
    model.load_state_dict({name.removeprefix(MODEL): value for name, value in tensors.items()
                           if name.startswith(MODEL)})
    for name, weight in model.named_parameters():
        if MOMENTUM + name in tensors:
            optimiser.state[weight]["momentum_buffer"] = tensors[MOMENTUM + name].to(weight.device)
