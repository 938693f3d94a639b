"""Signed distances of simple solids and how they combine: the vocabulary of `objects`.

A solid is a list of parts, combined in order: each part is united with (or carved out of) what
stands before it, sharply or with a smooth seam. Coordinates are three flat tensors because
element-wise operations on them are several times faster than on an (n, 3) tensor.
"""

import math
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


def ellipsoid(centre: Vector, radii: Vector, colour: Vector, turn: Vector = (0, 0, 0), **options):
    """Ellipsoid; the distance is first-order exact at the surface."""
    rx, ry, rz = radii
    place = placed(centre, turn)

    def sphere(x, y, z):
        x, y, z = place(x, y, z)
        return norm(x, y, z) - rx

    def general(x, y, z):
        x, y, z = place(x, y, z)
        x, y, z = x / rx, y / ry, z / rz
        scaled = norm(x, y, z)
        slope = norm(x / rx, y / ry, z / rz).clamp_(min=1e-6)
        return scaled * (scaled - 1) / slope

    return Part(sphere if rx == ry == rz else general, colour, **options)


def capsule(start: Vector, end: Vector, radii: tuple[float, float], colour: Vector, **options):
    """Rounded rod from start to end whose radius runs linearly from radii[0] to radii[1]."""
    axis = [b - a for a, b in zip(start, end, strict=True)]
    squared = sum(a * a for a in axis)
    share = tuple(a / squared for a in axis)
    place = placed(start)

    def distance(x, y, z):
        x, y, z = place(x, y, z)
        along = dot(x, y, z, share).clamp_(0, 1)
        gap = norm(*(c.sub_(along, alpha=a) for c, a in zip((x, y, z), axis, strict=True)))
        return gap.add_(along, alpha=radii[0] - radii[1]).sub_(radii[0])

    return Part(distance, colour, **options)


def box(centre: Vector, half: Vector, colour: Vector, rounding=0.0, turn=(0, 0, 0), **options):
    """Box of half-sizes `half`, edges rounded with radius `rounding`."""
    place = placed(centre, turn)
    hx, hy, hz = (h - rounding for h in half)

    def distance(x, y, z):
        x, y, z = place(x, y, z)
        x, y, z = x.abs() - hx, y.abs() - hy, z.abs() - hz
        inside = torch.maximum(x, torch.maximum(y, z)).clamp_(max=0)
        return norm(x.clamp_(min=0), y.clamp_(min=0), z.clamp_(min=0)) + inside - rounding

    return Part(distance, colour, **options)


def cylinder(start: Vector, end: Vector, radii: tuple[float, float], colour: Vector, **options):
    """Flat-ended (truncated) cone from start to end with end radii `radii`."""
    axis = [b - a for a, b in zip(start, end, strict=True)]
    length = math.sqrt(sum(a * a for a in axis))
    unit = tuple(a / length for a in axis)
    place = placed(start)
    slope = (radii[1] - radii[0]) / length
    steep = 1 / math.sqrt(1 + slope * slope)

    def distance(x, y, z):
        x, y, z = place(x, y, z)
        along = dot(x, y, z, unit)
        squared = torch.addcmul(torch.addcmul(x * x, y, y), z, z)
        across = squared.addcmul_(along, along, value=-1).clamp_(min=0).sqrt_().sub_(radii[0])
        across = across.sub_(along, alpha=slope).mul_(steep)
        along = along.sub_(length / 2).abs_().sub_(length / 2)
        inside = torch.maximum(along, across).clamp_(max=0)
        along, across = along.clamp_(min=0), across.clamp_(min=0)
        return torch.addcmul(along * along, across, across).sqrt_().add_(inside)

    return Part(distance, colour, **options)


def torus(centre: Vector, radius: float, thickness: float, colour: Vector, turn=(0, 0, 0),
          **options):
    """Ring in the xy plane (before turning)."""
    place = placed(centre, turn)

    def distance(x, y, z):
        x, y, z = place(x, y, z)
        ring = (x * x + y * y).sqrt_() - radius
        return torch.addcmul(ring * ring, z, z).sqrt_().sub_(thickness)

    return Part(distance, colour, **options)


def half_space(point: Vector, normal: Vector, colour: Vector, **options):
    """Everything beyond the plane through `point`, on the side that `normal` points to."""
    length = math.sqrt(sum(n * n for n in normal))
    inward = tuple(-n / length for n in normal)
    offset = sum(p * n for p, n in zip(point, inward, strict=True))
    return Part(lambda x, y, z: dot(x, y, z, inward).sub_(offset), colour, **options)


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
