"""Data-parallel training: what the processes that share one model exchange.

Each replica takes an equal slice of the global batch. Its loss is the cross-entropy of its own
slice plus n times the neural loss of the gathered batch, in which only its own rows carry
gradients; the mean of the replicas' gradients is then the gradient of one process, because CKA
over the whole batch is not a mean of CKAs over slices. Statistics of batch norm are those of the
global batch for the same reason.
"""

from dataclasses import dataclass
from functools import partial

import torch
import torch.distributed as distributed
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

# How a user asks for a number of GPUs, for messages.
SET_GPUS = "--set-resources train_base:gpu=N train_model:gpu=N"


@dataclass(frozen=True)
class Replicas:
    """Place of this process among those that train together.

    Parameters
    ----------
    rank : int
        In [0, n); rank 0 validates, logs and writes.
    n : int
        Number of replicas; nothing is exchanged if it is 1.
    """

    rank: int
    n: int

    def part(self, n_items: int) -> slice:
        """Rows of a global batch that are this replica's.

        Raises
        ------
        ValueError
            If the batch cannot be shared equally: unequal slices would weigh images unequally.
        """
        if n_items % self.n:
            raise ValueError(f"a batch of {n_items} images cannot be shared equally by {self.n} "
                             f"GPUs; set training.batch_size to a multiple of {self.n}, or ask for "
                             f"another number of GPUs ({SET_GPUS})")
        size = n_items // self.n
        return slice(self.rank * size, (self.rank + 1) * size)

    def gather(self, features: Tensor) -> Tensor:
        """Rows of all replicas in global order; those of others are constants.

        Parameters
        ----------
        features : torch.Tensor
            (n_own, ...), of the same shape on every replica.

        Returns
        -------
        torch.Tensor
            (n * n_own, ...); gradients reach this replica's rows only.
        """
        if self.n == 1:
            return features
        own = features.detach().contiguous()
        rows = [torch.empty_like(own) for _ in range(self.n)]
        distributed.all_gather(rows, own)
        rows[self.rank] = features
        return torch.cat(rows)

    def average_gradients(self, model: nn.Module) -> None:
        """Replace each gradient by its mean over the replicas, all in one exchange.

        Afterwards the replicas hold the same bits, so their weights never part. Weights without a
        gradient must be the same on all (they are: the terms of a step depend on seed and step).
        """
        if self.n == 1:
            return
        gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        distributed.all_reduce(flat)
        parts = (flat / self.n).split([gradient.numel() for gradient in gradients])
        for gradient, mean in zip(gradients, parts, strict=True):
            gradient.copy_(mean.view(gradient.shape))

    def mean(self, values: Tensor) -> Tensor:
        """Mean over the replicas of a tensor that each of them has (the losses of a step).

        As all of them get the same, a loss that is not finite on one of them stops all.
        """
        if self.n == 1:
            return values
        total = values.detach().clone()
        distributed.all_reduce(total)
        return total / self.n


SINGLE = Replicas(0, 1)


def synchronise_batch_norm(network: nn.Module, replicas: Replicas) -> nn.Module:
    """Make batch norm in training mode use the statistics of the global batch.

    Weights, running statistics and all further buffers stay the same tensors under the same
    names, so optimisers and state files notice nothing. Evaluation mode is unchanged.

    Parameters
    ----------
    network : torch.nn.Module
        On the device where it will be trained; changed in place.
    replicas : Replicas
        Nothing changes if there is one.

    Returns
    -------
    torch.nn.Module
        The network.
    """
    if replicas.n == 1:
        return network
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            _synchronise(module, replicas.n)
    return network


def _synchronise(module: _BatchNorm, n: int) -> None:
    if module.weight is not None and module.weight.is_cuda:
        # As torch's convert_sync_batchnorm does, but further buffers and hooks stay.
        module.__class__ = nn.SyncBatchNorm
        module.process_group = None
    else:  # SyncBatchNorm runs on GPUs only
        module.forward = partial(_forward, module, n)


def _forward(module: _BatchNorm, n: int, images: Tensor) -> Tensor:
    """Batch norm whose mean and variance are those of the slices of n replicas together."""
    if not module.training:
        return type(module).forward(module, images)
    dims = [0, *range(2, images.dim())]
    # Statistics of 16-bit activations are kept in 32 bits, as torch does.
    values = images.to(torch.promote_types(images.dtype, module.weight.dtype))
    own = values.mean(dims)
    mean = _sum(own) / n
    variance = _sum(values.var(dims, correction=0) + (own - mean) ** 2) / n
    _update_running(module, mean.detach(), variance.detach(), n * images.numel() // len(mean))
    shape = [1, -1] + [1] * (images.dim() - 2)
    scale = module.weight * torch.rsqrt(variance + module.eps)
    normal = values * scale.view(shape) + (module.bias - mean * scale).view(shape)
    return normal.to(images.dtype)


@torch.no_grad()
def _update_running(module: _BatchNorm, mean: Tensor, variance: Tensor, n_values: int) -> None:
    module.num_batches_tracked.add_(1)
    module.running_mean.lerp_(mean, module.momentum)
    # As torch does: the running variance is unbiased, the one that normalises is not.
    module.running_var.lerp_(variance * (n_values / (n_values - 1)), module.momentum)


class _Sum(torch.autograd.Function):
    """Sum over the replicas; its gradient is the sum of theirs, as each of them used the sum."""

    @staticmethod
    def forward(ctx: object, value: Tensor) -> Tensor:
        total = value.contiguous().clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        return _Sum.forward(ctx, gradient)


_sum = _Sum.apply
