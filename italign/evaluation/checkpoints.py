"""Walk through the checkpoints of a cohort member."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from torch import nn

from italign.models import build_configured
from italign.training.images import device
from italign.training.state import checkpoint_steps, load_checkpoint


def walk_checkpoints(
    files: Sequence[str | Path], model: dict, n_outputs: int, first_step: int
) -> Iterator[tuple[int, nn.Module]]:
    """Yield (step, network in eval mode) for every checkpoint from a step on, ascending.

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
        The same object each time, with the weights of the step.
    """
    network = build_configured(model, n_outputs).to(device()).eval()
    for file in files:
        for step in checkpoint_steps(file):
            if step >= first_step:
                load_checkpoint(network, file, step)
                yield step, network
