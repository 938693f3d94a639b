"""Rendering: area, place and turn of the silhouette, light, and messages on bad input."""

import math

import numpy as np
import pytest
import torch

from italign.stimuli import objects as nouns
from italign.stimuli import rendering as module
from italign.stimuli.objects import NOUNS, Solid, exemplar_names, load_object
from italign.stimuli.primitives import capsule, ellipsoid
from italign.stimuli.rendering import OBJECT_DEGREES, render

PX, DEGREES = 64, 8.0
CENTRES = (np.arange(PX) - (PX - 1) / 2) * DEGREES / PX


@pytest.fixture
def ball(monkeypatch):
    """Put a ball that fills its bounding sphere in the place of every object."""
    solid = Solid((ellipsoid((0.2, 0, 0.1), (0.8, 0.8, 0.8), (1, 1, 1)),), (0.2, 0, 0.1), 0.8,
                  (0, 0, 0))
    monkeypatch.setattr(module, "load_object", lambda name: solid)


def centroid_deg(cover):
    total = cover.sum()
    return (cover.sum(0) @ CENTRES) / total, -(cover.sum(1) @ CENTRES) / total


@pytest.mark.parametrize("size", [0.625, 1.0, 1.3])
def test_ball_covers_the_analytic_disc(ball, poses, silhouette, size):
    cover = silhouette(["ball"], poses(size=size, position_deg=(0.13, -0.21)))[0]
    area_deg2 = cover.sum() * (DEGREES / PX) ** 2
    assert area_deg2 == pytest.approx(math.pi * (OBJECT_DEGREES / 2 * size) ** 2, rel=0.01)
    assert centroid_deg(cover) == pytest.approx((0.13, -0.21), abs=0.01)


def test_thin_rod_fades_instead_of_breaking(monkeypatch, poses, silhouette):
    rod = capsule((-1, -0.4, 0), (1, 0.4, 0), (0.02, 0.02), (1, 1, 1))
    solid = Solid((rod,), (0, 0, 0), 1.1, (0, 0, 0))
    monkeypatch.setattr(module, "load_object", lambda name: solid)
    cover = silhouette(["rod"], poses())[0]
    columns = cover.sum(0)[20:44]
    assert columns.min() > 0.5 * columns.max() > 0  # 0.9 pixels wide


def test_position_moves_and_size_scales_the_silhouette(poses, silhouette):
    still, moved = silhouette(["mug_1", "mug_1"], poses(2, position_deg=[(0, 0), (0.6, -0.4)]))
    shift = np.subtract(centroid_deg(moved), centroid_deg(still))
    assert shift == pytest.approx((0.6, -0.4), abs=0.01)
    small, large = silhouette(["mug_1", "mug_1"], poses(2, size=[0.7, 1.4]))
    assert large.sum() / small.sum() == pytest.approx(4, rel=0.02)


def test_quarter_turn_in_the_plane_turns_the_image(poses, silhouette):
    still, turned = silhouette(["bird_1"] * 2, poses(2, rotation_deg=[(0, 0, 0), (0, 0, 90)]))
    assert np.abs(np.rot90(still) - turned).mean() < 1e-3
    assert np.abs(still - turned).mean() > 0.02


def test_full_turns_change_nothing(poses):
    images = render(["dog_1"] * 2, poses(2, rotation_deg=[(0, 0, 0), (360, -360, 360)]))
    assert np.abs(images[0].astype(int) - images[1]).mean() < 0.05


def test_light_comes_from_where_it_is_said_to(ball, poses):
    image = render(["ball"], poses())[0, ..., 0].astype(int)  # studio light: upper left
    assert image[24, 24] > image[40, 40] + 60


def test_images_do_not_depend_on_their_neighbours(poses):
    names = ["car_1", "dog_2", "car_1", "zebra_3"]
    rotation = np.arange(12).reshape(4, 3) * 10.0
    together = render(names, poses(4, rotation))
    alone = np.concatenate([render(names[i:i + 1], poses(1, rotation[i])) for i in range(4)])
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("noun", NOUNS)
def test_bounding_sphere_holds_every_exemplar(noun):
    direction = np.random.default_rng(0).normal(size=(2000, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    for name in exemplar_names(noun):
        solid = load_object(name)
        shell = torch.from_numpy(direction * solid.radius + solid.centre).float().T
        assert (nouns.signed_distance(solid.parts, *shell) > 0).all(), name
        assert max(abs(c) + solid.radius for c in solid.centre) < 2 * nouns.GRID_EXTENT


def test_silhouettes_tell_the_nouns_apart(poses, silhouette):
    names = [name for noun in NOUNS for name in exemplar_names(noun)[:2]]
    cover = silhouette(names, poses(len(names)), image_px=32).reshape(len(names), -1)
    gaps = ((cover[:, None] - cover[None]) ** 2).sum(-1)
    np.fill_diagonal(gaps, np.inf)
    owner = np.array([name.split("_")[0] for name in names])
    assert (owner[gaps.argmin(1)] == owner).mean() > 0.95


def test_unknown_names_are_answered_with_near_ones(poses):
    with pytest.raises(ValueError, match=r"'zebr'.*zebra"):
        exemplar_names("zebr")
    with pytest.raises(ValueError, match=r"'bear_9'.*bear_1 to bear_4"):
        render(["bear_9"], poses())


def test_backgrounds_of_the_wrong_shape_are_refused(poses):
    with pytest.raises(ValueError, match=r"1 objects of 64 px.*\(2, 64, 64, 3\)"):
        render(["bear_1"], poses(), backgrounds=np.zeros((2, 64, 64, 3), np.uint8))
