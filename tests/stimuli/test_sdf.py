"""Signed distances: unit gradient, known points, set algebra, rotations."""

import math

import numpy as np
import pytest
import torch

from italign.stimuli import primitives, sdf

RED = (1, 0, 0)
EXACT = {
    "sphere": primitives.ellipsoid((0.1, -0.2, 0.3), (0.5, 0.5, 0.5), RED),
    "capsule": primitives.capsule((-0.4, 0, 0.1), (0.5, 0.3, 0), (0.2, 0.2), RED),
    "box": primitives.box((0, 0.1, 0), (0.5, 0.3, 0.2), RED, 0.05, (20, 40, 60)),
    "cylinder": primitives.cylinder((0, -0.4, 0.1), (0.2, 0.5, 0), (0.3, 0.3), RED),
    "torus": primitives.torus((0, 0, 0), 0.5, 0.1, RED, (30, 0, 0)),
    "half_space": primitives.half_space((0.1, 0.2, 0), (1, 2, -1), RED),
}
# Approximations that the tracer may rely on only near the surface.
NEARLY = {
    "ellipsoid": primitives.ellipsoid((0, 0, 0), (0.7, 0.3, 0.4), RED, (0, 30, 0)),
    "tapered capsule": primitives.capsule((0, -0.5, 0), (0, 0.5, 0), (0.25, 0.1), RED),
    "tapered cylinder": primitives.cylinder((0, -0.5, 0), (0, 0.5, 0), (0.4, 0.2), RED),
}


def points(n=4000, seed=0):
    rng = np.random.default_rng(seed)
    return [torch.from_numpy(rng.uniform(-1.2, 1.2, n)) for _ in range(3)]


def gradient_norm(part, xyz, step=1e-5):
    slopes = []
    for axis in range(3):
        low, high = ([p + sign * step * (i == axis) for i, p in enumerate(xyz)]
                     for sign in (-1, 1))
        slopes.append((part.distance(*high) - part.distance(*low)) / (2 * step))
    return torch.stack(slopes).norm(dim=0)


@pytest.mark.parametrize("name", EXACT)
def test_gradient_has_unit_length(name):
    norms = gradient_norm(EXACT[name], points())
    # Ridges of the medial axis, where the gradient jumps, are met by few finite differences.
    assert (norms - 1).abs().quantile(0.995) < 1e-4


@pytest.mark.parametrize("name", NEARLY)
def test_approximate_distances_are_right_near_the_surface(name):
    xyz = points(40000)
    near = NEARLY[name].distance(*xyz).abs() < 0.02
    norms = gradient_norm(NEARLY[name], [p[near] for p in xyz])
    assert near.sum() > 100
    assert (norms - 1).abs().quantile(0.95) < 0.1


@pytest.mark.parametrize(("name", "volume"), [
    ("sphere", 4 / 3 * math.pi * 0.5**3),
    ("capsule", math.pi * 0.04 * (math.sqrt(0.91) + 4 / 3 * 0.2)),
    ("cylinder", math.pi * 0.09 * math.sqrt(0.04 + 0.81 + 0.01)),
    ("torus", 2 * math.pi**2 * 0.5 * 0.01),
])
def test_volume_matches_the_formula(name, volume):
    line = torch.linspace(-1.2, 1.2, 121)
    grid = [c.flatten() for c in torch.meshgrid(line, line, line, indexing="ij")]
    inside = (EXACT[name].distance(*grid) < 0).sum().item() * 0.02**3
    assert inside == pytest.approx(volume, rel=0.02)


def test_parts_combine_as_sets():
    a, b = EXACT["sphere"], EXACT["torus"]
    xyz = points()
    da, db = a.distance(*xyz), b.distance(*xyz)
    carved = sdf.Part(b.distance, RED, carve=True)
    assert torch.equal(sdf.signed_distance([a, b], *xyz), torch.minimum(da, db))
    assert torch.equal(sdf.signed_distance([a, carved], *xyz), torch.maximum(da, -db))
    assert torch.equal(sdf.cut(a, b).distance(*xyz), torch.maximum(da, -db))


def test_smooth_seam_stays_within_a_quarter_of_its_width():
    a, b = EXACT["sphere"], EXACT["box"]
    xyz = points()
    sharp = torch.minimum(a.distance(*xyz), b.distance(*xyz))
    smooth = sdf.signed_distance([a, sdf.Part(b.distance, RED, blend=0.2)], *xyz)
    assert ((sharp - smooth) >= 0).all()
    assert (sharp - smooth).max() == pytest.approx(0.05, rel=0.02)


def test_mirrored_part_stands_on_both_sides():
    leg = primitives.capsule((0, 0, 0.4), (0, 0.5, 0.4), (0.1, 0.1), RED, mirror=True)
    other = primitives.capsule((0, 0, -0.4), (0, 0.5, -0.4), (0.1, 0.1), RED)
    xyz = points()
    both = torch.minimum(leg.distance(*xyz), other.distance(*xyz))
    assert torch.allclose(sdf.signed_distance([leg], *xyz), both)


def test_nearest_part_names_the_surface():
    parts = [EXACT["sphere"], sdf.Part(EXACT["torus"].distance, RED, carve=True)]
    x = torch.tensor([0.1, 0.5])
    y, z = torch.tensor([-0.2, 0.0]), torch.tensor([0.85, 0.0])
    assert sdf.nearest_part(parts, x, y, z).tolist() == [0, 1]


def test_rotations_are_yaw_then_pitch_then_roll():
    pitch, yaw, roll = (sdf.rotation_matrix(torch.tensor([r], dtype=torch.float64))[0]
                        for r in ((30, 0, 0), (0, 50, 0), (0, 0, 70)))
    whole = sdf.rotation_matrix(torch.tensor([[30, 50, 70]], dtype=torch.float64))[0]
    assert torch.allclose(whole, roll @ pitch @ yaw)
    assert torch.allclose(whole @ whole.T, torch.eye(3, dtype=torch.float64))
    # Right-handed: a quarter turn in the image plane takes x (right) to y (up).
    quarter = sdf.rotation_matrix(torch.tensor([[0, 0, 90.0]]))[0]
    assert torch.allclose(quarter[:, 0], torch.tensor([0.0, 1, 0]), atol=1e-6)
