"""The network that every run starts from: the base task only."""

from pathlib import Path

from torch import Tensor, nn

from italign.models import build_configured
from italign.models._statistics import is_base_statistic
from italign.training.state import read_tensors, refuse_other_keys


def pretrained_network(file: str | Path, model: dict, n_base: int) -> nn.Module:
    """Build the network and load the weights of the pretraining.

    Parameters
    ----------
    file : path
        Weights with ``n_base`` outputs.
    model : dict
        Config entry, see `build_configured`.
    n_base : int
        Outputs of the base task.

    Raises
    ------
    ValueError
        If the weights are of another network, with the first wrong name.
    """
    network = build_configured(model, n_base)
    # Pretraining knows one data set: separate statistics both start from its own.
    weights = _one_set(read_tensors(file)[0])
    refuse_other_keys(weights, _one_set(network.state_dict()), file)
    network.load_state_dict(weights)
    return network


def _one_set(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in weights.items() if not is_base_statistic(name)}
