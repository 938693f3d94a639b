"""The inanimate nouns as parts: data, not algorithm (see `animals` for the conventions)."""

from dataclasses import replace

import torch

from italign.stimuli.primitives import box, capsule, cylinder, ellipsoid, half_space, torus
from italign.stimuli.sdf import cut

BLACK, WHITE, STEEL = (0.05, 0.05, 0.06), (0.95, 0.95, 0.93), (0.72, 0.74, 0.78)
WOODS = [(0.62, 0.40, 0.20), (0.45, 0.27, 0.14), (0.78, 0.56, 0.32), (0.55, 0.30, 0.18)]


def apple(v, pick):
    """Dimpled round fruit with stalk and leaf."""
    skin = pick([(0.80, 0.08, 0.08), (0.70, 0.12, 0.06), (0.52, 0.72, 0.16), (0.86, 0.28, 0.12)])
    blush = pick([(0.90, 0.62, 0.20), (0.45, 0.04, 0.06), (0.80, 0.82, 0.30), (0.95, 0.75, 0.25)])

    def cheek(x, y, z):
        return 0.7 * torch.sigmoid(5 * (z - 0.6 * x - 0.45) + torch.sin(7 * x) * 0.4)

    painted = {"pattern": cheek, "second": blush}
    return [
        ellipsoid((0, 0.08, 0), (0.78, v(0.66, 0.08), 0.78), skin, **painted),
        ellipsoid((0, -0.3, 0), (0.55, 0.46, 0.55), skin, blend=0.25, **painted),
        cylinder((0, 0.42, 0), (0, 1.0, 0), (0.03, 0.3), tuple(0.6 * c for c in skin), blend=0.22,
                 carve=True),
        capsule((0, 0.4, 0), (v(0.1), 1.02, 0.04), (0.045, 0.06), (0.30, 0.18, 0.08)),
        ellipsoid((0.36, 0.92, 0.04), (0.34, 0.06, 0.17), (0.20, 0.55, 0.15), (20, 0, 22)),
    ]


def car(v, pick):
    """Saloon: bonnet, cabin with dark windows, four wheels, lamps."""
    paint = pick([(0.78, 0.10, 0.10), (0.12, 0.28, 0.66), (0.88, 0.76, 0.16), (0.84, 0.84, 0.86)])
    glass, high = (0.10, 0.14, 0.18), v(0.46, 0.06)
    front, rear = pick([(0.42, 0.6), (0.36, 0.78), (0.3, 0.62), (0.46, 0.72)])
    wheels = []
    for x in (0.62, -0.64):
        wheels += [
            cylinder((x, -0.3, 0.28), (x, -0.3, 0.5), (0.24, 0.24), BLACK, mirror=True),
            cylinder((x, -0.3, 0.5), (x, -0.3, 0.53), (0.13, 0.13), STEEL, mirror=True),
        ]

    def frame(x, y, z):
        roof = torch.sigmoid(60 * (y - high))
        return torch.maximum(roof, torch.sigmoid(60 * (0.05 - (x + 0.12).abs())))

    cabin = cut(
        box((-0.08, 0.2, 0), (0.72, high - 0.1, 0.4), glass, 0.06, pattern=frame, second=paint),
        half_space((front, 0.14, 0), (0.75, 0.66, 0), glass),
        half_space((-rear, 0.14, 0), (-0.85, 0.5, 0), glass),
        half_space((0, 0.14, 0.42), (0, 0.2, 0.9), glass),
    )
    return [
        replace(cabin, mirror=True),
        box((0, -0.1, 0), (1.02, 0.22, 0.47), paint, 0.12),
        *wheels,
        ellipsoid((1.0, -0.04, 0.3), (0.06, 0.09, 0.11), (1.0, 0.96, 0.75), mirror=True),
        ellipsoid((-1.0, -0.02, 0.33), (0.06, 0.08, 0.1), (0.85, 0.05, 0.05), mirror=True),
        box((1.0, -0.2, 0), (0.05, 0.06, 0.36), (0.3, 0.3, 0.32), 0.02),
    ]


