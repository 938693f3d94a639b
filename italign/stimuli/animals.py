"""The animate nouns as parts: data, not algorithm.

Every function takes `v` (jitters a proportion by the exemplar) and `pick` (chooses an option by
the exemplar's number) and returns parts. Animals look along +x, +y is up, z is their side.
"""

import torch

from italign.stimuli.primitives import box, capsule, cylinder, ellipsoid

BLACK, WHITE = (0.04, 0.04, 0.05), (0.95, 0.95, 0.92)


def bear(v, pick):
    """Heavy body on stout legs, round ears, pale muzzle."""
    fur = pick([(0.42, 0.26, 0.14), (0.30, 0.19, 0.12), (0.55, 0.37, 0.20), (0.20, 0.15, 0.13)])
    tan, bulk = (0.78, 0.62, 0.42), v(0.42)
    body = {"blend": 0.16}
    return [
        ellipsoid((-0.1, 0, 0), (0.72, bulk, 0.38), fur),
        ellipsoid((0.28, 0.18, 0), (0.34, 0.3, 0.3), fur, **body),
        ellipsoid((0.74, 0.22, 0), (v(0.29), 0.29, 0.29), fur, **body),
        capsule((0.34, -0.1, 0.21), (0.4, -0.8, 0.22), (v(0.2), 0.16), fur, mirror=True, **body),
        capsule((-0.5, -0.1, 0.2), (-0.52, -0.8, 0.22), (v(0.26), 0.17), fur, mirror=True, **body),
        ellipsoid((0.46, -0.88, 0.22), (0.22, 0.1, 0.15), fur, blend=0.05, mirror=True),
        ellipsoid((-0.46, -0.88, 0.22), (0.22, 0.1, 0.15), fur, blend=0.05, mirror=True),
        ellipsoid((0.68, 0.5, 0.2), (0.08, 0.12, 0.12), fur, blend=0.02, mirror=True),
        ellipsoid((0.73, 0.5, 0.2), (0.06, 0.075, 0.075), tan, mirror=True),
        capsule((0.9, 0.14, 0), (1.08, 0.1, 0), (0.17, v(0.13)), tan),
        ellipsoid((1.2, 0.17, 0), (0.07, 0.06, 0.08), BLACK),
        ellipsoid((0.97, 0.32, 0.13), (0.055, 0.055, 0.055), BLACK, mirror=True),
    ]


def elephant(v, pick):
    """Columns for legs, sail-like ears, a hanging trunk and tusks."""
    hide = pick([(0.52, 0.52, 0.55), (0.45, 0.44, 0.44), (0.58, 0.55, 0.52), (0.48, 0.50, 0.55)])
    dark = tuple(0.75 * c for c in hide)
    ear, droop = v(0.42), v(0.75)
    trunk = {"blend": 0.04}
    return [
        ellipsoid((-0.2, 0.05, 0), (0.72, v(0.5), 0.43), hide),
        ellipsoid((0.55, 0.3, 0), (0.32, 0.36, 0.3), hide, blend=0.15),
        capsule((0.24, -0.1, 0.24), (0.24, -0.9, 0.24), (0.19, 0.17), hide, mirror=True, blend=0.1),
        capsule((-0.62, -0.1, 0.24), (-0.62, -0.9, 0.24), (0.21, 0.17), hide, mirror=True,
                blend=0.1),
        capsule((0.8, 0.22, 0), (1.02, -0.15, 0), (0.19, 0.13), hide, blend=0.1),
        capsule((1.02, -0.15, 0), (1.02, -droop, 0), (0.125, 0.09), hide, **trunk),
        capsule((1.02, -droop, 0), (1.2, -droop - 0.08, 0), (0.09, 0.07), hide, **trunk),
        ellipsoid((0.42, 0.26, 0.42), (0.09, ear + 0.04, ear - 0.06), dark, (0, 28, -12),
                  mirror=True),
        capsule((0.8, 0.02, 0.17), (1.2, -0.2, 0.24), (0.065, 0.03), WHITE, mirror=True),
        ellipsoid((0.8, 0.4, 0.21), (0.055, 0.055, 0.055), BLACK, mirror=True),
        capsule((-0.9, 0.2, 0), (-1.02, -0.35, 0), (0.05, 0.03), dark),
    ]


