"""Scene parameters: exemplars, and poses from HVM's variation levels.

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

from italign.stimuli.looks import Looks, sample_looks
from italign.stimuli.objects import exemplar_names

# variation -> rotation limit (degrees), horizontal and vertical limit (degrees), size range
VARIATIONS = {
    0: (0.0, 0.0, 0.0, (1.0, 1.0)),
    3: (45.0, 0.3, 0.6, (1 / 1.3, 1.3)),
    6: (90.0, 0.6, 1.2, (0.625, 1.6)),
}


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
