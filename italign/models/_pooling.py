"""Average pooling to a fixed grid whose gradient is the same in every run on a GPU.

PyTorch's own adds up gradients in no fixed order there (and refuses to when asked for deterministic
kernels), which concerns VGG and AlexNet: their last pool is adaptive to 7 x 7 and 6 x 6.
"""

import torch
from torch import Tensor, nn


class FixedGridPool(nn.Module):
    """`torch.nn.AdaptiveAvgPool2d`, equal up to rounding; it has no weights either.

    Parameters
    ----------
    n_rows, n_columns : int
        Of the result.
    """

    def __init__(self, n_rows: int, n_columns: int):
        super().__init__()
        self.n_rows, self.n_columns = n_rows, n_columns

    def forward(self, images: Tensor) -> Tensor:
        """Means over windows of (n, channels, y, x), which overlap where the sizes do not divide.

        At the published image size the grid is the input's own, and nothing is done.
        """
        return _means(_means(images, -2, self.n_rows), -1, self.n_columns)


def replace_adaptive_pools(network: nn.Module) -> None:
    """Put `FixedGridPool` in the place of adaptive pools, less those to a single position.

    The latter are plain means, in a fixed order everywhere.

    Parameters
    ----------
    network : torch.nn.Module
        Changed in place; the names and values of its state dict stay.
    """
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.AdaptiveAvgPool2d) and _grid(child) != (1, 1):
                setattr(parent, name, FixedGridPool(*_grid(child)))


def _grid(pool: nn.AdaptiveAvgPool2d) -> tuple[int, int]:
    size = pool.output_size
    return (size, size) if isinstance(size, int) else tuple(size)


def _means(images: Tensor, dim: int, n_out: int) -> Tensor:
    """Window k goes from floor(k * n / n_out) to ceil((k + 1) * n / n_out) of n positions."""
    n = images.shape[dim]
    if n == n_out:
        return images
    windows = [(k * n // n_out, -(-(k + 1) * n // n_out)) for k in range(n_out)]
    return torch.stack([images.narrow(dim, start, end - start).mean(dim)
                        for start, end in windows], dim)
