"""Augmentation of a whole batch on its device: one affine grid, one sampling."""

from math import radians

import torch
from torch import Tensor
from torch.nn import functional

FILL = 127 / 255  # the grey outside an image (braintree)
CHUNK_VALUES = 2**19  # 2 MB of images, and as much for each of what is made of them


def to_unit(images: Tensor) -> Tensor:
    """Uint8 (n, y, x, channel) -> float in [0, 1], (n, channel, y, x), channels last in memory."""
    return images.permute(0, 3, 1, 2).float().div_(255)


def random_affine(
    images: Tensor, generator: torch.Generator, translate: float, rotate_deg: float, scale: float,
    *, shear_deg: tuple[float, float] | None = None, nearest_pixel: bool = False,
) -> Tensor:
    """Shift, rotate and scale each image by its own uniform draw (paper 2.5).

    Parameters
    ----------
    images : torch.Tensor
        (n, channel, y, x) in [0, 1], square.
    generator : torch.Generator
        On the CPU, so that the draws are the same on every device.
    translate : float
        Largest shift as a fraction of the image, horizontally and vertically.
    rotate_deg : float
        Largest rotation in degrees.
    scale : float
        Scale factors lie in [1 - scale, 1 + scale].
    shear_deg : (float, float), optional
        Smallest and largest shear in degrees, drawn for x and for y. The original code shears by
        (0.9375, 1.0625): ratios that torchvision reads as degrees.
    nearest_pixel : bool
        Shift by whole pixels and take the nearest pixel, as torchvision and so the original code
        do unless told otherwise, instead of bilinear sampling.

    Returns
    -------
    torch.Tensor
        (n, channel, y, x) in [0, 1]; `FILL` where nothing of the image lies.

    DEVIATION: the original code rotates, shears and scales about the middle and shifts last; here
    the shift comes first, unless a switch asks for the original's ways. Both shifts are uniform.
    """
    n = len(images)
    linear, shift = _draw_inverse(n, generator, translate, rotate_deg, scale)
    if shear_deg is not None:
        linear = _inverse_shear(n, generator, shear_deg) @ linear
    if nearest_pixel:
        shift = _whole_pixels(shift, images.shape[2])  # in either form; images are square
    if shear_deg is not None or nearest_pixel:
        shift = linear @ shift  # the original shifts last, so undoing it comes first
    matrix = torch.cat([linear, shift], 2)
    return _sample(images, matrix, "nearest" if nearest_pixel else "bilinear")


def _draw_inverse(
    n: int, generator: torch.Generator, translate: float, rotate_deg: float, scale: float
) -> tuple[Tensor, Tensor]:
    """(n, 2, 2) and (n, 2, 1): where in an image to sample, for each place of the moved one."""
    draw = 2 * torch.rand(4, n, generator=generator) - 1
    angle = radians(rotate_deg) * draw[0]
    inverse_scale = 1 / (1 + scale * draw[1])
    cos, sin = torch.cos(angle) * inverse_scale, torch.sin(angle) * inverse_scale
    # A shift by the whole image is 2 in the grid's units.
    shift = 2 * translate * draw[2:]
    return torch.stack([cos, -sin, sin, cos], 1).view(n, 2, 2), shift.T.unsqueeze(2)


def _whole_pixels(shift: Tensor, size: int) -> Tensor:
    """Shifts in the grid's units (2 is the whole image) to the nearest whole pixel."""
    return (shift * size / 2).round() * 2 / size


def _inverse_shear(n: int, generator: torch.Generator, shear_deg: tuple[float, float]) -> Tensor:
    """(n, 2, 2): undoes torchvision's shear, which is along x first, then along y."""
    low, high = shear_deg
    x, y = torch.tan(torch.deg2rad(low + (high - low) * torch.rand(2, n, generator=generator)))
    return torch.stack([1 + x * y, x, y, torch.ones(n)], 1).view(n, 2, 2)


def random_resized_crop(
    images: Tensor, generator: torch.Generator, area_min: float
) -> Tensor:
    """Crop a square of random area and place, resize it back, mirror every second image.

    Parameters
    ----------
    images : torch.Tensor
        uint8 (n, y, x, channel), or (n, channel, y, x) in [0, 1].
    generator : torch.Generator
        On the CPU.
    area_min : float
        Smallest crop as a fraction of the image's area; the largest is 1.

    Returns
    -------
    torch.Tensor
        (n, channel, y, x) in [0, 1].
    """
    n = len(images)
    draw = torch.rand(4, n, generator=generator)
    side = (area_min + (1 - area_min) * draw[0]).sqrt()
    mirror = torch.where(draw[1] < 0.5, -1.0, 1.0)
    x, y = ((1 - side) * (2 * draw[i] - 1) for i in (2, 3))
    zero = torch.zeros(n)
    return _sample(images, torch.stack([side * mirror, zero, x, zero, side, y], 1).view(n, 2, 3))


def _sample(images: Tensor, matrix: Tensor, mode: str = "bilinear") -> Tensor:
    """Resample uint8 (n, y, x, channel) or unit images; the same bits whatever the chunk.

    A processor works through chunks that stay in its cache, which is most of its speed.
    """
    on_bytes = images.dtype == torch.uint8
    channels, *size = to_unit(images[:0]).shape[1:] if on_bytes else images.shape[1:]
    n, matrix = len(images), matrix.to(images.device)
    moved = matrix.new_empty(n, channels, *size)
    step = max(1, torch.get_num_threads() * CHUNK_VALUES // moved[0].numel())
    if images.device.type != "cpu":
        step = n
    for start in range(0, n, step):
        part = slice(start, start + step)
        chunk = to_unit(images[part]).sub_(FILL) if on_bytes else images[part] - FILL
        # Sampled around the fill value: padding with zeros then pads with grey.
        found = functional.grid_sample(chunk, _grid(matrix[part], size), mode, align_corners=False)
        torch.clamp(found.add_(FILL), 0, 1, out=moved[part])
    return moved


def _grid(matrix: Tensor, size: list[int]) -> Tensor:
    """`affine_grid` (n, y, x, 2) to the same bits, in planes and without a product of matrices."""
    y, x = (torch.linspace(-1, 1, n, device=matrix.device) * (n - 1) / n for n in size)
    planes = matrix.new_empty(2, len(matrix), *size)
    for k, plane in enumerate(planes):
        along_x, along_y = matrix[:, k, 0, None] * x, matrix[:, k, 1, None] * y
        torch.add(along_x[:, None, :], along_y[:, :, None], out=plane)
        plane += matrix[:, k, 2, None, None]
    return planes.permute(1, 2, 3, 0)
