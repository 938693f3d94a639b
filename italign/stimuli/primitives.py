"""Signed distances of simple shapes: the vocabulary in which `animals` and `things` are written.

Every function returns a `Part`; `turn` is pitch, yaw, roll in degrees, and the options are the
remaining fields of `Part`.
"""

import math

import torch

from italign.stimuli.sdf import Part, Vector, dot, norm, placed


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
