"""Parts of solids, how they combine into one signed distance, and the geometry they need.

A solid is a list of parts, combined in order: each part is united with (or carved out of) what
stands before it, sharply or with a smooth seam. Coordinates are three flat tensors because
element-wise operations on them are several times faster than on an (n, 3) tensor.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

Distance = Callable[[Tensor, Tensor, Tensor], Tensor]
Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Part:
    """One primitive of a solid.

    Parameters
    ----------
    distance : callable
        (x, y, z) -> signed distance, negative inside; a lower bound suffices.
    colour : tuple of float
        Albedo, RGB in [0, 1].
    blend : float
        Width of the smooth seam with what stands before; 0 for a sharp one.
    mirror : bool
        Whether the part also stands at -z (legs, ears, wings).
    carve : bool
        Whether the part is taken away instead of added.
    pattern : callable, optional
        (x, y, z) -> share of `second` in the albedo, in [0, 1].
    second : tuple of float
        Second colour of the pattern.
    """

    distance: Distance
    colour: Vector
    blend: float = 0.0
    mirror: bool = False
    carve: bool = False
    pattern: Distance | None = None
    second: Vector = (0.0, 0.0, 0.0)


def cut(part: Part, *tools: Part) -> Part:
    """The part without what lies inside the tools; unlike `carve`, it spares the parts before."""
    group = [part, *(replace(tool, carve=True) for tool in tools)]
    return replace(part, distance=lambda x, y, z: signed_distance(group, x, y, z))


def signed_distance(parts: Sequence[Part], x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """Signed distance to a solid at (n,) points, in the units of its parts."""
    return _combine(parts, x, y, z, with_owner=False)[0]


def nearest_part(parts: Sequence[Part], x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """Index (n,) of the part that forms the surface next to each point."""
    return _combine(parts, x, y, z, with_owner=True)[1]


def _combine(parts, x, y, z, with_owner):
    total = owner = None
    folded = z.abs()
    for index, part in enumerate(parts):
        own = part.distance(x, y, folded if part.mirror else z)
        own = own.neg_() if part.carve else own
        if total is None:
            total, owner = own, torch.zeros_like(x, dtype=torch.long) if with_owner else None
            continue
        if with_owner:
            wins = own > total if part.carve else own < total
            owner = torch.where(wins, index, owner)
        total = _join(total, own, part)
    return total, owner


def _join(total: Tensor, own: Tensor, part: Part) -> Tensor:
    sharp = torch.maximum(total, own) if part.carve else torch.minimum(total, own)
    if not part.blend:
        return sharp
    seam = (part.blend - (total - own).abs_()).clamp_(min=0)
    return sharp.add_(seam * seam, alpha=(1 if part.carve else -1) / (4 * part.blend))


def norm(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """Euclidean length of (n,) vectors."""
    return torch.addcmul(torch.addcmul(x * x, y, y), z, z).sqrt_()


def dot(x: Tensor, y: Tensor, z: Tensor, vector: Vector) -> Tensor:
    """Scalar product (n,) of vectors with a constant one."""
    return (x * vector[0]).add_(y, alpha=vector[1]).add_(z, alpha=vector[2])


def placed(centre: Vector, turn: Vector = (0, 0, 0)) -> Callable:
    """Function (x, y, z) -> coordinates in the frame of a part at `centre`, turned by degrees."""
    cx, cy, cz = centre
    if not any(turn):
        return lambda x, y, z: (x - cx, y - cy, z - cz)
    m = torch.linalg.inv(rotation_matrix(torch.tensor([turn], dtype=torch.float64))[0]).tolist()

    def place(x, y, z):
        x, y, z = x - cx, y - cy, z - cz
        return tuple(dot(x, y, z, row) for row in m)

    return place


def rotation_matrix(degrees: Tensor) -> Tensor:
    """Rotations about x (pitch), y (yaw) and z (roll).

    Parameters
    ----------
    degrees : Tensor
        (n, 3), about x, y, z; yaw is applied first, then pitch, then roll.

    Returns
    -------
    Tensor
        (n, 3, 3), acting on column vectors.
    """
    (cx, cy, cz), (sx, sy, sz) = (f(torch.deg2rad(degrees)).T for f in (torch.cos, torch.sin))
    zero, one = torch.zeros_like(cx), torch.ones_like(cx)

    def stack(*values):
        return torch.stack(values, dim=-1).reshape(-1, 3, 3)

    pitch = stack(one, zero, zero, zero, cx, -sx, zero, sx, cx)
    yaw = stack(cy, zero, sy, zero, one, zero, -sy, zero, cy)
    roll = stack(cz, -sz, zero, sz, cz, zero, zero, zero, one)
    return roll @ pitch @ yaw