def dog(v, pick):
    """Slim standing dog: square snout, hanging ears, raised tail, red collar."""
    coat = pick([(0.72, 0.50, 0.26), (0.88, 0.80, 0.66), (0.36, 0.24, 0.16), (0.80, 0.62, 0.36)])
    ears = pick([(0.36, 0.20, 0.10), (0.50, 0.30, 0.14), (0.16, 0.10, 0.08), (0.90, 0.84, 0.74)])
    leg, back = v(0.85), {"blend": 0.1}
    return [
        capsule((-0.5, 0, 0), (0.3, 0.03, 0), (v(0.22), 0.28), coat),
        capsule((0.36, 0.12, 0), (0.6, 0.48, 0), (0.2, 0.16), coat, **back),
        ellipsoid((0.68, 0.62, 0), (0.25, 0.23, 0.22), coat, blend=0.05),
        capsule((0.82, 0.54, 0), (1.08, 0.5, 0), (0.15, v(0.12)), coat, blend=0.06),
        capsule((0.32, -0.1, 0.15), (0.36, -leg, 0.15), (0.13, 0.085), coat, mirror=True, **back),
        capsule((-0.52, 0, 0.13), (-0.6, -0.4, 0.15), (0.19, 0.1), coat, mirror=True, **back),
        capsule((-0.6, -0.4, 0.15), (-0.54, -leg, 0.15), (0.1, 0.08), coat, mirror=True,
                blend=0.04),
        capsule((0.38, -leg, 0.15), (0.46, -leg, 0.15), (0.09, 0.07), coat, mirror=True),
        capsule((-0.52, -leg, 0.15), (-0.44, -leg, 0.15), (0.09, 0.07), coat, mirror=True),
        capsule((-0.68, 0.1, 0), (-0.98, v(0.58), 0), (0.08, 0.045), coat, blend=0.05),
        ellipsoid((0.6, 0.55, 0.24), (0.13, 0.26, 0.06), ears, (-12, 0, 10), mirror=True),
        cylinder((0.46, 0.32, 0), (0.51, 0.39, 0), (0.225, 0.225), (0.8, 0.1, 0.1)),
        ellipsoid((1.19, 0.55, 0), (0.065, 0.06, 0.075), BLACK),
        ellipsoid((0.88, 0.7, 0.11), (0.05, 0.05, 0.05), BLACK, mirror=True),
    ]


def _stripes(along, across, frequency):
    """Zebra stripes: bands along one direction, wavy across it."""

    def share(x, y, z):
        level = along[0] * x + along[1] * y
        wave = 0.25 * torch.sin(5 * (across[0] * x + across[1] * y) + 3 * z.abs())
        return torch.sigmoid(8 * (torch.sin(frequency * level + wave * 3) - 0.2))

    return {"pattern": share, "second": (0.06, 0.05, 0.06)}


def zebra(v, pick):
    """Striped horse with an upright mane."""
    coat, mane = (0.94, 0.93, 0.90), (0.08, 0.07, 0.08)
    count = pick([19.0, 21.0, 18.0, 22.5])
    trunk, legs = _stripes((1, 0), (0, 1), count), _stripes((0, 1), (1, 0), count * 1.1)
    neck, head = _stripes((0.6, 0.8), (0.8, -0.6), count), _stripes((0.8, 0.5), (0, 1), count * 1.3)
    leg = v(0.95)
    seam = {"blend": 0.1, "mirror": True, **legs}
    return [
        capsule((-0.5, 0.02, 0), (0.3, 0.02, 0), (0.29, v(0.28)), coat, **trunk),
        capsule((0.36, 0.1, 0), (0.72, 0.62, 0), (0.23, 0.15), coat, blend=0.1, **neck),
        capsule((0.76, 0.68, 0), (1.1, 0.42, 0), (0.165, 0.1), coat, blend=0.05, **head),
        ellipsoid((1.14, 0.38, 0), (0.11, 0.09, 0.1), mane),
        capsule((0.34, -0.1, 0.14), (0.34, -leg, 0.14), (0.13, 0.07), coat, **seam),
        capsule((-0.52, -0.05, 0.14), (-0.58, -leg, 0.14), (0.19, 0.07), coat, **seam),
        capsule((0.36, -leg, 0.14), (0.38, -leg - 0.06, 0.14), (0.08, 0.09), mane, mirror=True),
        capsule((-0.56, -leg, 0.14), (-0.54, -leg - 0.06, 0.14), (0.08, 0.09), mane, mirror=True),
        box((0.49, 0.58, 0), (0.4, 0.1, 0.045), mane, 0.03, (0, 0, 55), pattern=None),
        ellipsoid((0.68, 0.88, 0.1), (0.05, 0.13, 0.05), coat, (0, 0, 15), mirror=True),
        ellipsoid((0.87, 0.7, 0.13), (0.045, 0.045, 0.045), BLACK, mirror=True),
        capsule((-0.76, 0.12, 0), (-0.92, -0.3, 0), (0.05, 0.04), coat, **legs),
        capsule((-0.92, -0.3, 0), (-0.94, -0.5, 0), (0.07, 0.04), mane),
    ]