def chair(v, pick):
    """Straight wooden chair with a slatted back."""
    wood, cloth = pick(WOODS), pick([(0.75, 0.2, 0.16), WOODS[1], (0.2, 0.4, 0.6), WOODS[0]])
    back, leg = v(1.0), v(0.85)
    return [
        box((0, 0, 0), (0.48, 0.07, 0.48), cloth, 0.04),
        box((0.4, -leg / 2, 0.4), (0.065, leg / 2, 0.065), wood, 0.01, mirror=True),
        box((-0.42, (back - leg) / 2, 0.4), (0.065, (back + leg) / 2, 0.065), wood, 0.01,
            mirror=True),
        box((-0.42, back - 0.1, 0), (0.05, 0.13, 0.4), wood, 0.02),
        box((-0.42, back * 0.55, 0), (0.045, 0.08, 0.4), wood, 0.02),
        box((0, -leg * 0.55, 0.4), (0.4, 0.035, 0.035), wood, mirror=True),
    ]


def table(v, pick):
    """Wide four-legged table."""
    wood, length, leg = pick(WOODS), v(1.0), v(0.72)
    leg_x = length - 0.14
    return [
        box((0, 0.3, 0), (length, 0.065, 0.6), wood, 0.02),
        box((0, 0.18, 0), (length - 0.12, 0.08, 0.46), tuple(0.7 * c for c in wood)),
        cylinder((leg_x, 0.3, 0.46), (leg_x, 0.3 - leg, 0.46), (0.09, 0.06), wood, mirror=True),
        cylinder((-leg_x, 0.3, 0.46), (-leg_x, 0.3 - leg, 0.46), (0.09, 0.06), wood, mirror=True),
    ]


def plane(v, pick):
    """Airliner: swept wings, engines, tail fin, a line of windows."""
    hull, fin = WHITE, pick([(0.12, 0.25, 0.65), (0.75, 0.12, 0.12), (0.1, 0.5, 0.35), STEEL])
    span, wing = v(0.56, 0.08), (0.70, 0.72, 0.76)

    def windows(x, y, z):
        band = torch.sigmoid(90 * (0.028 - (y - 0.05).abs()))
        return band * torch.sigmoid(40 * (0.7 - x.abs())) * (torch.sin(45 * x) > -0.3)

    main = cut(
        box((-0.1, -0.07, span), (0.6, 0.035, span), wing, 0.01),
        half_space((0.4, 0, 0.1), (1.1, 0, 0.62), wing),
        half_space((-0.16, 0, 0.1), (-1.1, 0, -0.3), wing),
    )
    tailplane = cut(
        box((-1.0, 0.1, 0.21), (0.3, 0.03, 0.21), fin, 0.01),
        half_space((-0.78, 0, 0), (1.1, 0, 0.7), fin),
        half_space((-1.08, 0, 0), (-1.1, 0, -0.3), fin),
    )
    rudder = cut(
        box((-0.95, 0.32, 0), (0.35, 0.3, 0.035), fin, 0.01),
        half_space((-0.62, 0.1, 0), (1, 0.75, 0), fin),
        half_space((-1.1, 0.1, 0), (-1, -0.3, 0), fin),
    )
    return [
        capsule((-0.5, 0, 0), (0.85, 0, 0), (0.17, 0.17), hull, pattern=windows, second=BLACK),
        capsule((-0.55, 0, 0), (-1.12, 0.08, 0), (0.165, 0.05), hull),
        ellipsoid((0.94, 0.08, 0), (0.085, 0.065, 0.115), BLACK),
        capsule((0.0, -0.19, 0.46), (0.3, -0.19, 0.46), (0.08, 0.1), fin, mirror=True),
        replace(main, mirror=True),
        replace(tailplane, mirror=True),
        rudder,
    ]


