"""Batch-norm statistics of their own for the base task, beside those of the stimulus set.

ASSUME: the original code's switch for two sets of batch norms is off in the paper and its detail
unknown; here the running mean and variance are kept twice, weight and bias are shared.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
BASE = "base_"


def add_base_statistics(network: nn.Module) -> None:
    """Give every batch norm a second set of running statistics, a copy of the present one.

    The buffers are called ``base_running_mean`` and so on and are part of the state dict. A state
    dict without them (published weights, a network with one set) gives both sets its own. Called
    again, it starts the second set anew. A network without batch norms stays as it is.

    Parameters
    ----------
    network : torch.nn.Module
        Changed in place.
    """
    for norm in _norms(network):
        if not hasattr(norm, BASE + STATISTICS[0]):
            norm.register_load_state_dict_pre_hook(_one_set_for_both)
        for name in STATISTICS:
            norm.register_buffer(BASE + name, getattr(norm, name).clone())


@contextmanager
def base_statistics(network: nn.Module) -> Iterator[None]:
    """Use, and in train mode update, the statistics of the base task.

    Nothing happens in a network without a second set, or when it is in use already. A state dict
    taken inside has the two sets exchanged.

    Parameters
    ----------
    network : torch.nn.Module
        Perhaps after `add_base_statistics`.
    """
    norms = [norm for norm in _norms(network) if hasattr(norm, BASE + STATISTICS[0])]
    if not norms or getattr(network, "uses_base_statistics", False):
        yield
        return
    network.uses_base_statistics = True
    _exchange(norms)
    try:
        yield
    finally:
        _exchange(norms)
        network.uses_base_statistics = False


def is_base_statistic(name: str) -> bool:
    """Whether an entry of a state dict belongs to the second set."""
    return name.rpartition(".")[2] in {BASE + statistic for statistic in STATISTICS}


def _norms(network: nn.Module) -> list[nn.Module]:
    return [module for module in network.modules()
            if isinstance(module, _BatchNorm) and module.running_mean is not None]


def _exchange(norms: list[nn.Module]) -> None:
    """Swap the tensors themselves: no copies, and gradients in flight keep what they used."""
    for norm in norms:
        for name in STATISTICS:
            stimulus, base = getattr(norm, name), getattr(norm, BASE + name)
            setattr(norm, name, base)
            setattr(norm, BASE + name, stimulus)


def _one_set_for_both(norm: nn.Module, state: dict, prefix: str, *_: object) -> None:
    for name in STATISTICS:
        if prefix + name in state:
            state.setdefault(prefix + BASE + name, state[prefix + name])