def camel(v, pick):
    """Two humps (one, for some exemplars), an S-shaped neck, long legs."""
    wool = pick([(0.76, 0.57, 0.34), (0.66, 0.46, 0.26), (0.82, 0.66, 0.44), (0.58, 0.40, 0.24)])
    hump, leg = v(0.62), v(1.05)
    humps = pick([(-0.38, 0.18), (-0.1,), (-0.42, 0.14), (-0.12,)])
    seam = {"blend": 0.12}
    return [
        ellipsoid((-0.1, 0.05, 0), (0.62, 0.27, 0.26), wool),
        *[capsule((x, 0.1, 0), (x - 0.02, hump, 0), (0.2 + 0.12 / len(humps) - 0.05, 0.07), wool,
                  **seam) for x in humps],
        capsule((0.42, 0.0, 0), (0.72, -0.02, 0), (0.19, 0.12), wool, **seam),
        capsule((0.72, -0.02, 0), (0.86, 0.62, 0), (0.12, 0.095), wool, blend=0.05),
        capsule((0.86, 0.68, 0), (1.18, 0.6, 0), (0.14, 0.1), wool, blend=0.04),
        capsule((0.36, 0, 0.15), (0.36, -0.5, 0.16), (0.14, 0.08), wool, mirror=True, **seam),
        capsule((0.36, -0.5, 0.16), (0.34, -leg, 0.16), (0.085, 0.06), wool, mirror=True),
        capsule((-0.5, 0, 0.15), (-0.54, -0.5, 0.16), (0.17, 0.085), wool, mirror=True, **seam),
        capsule((-0.54, -0.5, 0.16), (-0.46, -leg, 0.16), (0.085, 0.06), wool, mirror=True),
        ellipsoid((0.38, -leg, 0.16), (0.13, 0.07, 0.1), wool, mirror=True),
        ellipsoid((-0.42, -leg, 0.16), (0.13, 0.07, 0.1), wool, mirror=True),
        ellipsoid((0.78, 0.82, 0.1), (0.04, 0.07, 0.04), wool, mirror=True),
        ellipsoid((0.95, 0.73, 0.12), (0.045, 0.045, 0.045), BLACK, mirror=True),
        ellipsoid((1.27, 0.6, 0), (0.04, 0.05, 0.07), BLACK),
        capsule((-0.7, 0.08, 0), (-0.82, -0.38, 0), (0.04, 0.05), wool),
    ]


def bird(v, pick):
    """Perching songbird: round breast, beak, folded wings, long tail."""
    back = pick([(0.16, 0.36, 0.72), (0.62, 0.14, 0.12), (0.86, 0.70, 0.12), (0.28, 0.46, 0.24)])
    breast = pick([(0.92, 0.56, 0.30), (0.90, 0.42, 0.34), (0.95, 0.90, 0.60), (0.85, 0.82, 0.55)])
    wing, tail, beak = tuple(0.6 * c for c in back), v(1.05), (0.95, 0.65, 0.1)
    return [
        ellipsoid((0, 0, 0), (0.52, v(0.37), 0.34), back, (0, 0, 25)),
        ellipsoid((0.12, -0.06, 0), (0.43, 0.35, 0.32), breast, (0, 0, 35), blend=0.03),
        ellipsoid((0.46, 0.42, 0), (v(0.26), 0.26, 0.26), back, blend=0.1),
        cylinder((0.66, 0.42, 0), (0.98, 0.36, 0), (0.11, 0.01), beak),
        ellipsoid((0.6, 0.5, 0.19), (0.06, 0.06, 0.06), BLACK, mirror=True),
        ellipsoid((-0.2, 0.02, 0.31), (0.52, 0.22, 0.07), wing, (0, 8, 28), mirror=True),
        box((-tail + 0.28, -0.34, 0), (0.42, 0.035, 0.14), wing, 0.02, (0, 0, 28)),
        capsule((0.06, -0.3, 0.12), (0.1, -0.72, 0.13), (0.04, 0.035), beak, mirror=True),
        capsule((0.0, -0.74, 0.13), (0.28, -0.74, 0.15), (0.035, 0.035), beak, mirror=True),
    ]