def guitar(v, pick):
    """Acoustic guitar seen from its front: waisted body, hole, neck, pegs."""
    wood = pick([(0.85, 0.55, 0.22), (0.70, 0.30, 0.12), (0.90, 0.72, 0.42), (0.45, 0.22, 0.10)])
    dark, waist = (0.22, 0.12, 0.07), v(0.37, 0.08)
    pegs = [
        capsule((-0.16, y, 0.02), (0.16, y, 0.02), (0.035, 0.035), STEEL)
        for y in (1.02, 1.12, 1.22)
    ]
    return [
        cylinder((0, -0.62, -0.13), (0, -0.62, 0.13), (v(0.5, 0.06), 0.5), wood),
        cylinder((0, -0.08, -0.13), (0, -0.08, 0.13), (waist, waist), wood, blend=0.14),
        cylinder((0, -0.26, 0.1), (0, -0.26, 0.185), (0.17, 0.17), BLACK),
        box((0, -0.76, 0.15), (0.2, 0.05, 0.04), dark),
        box((0, 0.48, 0.13), (0.065, 0.55, 0.045), dark, 0.01),
        box((0, 1.12, 0.1), (0.1, 0.17, 0.045), wood, 0.02),
        *pegs,
        box((0, 0.1, 0.2), (0.012, 0.85, 0.008), STEEL),
    ]


def knife(v, pick):
    """Kitchen knife: broad pointed blade, riveted dark handle."""
    handle = pick([BLACK, (0.42, 0.24, 0.12), (0.15, 0.15, 0.18), (0.6, 0.1, 0.08)])
    blade, tip = (0.84, 0.86, 0.90), v(0.2)
    rivets = [
        ellipsoid((x, 0.02, 0.06), (0.035, 0.035, 0.03), STEEL, mirror=True)
        for x in (-0.98, -0.78, -0.58)
    ]
    return [
        box((0.36, 0, 0), (0.78, tip, 0.028), blade, 0.01),
        half_space((1.14, 0.16, 0), (0.36, -1, 0), blade, carve=True),
        half_space((0.8, 0.2, 0), (0.4, 1, 0), blade, carve=True),
        capsule((-1.1, -0.03, 0), (-0.45, 0.04, 0), (0.105, 0.085), handle),
        box((-0.4, 0, 0), (0.05, 0.12, 0.06), STEEL, 0.01),
        *rivets,
    ]


def boat(v, pick):
    """Sailing boat: hull, mast and two sails."""
    hull = pick([(0.70, 0.12, 0.10), (0.12, 0.25, 0.55), (0.90, 0.90, 0.88), (0.15, 0.42, 0.30)])
    sail, mast = pick([WHITE, (0.95, 0.85, 0.65), (0.9, 0.4, 0.2), WHITE]), v(1.25, 0.08)
    top, low = mast - 0.1, -0.2
    main = cut(
        box((-0.42, (top + low) / 2 + 0.1, 0), (0.42, (top - low) / 2, 0.03), sail),
        half_space((0, top + 0.1, 0), (low - top, 0.8, 0), sail),
    )
    jib = cut(
        box((0.5, (top + low) / 2, 0), (0.4, (top - low) / 2, 0.03), sail),
        half_space((0.1, top - 0.1, 0), (top - low - 0.1, 0.75, 0), sail),
    )
    return [
        cut(ellipsoid((0, -0.25, 0), (1.05, v(0.5), 0.36), hull),
            half_space((0, -0.3, 0), (0, 1, 0), hull)),
        box((0, -0.3, 0), (0.8, 0.04, 0.2), WOODS[2], 0.02),
        cylinder((0.05, -0.4, 0), (0.05, mast, 0), (0.045, 0.03), WOODS[1]),
        main,
        jib,
    ]


