"""The nouns and their exemplars, centred and scaled to the unit sphere."""

import difflib
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import torch

from italign.stimuli import animals, things
from italign.stimuli.sdf import Part, Vector, signed_distance
from italign.stimuli.shading import surface_normal

N_EXEMPLARS = 4
GRID_EXTENT, GRID_POINTS = 1.6, 33  # every noun is written inside a cube of +-1.6


@dataclass(frozen=True)
class Noun:
    """How a noun is built, and from where it is seen at variation 0.

    Parameters
    ----------
    build : callable
        (v, pick) -> list of parts; see `animals`.
    view_deg : tuple of float
        Pitch, yaw and roll of the canonical (three-quarter) view, degrees.
    """

    build: Callable
    view_deg: Vector = (14, -38, 0)


@dataclass(frozen=True)
class Solid:
    """One exemplar: its parts, bounding sphere (in units of the parts) and canonical view."""

    parts: tuple[Part, ...]
    centre: Vector
    radius: float
    view_deg: Vector


NOUNS = {
    "bear": Noun(animals.bear),
    "elephant": Noun(animals.elephant),
    "face": Noun(animals.face, (4, -72, 0)),
    "apple": Noun(things.apple, (18, -20, 0)),
    "car": Noun(things.car, (16, -42, 0)),
    "dog": Noun(animals.dog),
    "chair": Noun(things.chair, (16, -40, 0)),
    "plane": Noun(things.plane, (28, -42, 6)),
    "bird": Noun(animals.bird, (10, -30, 0)),
    "zebra": Noun(animals.zebra),
    "camel": Noun(animals.camel, (10, -28, 0)),
    "spider": Noun(animals.spider, (38, -50, 0)),
    "guitar": Noun(things.guitar, (6, 24, -28)),
    "knife": Noun(things.knife, (12, -18, 32)),
    "boat": Noun(things.boat, (12, -26, 0)),
    "table": Noun(things.table, (20, -34, 0)),
    "mug": Noun(things.mug, (26, 24, 0)),
    "lamp": Noun(things.lamp, (10, 0, 0)),
    "hanger": Noun(things.hanger, (8, 18, 0)),
    "hammer": Noun(things.hammer, (10, 20, -32)),
}


def exemplar_names(noun: str) -> list[str]:
    """Names of a noun's exemplars, e.g. bear_1 ... bear_4.

    Raises
    ------
    ValueError
        If the noun is unknown; the message names the nearest ones.
    """
    if noun not in NOUNS:
        near = difflib.get_close_matches(noun, NOUNS, n=3, cutoff=0.4) or sorted(NOUNS)
        raise ValueError(f"unknown noun {noun!r}; nearest: {', '.join(near)}; "
                         "add it to italign/stimuli/objects.py or correct the config")
    return [f"{noun}_{number}" for number in range(1, N_EXEMPLARS + 1)]


@cache
def load_object(name: str) -> Solid:
    """Build one exemplar.

    Parameters
    ----------
    name : str
        Noun and number, e.g. ``"bear_2"``.

    Returns
    -------
    Solid
        With the sphere that bounds it.

    Raises
    ------
    ValueError
        If there is no such exemplar.
    """
    noun, _, number = name.rpartition("_")
    known = exemplar_names(noun or name)
    if name not in known:
        raise ValueError(f"unknown object {name!r}; {noun} has {known[0]} to {known[-1]}")
    rng = np.random.default_rng(zlib.crc32(name.encode()))

    def vary(value, spread=0.12):
        return value * (1 + spread * rng.uniform(-1, 1))

    def pick(options):
        return options[(int(number) - 1) % len(options)]

    parts = tuple(NOUNS[noun].build(vary, pick))
    return Solid(parts, *_bounding_sphere(parts), NOUNS[noun].view_deg)


def _bounding_sphere(parts: tuple[Part, ...]) -> tuple[Vector, float]:
    # Grid points near the surface are moved onto it; half a cell is kept as a margin for tips.
    axis = torch.linspace(-GRID_EXTENT, GRID_EXTENT, GRID_POINTS)
    x, y, z = (c.flatten() for c in torch.meshgrid(axis, axis, axis, indexing="ij"))
    half_cell = GRID_EXTENT / (GRID_POINTS - 1)
    gap = signed_distance(parts, x, y, z)
    near = gap.abs() < math.sqrt(3) * half_cell
    points = torch.stack([x, y, z], dim=1)[near]
    normal = surface_normal(partial(signed_distance, parts), points.T)
    points = points - gap[near, None] * normal
    centre = (points.amin(0) + points.amax(0)) / 2
    radius = (points - centre).norm(dim=1).max() + half_cell
    return tuple(centre.tolist()), float(radius)