def spider(v, pick):
    """Bulging abdomen and eight kneed legs."""
    hide = pick([(0.16, 0.12, 0.12), (0.32, 0.20, 0.12), (0.10, 0.10, 0.12), (0.40, 0.28, 0.16)])
    mark = pick([(0.75, 0.12, 0.08), (0.80, 0.65, 0.35), (0.85, 0.70, 0.10), (0.20, 0.12, 0.08)])
    knee, foot = v(0.48), v(1.0)
    legs = []
    for start, spread in ((0.24, 0.72), (0.14, 0.26), (0.04, -0.24), (-0.06, -0.72)):
        middle = (start + spread * 0.6, knee, 0.5)
        legs += [
            capsule((start, 0, 0.12), middle, (0.055, 0.05), hide, mirror=True),
            capsule(middle, (start + spread * 1.1, -0.38, foot), (0.05, 0.025), hide, mirror=True),
        ]
    return [
        ellipsoid((-0.46, 0.12, 0), (v(0.46), 0.36, 0.38), hide),
        ellipsoid((0.12, 0, 0), (0.28, 0.19, 0.23), hide, blend=0.04),
        ellipsoid((-0.5, 0.36, 0), (0.24, 0.16, 0.15), mark),
        ellipsoid((0.35, 0.1, 0.08), (0.055, 0.055, 0.055), WHITE, mirror=True),
        capsule((0.36, -0.06, 0.08), (0.46, -0.2, 0.06), (0.05, 0.03), mark, mirror=True),
        *legs,
    ]


def face(v, pick):
    """Human head: hair, brows, eyes, nose, mouth, ears, neck."""
    skin = pick([(0.90, 0.70, 0.56), (0.55, 0.36, 0.25), (0.95, 0.78, 0.66), (0.76, 0.55, 0.40)])
    hair = pick([(0.28, 0.16, 0.08), (0.06, 0.05, 0.05), (0.80, 0.60, 0.25), (0.12, 0.08, 0.06)])
    lips, width = (0.70, 0.22, 0.22), v(0.56)
    curl = pick([0.0, 0.0, -0.5, -0.25])
    white = {"mirror": True}
    return [
        ellipsoid((-0.06, 0.3, 0), (0.7, 0.72, width + 0.09), hair),
        ellipsoid((-0.22, curl, 0), (0.48, 0.6, width + 0.1), hair, blend=0.1),
        ellipsoid((0.05, 0.06, 0), (0.62, 0.72, width), skin),
        ellipsoid((0.2, -0.42, 0), (0.4, 0.38, width - 0.2), skin, blend=0.2),
        capsule((-0.1, -0.5, 0), (-0.15, -1.05, 0), (0.26, 0.3), skin, blend=0.06),
        ellipsoid((0.02, 0.02, width), (0.12, 0.19, 0.08), skin, blend=0.03, **white),
        capsule((0.64, 0.12, 0), (0.74, -0.13, 0), (0.05, 0.105), skin, blend=0.05),
        ellipsoid((0.58, 0.14, 0.23), (0.08, 0.085, 0.14), WHITE, **white),
        ellipsoid((0.65, 0.14, 0.23), (0.05, 0.075, 0.07), (0.10, 0.10, 0.14), **white),
        capsule((0.64, 0.3, 0.1), (0.55, 0.32, 0.36), (0.045, 0.03), hair, **white),
        capsule((0.61, -0.36, 0), (0.5, v(-0.32, 0.1), 0.22), (0.075, 0.03), lips, **white),
    ]
