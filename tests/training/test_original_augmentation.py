"""The original code's augmentation against torchvision, which made it."""

from math import radians

import pytest
import torch

from italign.models._torchvision import torchvision_models
from italign.training.augmentation import FILL, random_affine

N, SIZE = 12, 40
# Far more than in training, so that the order of rotation, shear and scale shows.
RANGES = {"translate": 0.2, "rotate_deg": 40.0, "scale": 0.3}
SHEAR_DEG = (5.0, 25.0)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def smooth_images():
    noise = torch.rand(N, 3, SIZE // 5, SIZE // 5, generator=generator(1))
    return torch.nn.functional.interpolate(noise, size=SIZE, mode="bilinear")


def draws(shear_deg):
    """What `random_affine` draws, as torchvision's arguments: one dict per image."""
    source = generator()
    draw = 2 * torch.rand(4, N, generator=source) - 1
    low, high = shear_deg or (0, 0)
    shear = low + (high - low) * torch.rand(2, N, generator=source)
    return [{
        "angle": -RANGES["rotate_deg"] * float(draw[0, i]),
        "scale": 1 + RANGES["scale"] * float(draw[1, i]),
        "translate": [-RANGES["translate"] * SIZE * float(draw[axis, i]) for axis in (2, 3)],
        "shear": shear[:, i].tolist(),
    } for i in range(N)]


def by_torchvision(images, arguments, mode):
    torchvision_models()  # makes torchvision importable where its operators do not fit torch
    from torchvision.transforms import InterpolationMode, functional

    # Around grey: with a fill, torchvision weights the edge of bilinear images twice.
    return FILL + torch.stack([
        functional.affine(image - FILL, **given, interpolation=InterpolationMode(mode))
        for image, given in zip(images, arguments, strict=True)])


def test_shear_is_torchvisions():
    images = smooth_images()
    found = random_affine(images, generator(), **RANGES, shear_deg=SHEAR_DEG)
    expected = by_torchvision(images, draws(SHEAR_DEG), "bilinear")
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)
    assert torch.isclose(found, torch.tensor(FILL)).any()


@pytest.mark.parametrize("shear_deg", [None, SHEAR_DEG])
def test_nearest_pixels_are_torchvisions(shear_deg):
    """Shifts are whole pixels, as torchvision's RandomAffine draws them."""
    images = smooth_images()
    found = random_affine(images, generator(), **RANGES, shear_deg=shear_deg, nearest_pixel=True)
    arguments = draws(shear_deg)
    for given in arguments:
        given["translate"] = [round(shift) for shift in given["translate"]]
    expected = by_torchvision(images, arguments, "nearest")
    # Only what falls between two pixels to rounding may differ.
    assert torch.isclose(found, expected, atol=1e-6).float().mean() > 0.999


def test_without_switches_the_shift_comes_first():
    """The paper gives no order; ours moves within the image, then rotates and scales."""
    images = smooth_images()
    found = random_affine(images, generator(), **RANGES)
    arguments = draws(None)
    for given in arguments:
        angle, (x, y) = radians(given["angle"]), given["translate"]
        turned = torch.polar(torch.tensor(given["scale"]), torch.tensor(angle)) * complex(x, y)
        given["translate"] = [turned.real.item(), turned.imag.item()]
    torch.testing.assert_close(found, by_torchvision(images, arguments, "bilinear"),
                               atol=1e-4, rtol=0)


def test_extra_draws_come_last():
    """A shear of nothing changes nothing: the other draws are those without it."""
    images = smooth_images()
    shifts = {"translate": 0.2, "rotate_deg": 0.0, "scale": 0.0}
    plain = random_affine(images, generator(), **shifts)
    unsheared = random_affine(images, generator(), **shifts, shear_deg=(0.0, 0.0))
    torch.testing.assert_close(unsheared, plain, atol=1e-5, rtol=0)


def test_nearest_pixels_move_unchanged():
    images = torch.arange(N * 3 * SIZE**2).reshape(N, 3, SIZE, SIZE) / (N * 3 * SIZE**2)
    moved = random_affine(images, generator(), 0.2, 0.0, 0.0, nearest_pixel=True)
    for image, found, given in zip(images, moved, draws(None), strict=True):
        x, y = (round(shift) for shift in given["translate"])
        expected = torch.full_like(image, FILL)
        inside = [slice(max(0, -s), min(SIZE, SIZE - s)) for s in (y, x)]
        target = [slice(max(0, s), min(SIZE, SIZE + s)) for s in (y, x)]
        expected[:, *target] = image[:, *inside]
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)
