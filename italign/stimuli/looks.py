"""How objects are lit and painted: studio light for grey images, outdoor light for colour."""

from dataclasses import dataclass

import numpy as np

STYLES = ("grey", "colour", "mixed")


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
