"""Colour of the traced points: pattern, texture, Lambert and Blinn-Phong light, occlusion."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from italign.stimuli.sdf import Part, nearest_part

NORMAL_STEP = 0.012    # of the central tetrahedron, in units of the parts
OCCLUSION_REACH = 0.16
SHININESS, GLOSS = 24, 0.18


def surface_normal(distance: Callable, points: Sequence[Tensor]) -> Tensor:
    """Unit gradient of the distance by four evaluations at the corners of a tetrahedron.

    Returns
    -------
    Tensor
        (n, 3).
    """
    normal = torch.zeros(len(points[0]), 3)
    for corner in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
        shifted = (p + c * NORMAL_STEP for p, c in zip(points, corner, strict=True))
        normal += distance(*shifted)[:, None] * torch.tensor(corner)
    return torch.nn.functional.normalize(normal, dim=1)


def albedo(parts: Sequence[Part], points: Sequence[Tensor]) -> Tensor:
    """Colour (n, 3) of the part nearest to each point, with its pattern."""
    owner = nearest_part(parts, *points)
    colour = torch.tensor([part.colour for part in parts])[owner]
    for index, part in enumerate(parts):
        if part.pattern is None:
            continue
        mine = (owner == index).nonzero().squeeze(1)
        share = part.pattern(*(p[mine] for p in points))[:, None]
        colour[mine] = torch.lerp(colour[mine], torch.tensor([part.second]), share)
    return colour


def texture(points: Sequence[Tensor], frequency: Tensor, amplitude: Tensor) -> Tensor:
    """Multiplier (n, 1) about 1: a product of two plane waves through the solid.

    Parameters
    ----------
    points : three Tensors
        (n,) coordinates.
    frequency : Tensor
        (n, 2, 3), radians per unit.
    amplitude : Tensor
        (n,), in [0, 1].
    """
    waves = torch.sin((torch.stack(tuple(points), dim=1)[:, None] * frequency).sum(-1))
    return (1 + amplitude * waves.prod(dim=1))[:, None]


def occlusion(distance: Callable, points: Sequence[Tensor], normal: Tensor) -> Tensor:
    """Share of ambient light (n, 1) that reaches a point, from one probe along the normal."""
    probe = (p + OCCLUSION_REACH * n for p, n in zip(points, normal.T, strict=True))
    return (0.25 + 0.75 * distance(*probe) / OCCLUSION_REACH).clamp(0.25, 1)[:, None]


def shade(colour: Tensor, normal: Tensor, open_sky: Tensor, light: Tensor, view: Tensor,
          up: Tensor, light_colour: Tensor, ambient_colour: Tensor) -> Tensor:
    """Light leaving each point, RGB (n, 3) in [0, 1]; all directions are unit vectors (n, 3)."""
    diffuse = (normal * light).sum(1, keepdim=True).clamp(min=0)
    halfway = torch.nn.functional.normalize(light + view, dim=1)
    gleam = (normal * halfway).sum(1, keepdim=True).clamp(min=0) ** SHININESS
    sky = 0.7 + 0.3 * (normal * up).sum(1, keepdim=True)
    direct, ambient = diffuse * (0.4 + 0.6 * open_sky), sky * open_sky
    body = colour * (light_colour * direct + ambient_colour * ambient)
    return (body + GLOSS * gleam * light_colour).clamp(0, 1)
