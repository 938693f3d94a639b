"""What a network's regions look like to an image: sizes from one forward pass, no weights."""

from collections.abc import Callable

import pandas as pd
import torch
from torch import Tensor, nn

COLUMNS = ["region", "module", "time_step", "channels", "height", "width", "n_features", "compared",
           "n_outputs", "n_parameters"]


def describe(network: nn.Module, image_px: int, compared: str) -> pd.DataFrame:
    """Sizes of the regions of a network, in the order in which an image passes them.

    Parameters
    ----------
    network : torch.nn.Module
        From `italign.models.build_configured`, on any device, also ``meta``; left in the mode
        that it had.
    image_px : int
        Side of the images, pixels.
    compared : str
        Region of the neural loss.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, one row per region: its module and time step (from 0), the channels, height and
        width of its activation in positions (of a transformer: its width as channels, its tokens
        as height), n_features (their product), compared (bool); and of the whole network, the
        same in all rows, n_outputs (logits) and n_parameters.

    Raises
    ------
    ValueError
        If the network has no region of that name.
    """
    if compared not in network.regions:
        raise ValueError(f"the network has no region {compared!r}, found "
                         f"{', '.join(network.regions)}; correct training.model.region")
    shapes, logits = _shapes(network, image_px)
    n_parameters = sum(parameter.numel() for parameter in network.parameters())
    rows = [(region, *network.regions[region], *shape, shape[0] * shape[1] * shape[2],
             region == compared, logits.shape[1], n_parameters)
            for region, shape in shapes.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def _shapes(network: nn.Module, image_px: int) -> tuple[dict[str, tuple[int, int, int]], Tensor]:
    """Channels, height and width of each region, in the order of the pass, and the logits."""
    shapes: dict[str, tuple[int, int, int]] = {}
    handles = [
        network.get_submodule(module).register_forward_hook(
            _keeper(shapes, region, time_step, read_input=module == network.readout))
        for region, (module, time_step) in network.regions.items()
    ]
    training = network.training
    network.eval()
    device = next(network.parameters()).device
    try:
        with torch.no_grad():
            logits, _ = network.forward_with(
                torch.zeros(1, 3, image_px, image_px, device=device), tuple(network.regions))
    finally:
        network.train(training)
        for handle in handles:
            handle.remove()
    return shapes, logits


def _keeper(shapes: dict[str, tuple[int, int, int]], region: str, time_step: int,
            read_input: bool) -> Callable[[nn.Module, tuple, Tensor | list[Tensor]], None]:
    def keep(_: nn.Module, inputs: tuple, output: Tensor | list[Tensor]) -> None:
        # A recurrent region gives its states, and what is called penultimate is the readout's
        # input.
        states = inputs[0] if read_input else output
        shapes[region] = _shape(states[time_step] if isinstance(states, list) else states)

    return keep


def _shape(activation: Tensor) -> tuple[int, int, int]:
    """Channels, height and width of one image's activation."""
    sizes = tuple(activation.shape[1:])
    if len(sizes) == 3:
        return sizes
    if len(sizes) == 2:  # tokens x channels
        return sizes[1], sizes[0], 1
    # ASSUME: whatever else a layer gives is a list of features.
    return activation[0].numel(), 1, 1
