"""Walk through the checkpoints of cohort members."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from torch import nn

from italign.models import build_configured
from italign.training.images import device
from italign.training.state import checkpoint_steps, load_checkpoint


def walk_checkpoints(
    files: Sequence[str | Path], model: dict, n_outputs: int, first_step: int
) -> Iterator[tuple[int, nn.Module, bool]]:
    """Yield every checkpoint of a member from a step on, ascending.

    Parameters
    ----------
    files : sequence of path
        The trunk's checkpoints, then those of each segment.
    model : dict
        The model's config entry.
    n_outputs : int
        Logits: base task and stimulus labels.
    first_step : int
        Earlier checkpoints are passed over: before the onset all members are the same.

    Yields
    ------
    step : int
        Gradient steps since the pretrained model.
    network : torch.nn.Module
        In eval mode; the same object each time, with the weights of the step.
    is_last : bool
        Whether it is the member's last checkpoint.
    """
    found = [(file, step) for file in files for step in checkpoint_steps(file)
             if step >= first_step]
    network = build_configured(model, n_outputs).to(device()).eval() if found else None
    for place, (file, step) in enumerate(found, start=1):
        load_checkpoint(network, file, step)
        yield step, network, place == len(found)


def take_files(members: Sequence[dict], files: Sequence[str]) -> Iterator[tuple[dict, list[str]]]:
    """Divide the checkpoint files of a job among its members.

    Parameters
    ----------
    members : sequence of dict
        With ``n_files`` each.
    files : sequence of str
        Those of all members, one after another.

    Yields
    ------
    member : dict
        One of `members`.
    files : list of str
        Its own.

    Raises
    ------
    ValueError
        If the numbers do not add up.
    """
    expected = sum(member["n_files"] for member in members)
    if expected != len(files):
        raise ValueError(f"{len(files)} checkpoint files for {len(members)} members that have "
                         f"{expected}: run the missing segments")
    first = 0
    for member in members:
        yield member, list(files[first : first + member["n_files"]])
        first += member["n_files"]
