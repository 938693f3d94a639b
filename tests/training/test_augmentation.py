"""Batched affine augmentation against its geometry."""

import torch

from italign.training.augmentation import FILL, random_affine, random_resized_crop, to_unit


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def blob(n=64, size=65):
    """Images with a bright Gaussian in the middle of grey."""
    axis = torch.arange(size) - size // 2
    bump = torch.exp(-(axis[:, None] ** 2 + axis[None] ** 2) / (2 * 4.0**2))
    return (FILL + 0.4 * bump).expand(n, 3, size, size).clone()


def centres(images):
    weight = (images[:, 0] - FILL).clamp_min(0)
    axis = torch.arange(images.shape[-1]) - images.shape[-1] // 2
    total = weight.sum((1, 2))
    return (weight.sum(1) * axis).sum(1) / total, (weight.sum(2) * axis).sum(1) / total


def test_no_ranges_change_nothing():
    images = torch.rand(4, 3, 16, 16)
    same = random_affine(images, generator(), 0.0, 0.0, 0.0)
    torch.testing.assert_close(same, images, atol=1e-5, rtol=0)


def test_shifts_stay_within_the_range_and_fill_it():
    images = blob()
    x, y = centres(random_affine(images, generator(), translate=0.1, rotate_deg=0.0, scale=0.0))
    limit = 0.1 * images.shape[-1]
    for shift in (x, y):
        assert shift.abs().max() <= limit + 0.1
        assert shift.max() > 0.7 * limit and shift.min() < -0.7 * limit


def test_scale_changes_the_area_by_its_square():
    images = blob(n=200)
    area = (random_affine(images, generator(), 0.0, 0.0, scale=0.2)[:, 0] - FILL).sum((1, 2))
    ratio = area / (images[0, 0] - FILL).sum()
    assert 0.64 - 0.02 < ratio.min() < 0.70
    assert 1.36 < ratio.max() < 1.44 + 0.02


def test_the_outside_is_grey():
    moved = random_affine(torch.ones(32, 3, 16, 16), generator(), translate=0.5, rotate_deg=0.0,
                          scale=0.0)
    corners = moved[:, 0, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert torch.isclose(corners, torch.tensor(FILL), atol=1e-5).any(1).all()


def test_crop_mirrors_half_and_keeps_range():
    ramp = torch.linspace(0, 1, 32).expand(400, 3, 32, 32)
    crops = random_resized_crop(ramp, generator(), area_min=0.5)
    falls = crops[:, 0, 16, 8] > crops[:, 0, 16, 24]
    assert 0.4 < falls.float().mean() < 0.6
    assert crops.min() >= 0 and crops.max() <= 1
    slope = (crops[:, 0, 16, 24] - crops[:, 0, 16, 8]).abs() / 16 * 31
    assert (0.5**0.5 - 0.02 < slope).all() and (slope < 1.02).all()


def test_draws_depend_on_the_generator_alone():
    images = torch.rand(8, 3, 16, 16)
    first, again = (random_affine(images, generator(5), 0.1, 5.0, 0.1) for _ in range(2))
    other = random_affine(images, generator(6), 0.1, 5.0, 0.1)
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_to_unit_scales_bytes():
    images = torch.tensor([[[[0, 255, 51]]]], dtype=torch.uint8)
    assert torch.equal(to_unit(images)[0, :, 0, 0], torch.tensor([0.0, 1.0, 0.2]))
