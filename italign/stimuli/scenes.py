"""Scene parameters: poses from HVM's variation levels, lights and textures from a style.

ASSUME (HVM's columns, whose axes are undocumented): x is depth, y horizontal, z vertical; rxy is
yaw, rxz pitch, ryz the rotation in the image plane; ty and tz are degrees of the 8-degree field.
Measured ranges: at variation 3 all rotations +-45 degrees (the outliers of ryz to +-93 come from
composing rotations), ty +-0.3, tz +-0.6, s 1/1.3-1.3; at variation 6 twice these, s 0.625-1.6.
Quartiles show uniform distributions, the size included.
ASSUME: rotations are relative to each noun's canonical three-quarter view.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from italign.stimuli.objects import exemplar_names

# variation -> rotation limit (degrees), horizontal and vertical limit (degrees), size range
VARIATIONS = {
    0: (0.0, 0.0, 0.0, (1.0, 1.0)),
    3: (45.0, 0.3, 0.6, (1 / 1.3, 1.3)),
    6: (90.0, 0.6, 1.2, (0.625, 1.6)),
}
STYLES = ("grey", "colour", "mixed")


@dataclass(frozen=True)
class Poses:
    """Where the objects are.

    Parameters
    ----------
    rotation_deg : ndarray
        (n, 3), about x (pitch), y (yaw), z (image plane); 0 is the canonical view.
    position_deg : ndarray
        (n, 2), rightwards and upwards from the centre, degrees of visual angle.
    size : ndarray
        (n,), relative to variation 0.
    """

    rotation_deg: np.ndarray
    position_deg: np.ndarray
    size: np.ndarray


@dataclass(frozen=True)
class Looks:
    """How the objects are lit and painted.

    Parameters
    ----------
    light_direction : ndarray
        (n, 3), unit vectors towards the light; x right, y up, z to the viewer.
    light_colour, ambient_colour, tint : ndarray
        (n, 3), RGB multipliers.
    texture_frequency : ndarray
        (n, 2, 3), radians per object unit.
    texture_amplitude : ndarray
        (n,), 0 for plain paint.
    grey : ndarray
        (n,) bool, achromatic images.
    """

    light_direction: np.ndarray
    light_colour: np.ndarray
    ambient_colour: np.ndarray
    tint: np.ndarray
    texture_frequency: np.ndarray
    texture_amplitude: np.ndarray
    grey: np.ndarray


@dataclass(frozen=True)
class Scenes:
    """Parameters of n images: exemplar names, their nouns, poses and looks."""

    categories: np.ndarray
    objects: np.ndarray
    poses: Poses
    looks: Looks


def sample_scenes(categories: Sequence[str], variation: int, per_category: int, style: str,
                  rng: np.random.Generator) -> Scenes:
    """Draw the scenes of one block.

    Parameters
    ----------
    categories : sequence of str
        Nouns, in the order of the block.
    variation : int
        HVM's level: 0, 3 or 6.
    per_category : int
        Images of each noun; exemplars take turns.
    style : str
        grey, colour or mixed (a random half of the images is grey).
    rng : numpy.random.Generator
        Source of all draws.

    Returns
    -------
    Scenes
        len(categories) * per_category scenes, noun by noun.

    Raises
    ------
    ValueError
        If a noun, variation or style is unknown.
    """
    exemplars = [exemplar_names(noun) for noun in categories]
    objects = [names[i % len(names)] for names in exemplars for i in range(per_category)]
    poses = sample_poses(variation, len(objects), rng)
    looks = sample_looks(style, len(objects), rng)
    return Scenes(np.repeat(categories, per_category), np.asarray(objects), poses, looks)


def join_scenes(scenes: Sequence[Scenes]) -> Scenes:
    """One record of several, in order."""
    def joined(kind, records):
        return kind(**{field.name: np.concatenate([getattr(record, field.name)
                                                   for record in records])
                       for field in fields(kind)})

    return Scenes(
        categories=np.concatenate([scene.categories for scene in scenes]),
        objects=np.concatenate([scene.objects for scene in scenes]),
        poses=joined(Poses, [scene.poses for scene in scenes]),
        looks=joined(Looks, [scene.looks for scene in scenes]),
    )


def sample_poses(variation: int, n: int, rng: np.random.Generator) -> Poses:
    """Draw n poses of a variation level, uniformly within its limits."""
    if variation not in VARIATIONS:
        raise ValueError(f"unknown variation {variation!r}; HVM has {list(VARIATIONS)}")
    rotation, horizontal, vertical, (small, large) = VARIATIONS[variation]
    return Poses(
        rotation_deg=rotation * rng.uniform(-1, 1, (n, 3)),
        position_deg=np.array([horizontal, vertical]) * rng.uniform(-1, 1, (n, 2)),
        size=rng.uniform(small, large, n),
    )


def sample_looks(style: str, n: int, rng: np.random.Generator) -> Looks:
    """Draw n looks: for grey images `studio_looks`, else outdoor light, tints and textures."""
    if style not in STYLES:
        raise ValueError(f"unknown style {style!r}; styles are {', '.join(STYLES)}")
    n_grey = {"grey": n, "colour": 0, "mixed": n // 2}[style]
    grey = rng.permutation(n) < n_grey
    studio, outdoors = studio_looks(n), _outdoor_looks(n, rng)
    chosen = {}
    for name, value in vars(outdoors).items():
        keep = grey.reshape(-1, *[1] * (value.ndim - 1))
        chosen[name] = np.where(keep, getattr(studio, name), value)
    return Looks(**chosen)


def studio_looks(n: int) -> Looks:
    """The one white light, upper left, of the grey sets; plain paint."""
    direction = np.array([-0.45, 0.65, 0.62])
    return Looks(
        light_direction=np.tile(direction / np.linalg.norm(direction), (n, 1)),
        light_colour=np.full((n, 3), 0.95),
        ambient_colour=np.full((n, 3), 0.55),
        tint=np.ones((n, 3)),
        texture_frequency=np.zeros((n, 2, 3)),
        texture_amplitude=np.zeros(n),
        grey=np.ones(n, dtype=bool),
    )


def _outdoor_looks(n: int, rng: np.random.Generator) -> Looks:
    """Sun from anywhere above, warm or cool; tinted, textured paint."""
    direction = np.stack([rng.uniform(-0.9, 0.9, n), rng.uniform(0.2, 1, n),
                          rng.uniform(0.25, 1, n)], axis=1)
    warmth = rng.uniform(-0.16, 0.16, (n, 1)) * np.array([1, 0, -1])
    return Looks(
        light_direction=direction / np.linalg.norm(direction, axis=1, keepdims=True),
        light_colour=rng.uniform(0.75, 1.1, (n, 1)) * (1 + warmth),
        ambient_colour=rng.uniform(0.4, 0.6, (n, 1)) * (1 - warmth),
        tint=rng.uniform(0.85, 1.15, (n, 3)),
        texture_frequency=rng.normal(0, 12, (n, 2, 3)),
        texture_amplitude=rng.uniform(0, 0.2, n),
        grey=np.zeros(n, dtype=bool),
    )
