"""Augmentation of a whole batch on its device: one affine grid, one bilinear sampling."""

from math import radians

import torch
from torch import Tensor
from torch.nn import functional

FILL = 127 / 255  # the grey outside an image (braintree)


def to_unit(images: Tensor) -> Tensor:
    """Uint8 (n, y, x, channel) -> float in [0, 1], (n, channel, y, x), channels last in memory."""
    return images.permute(0, 3, 1, 2).float().div_(255)


def random_affine(
    images: Tensor, generator: torch.Generator, translate: float, rotate_deg: float, scale: float
) -> Tensor:
    """Shift, rotate and scale each image by its own uniform draw (paper 2.5).

    Parameters
    ----------
    images : torch.Tensor
        (n, channel, y, x) in [0, 1].
    generator : torch.Generator
        On the CPU, so that the draws are the same on every device.
    translate : float
        Largest shift as a fraction of the image, horizontally and vertically.
    rotate_deg : float
        Largest rotation in degrees.
    scale : float
        Scale factors lie in [1 - scale, 1 + scale].

    Returns
    -------
    torch.Tensor
        Same shape; `FILL` where nothing of the image lies.
    """
    n = len(images)
    draw = 2 * torch.rand(4, n, generator=generator) - 1
    angle = radians(rotate_deg) * draw[0]
    inverse_scale = 1 / (1 + scale * draw[1])
    cos, sin = torch.cos(angle) * inverse_scale, torch.sin(angle) * inverse_scale
    # A shift by the whole image is 2 in the grid's units.
    shift_x, shift_y = 2 * translate * draw[2], 2 * translate * draw[3]
    matrix = torch.stack([cos, -sin, shift_x, sin, cos, shift_y], 1).view(n, 2, 3)
    return _sample(images, matrix)


def random_resized_crop(
    images: Tensor, generator: torch.Generator, area_min: float
) -> Tensor:
    """Crop a square of random area and place, resize it back, mirror every second image.

    Parameters
    ----------
    images : torch.Tensor
        (n, channel, y, x) in [0, 1].
    generator : torch.Generator
        On the CPU.
    area_min : float
        Smallest crop as a fraction of the image's area; the largest is 1.

    Returns
    -------
    torch.Tensor
        Same shape.
    """
    n = len(images)
    draw = torch.rand(4, n, generator=generator)
    side = (area_min + (1 - area_min) * draw[0]).sqrt()
    mirror = torch.where(draw[1] < 0.5, -1.0, 1.0)
    x, y = ((1 - side) * (2 * draw[i] - 1) for i in (2, 3))
    zero = torch.zeros(n)
    return _sample(images, torch.stack([side * mirror, zero, x, zero, side, y], 1).view(n, 2, 3))


def _sample(images: Tensor, matrix: Tensor) -> Tensor:
    grid = functional.affine_grid(matrix.to(images.device), list(images.shape), align_corners=False)
    # Sampled around the fill value: padding with zeros then pads with grey.
    moved = functional.grid_sample(images - FILL, grid, align_corners=False)
    return (moved + FILL).clamp_(0, 1)