def mug(v, pick):
    """Cup with a handle."""
    glaze = pick([(0.85, 0.85, 0.80), (0.20, 0.42, 0.70), (0.80, 0.25, 0.15), (0.25, 0.55, 0.35)])
    inner, height = tuple(0.55 * c for c in glaze), v(0.62)

    def band(x, y, z):
        return torch.sigmoid(60 * (0.09 - (y - 0.1).abs()))

    stripe = {"pattern": band, "second": pick([(0.75, 0.15, 0.12), WHITE, WHITE, (0.9, 0.8, 0.3)])}
    return [
        torus((0.58, 0, 0), 0.34, 0.085, glaze),
        cylinder((0, -height, 0), (0, height, 0), (0.5, v(0.54, 0.05)), glaze, **stripe),
        cylinder((0, -height + 0.12, 0), (0, height + 0.1, 0), (0.39, 0.43), inner, carve=True),
    ]


def lamp(v, pick):
    """Table lamp: foot, stem and conical shade."""
    shade = pick([(0.95, 0.88, 0.65), (0.80, 0.25, 0.18), (0.25, 0.45, 0.60), (0.95, 0.95, 0.92)])
    metal, wide = pick([(0.70, 0.55, 0.25), BLACK, STEEL, WOODS[1]]), v(0.6)
    return [
        cylinder((0, 0.12, 0), (0, v(0.85, 0.08), 0), (wide, 0.3), shade),
        cylinder((0, 0, 0), (0, 0.2, 0), (wide - 0.06, wide - 0.08), (1, 0.95, 0.7), carve=True),
        cylinder((0, -0.85, 0), (0, 0.4, 0), (0.055, 0.05), metal),
        ellipsoid((0, -0.5, 0), (0.15, v(0.24), 0.15), metal, blend=0.08),
        cylinder((0, -0.98, 0), (0, -0.86, 0), (0.42, 0.34), metal),
    ]


def hanger(v, pick):
    """Clothes hanger: two shoulders, a bar and a hook."""
    wood, drop = pick([WOODS[0], STEEL, WOODS[2], (0.2, 0.25, 0.6)]), v(0.42)
    thick = pick([0.075, 0.06, 0.085, 0.07])
    sides = [
        capsule((0, 0.12, 0), (x, -drop, 0), (thick * 1.2, thick), wood, blend=0.05)
        for x in (-1.0, 1.0)
    ]
    return [
        torus((0.02, 0.56, 0), 0.2, 0.045, STEEL),
        half_space((-0.07, 0.5, 0), (-1, -0.35, 0), STEEL, carve=True),
        capsule((0, 0.1, 0), (0.03, 0.34, 0), (0.05, 0.045), STEEL),
        *sides,
        capsule((-1.0, -drop, 0), (1.0, -drop, 0), (thick * 0.8, thick * 0.8), wood),
    ]


def hammer(v, pick):
    """Claw hammer: wooden handle, steel head with a face and a split claw."""
    grip = pick([WOODS[2], (0.75, 0.12, 0.10), (0.15, 0.35, 0.65), WOODS[0]])
    steel, length = (0.55, 0.57, 0.62), v(1.1, 0.08)
    return [
        capsule((0, -length, 0), (0, -0.2, 0), (0.125, 0.1), grip),
        capsule((0, -0.2, 0), (0, 0.45, 0), (0.1, 0.075), pick([WOODS[2], WOODS[0]])),
        box((0.02, 0.5, 0), (0.24, 0.14, 0.13), steel, 0.04),
        cylinder((0.2, 0.5, 0), (0.46, 0.5, 0), (0.11, 0.13), steel, blend=0.03),
        cylinder((0.46, 0.5, 0), (0.6, 0.5, 0), (0.19, 0.19), steel),
        capsule((-0.16, 0.54, 0.05), (-0.46, 0.46, 0.08), (0.1, 0.07), steel, mirror=True,
                blend=0.03),
        capsule((-0.46, 0.46, 0.08), (-0.68, 0.26, 0.11), (0.07, 0.03), steel, mirror=True),
    ]
