"""Backgrounds with natural statistics, unrelated to the objects (paper 2.1).

Grey: noise whose amplitude falls as 1/f**alpha (Field 1987: alpha about 1), as in HVM's
photographs. Colour: the same in sky and ground of different colours, parted by a tilted horizon,
with distractor ellipses and boxes in front.
"""

import numpy as np
import torch
from torch import Tensor

N_DISTRACTORS = 5
SLOPES = (0.9, 1.3)   # of the amplitude spectrum
BATCH = 128


def make_backgrounds(grey: np.ndarray, image_px: int, rng: np.random.Generator) -> np.ndarray:
    """Draw one background per image.

    Parameters
    ----------
    grey : ndarray
        (n,) bool, whether the image is achromatic (noise only) or a coloured scene.
    image_px : int
        Side of the images.
    rng : numpy.random.Generator
        Source of all draws.

    Returns
    -------
    ndarray
        (n, image_px, image_px, 3) uint8.
    """
    images = np.empty((len(grey), image_px, image_px, 3), np.uint8)
    for wanted, draw in ((True, _grey_noise), (False, _colour_scene)):
        members = np.flatnonzero(grey == wanted)
        for start in range(0, len(members), BATCH):
            rows = members[start:start + BATCH]
            pixels = draw(len(rows), image_px, rng).clamp_(0, 1).mul_(255).round_()
            images[rows] = pixels.to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return images


def pink_noise(slope: np.ndarray, image_px: int, rng: np.random.Generator) -> Tensor:
    """Noise of spectral amplitude 1/f**slope, zero mean, unit SD.

    Parameters
    ----------
    slope : ndarray
        (n,) exponent of each image.
    image_px : int
        Side of the images.
    rng : numpy.random.Generator
        Source of the phases.

    Returns
    -------
    Tensor
        (n, image_px, image_px) float32.
    """
    white = torch.from_numpy(rng.standard_normal((len(slope), image_px, image_px), np.float32))
    frequency = torch.hypot(torch.fft.fftfreq(image_px)[:, None], torch.fft.rfftfreq(image_px))
    frequency[0, 0] = torch.inf  # no mean
    decay = frequency ** -torch.from_numpy(slope).float()[:, None, None]
    noise = torch.fft.irfft2(torch.fft.rfft2(white) * decay, s=(image_px, image_px))
    return noise / noise.std(dim=(1, 2), keepdim=True)


def _grey_noise(n: int, image_px: int, rng: np.random.Generator) -> Tensor:
    noise = pink_noise(rng.uniform(*SLOPES, n), image_px, rng)
    mean, contrast = _column(rng, 0.35, 0.6, n), _column(rng, 0.05, 0.12, n)
    return (mean + contrast * noise)[:, None].expand(-1, 3, -1, -1).clone()


def _colour_scene(n: int, image_px: int, rng: np.random.Generator) -> Tensor:
    line = torch.linspace(-1, 1, image_px)
    x, y = line[None, None, :], -line[None, :, None]
    height, tilt = _column(rng, -0.5, 0.5, n), _column(rng, -0.3, 0.3, n)
    ground = torch.sigmoid(12 * (height + tilt * x - y))[:, None]
    sky = _colours(rng, n, 0.4, 0.85) + 0.15 * y[:, None]
    canvas = torch.lerp(sky, _colours(rng, n, 0.1, 0.7) + 0.15 * y[:, None], ground)
    for _ in range(N_DISTRACTORS):
        mask = _distractor(n, x, y, rng)[:, None]
        canvas = torch.lerp(canvas, _colours(rng, n, 0.05, 0.95), mask)
    return canvas + _colour_noise(n, image_px, rng)


def _colour_noise(n: int, image_px: int, rng: np.random.Generator) -> Tensor:
    """Pink noise mostly shared by the three channels, as in photographs."""
    slope = rng.uniform(*SLOPES, n)
    shared, *own = (pink_noise(slope, image_px, rng) for _ in range(4))
    contrast = _column(rng, 0.05, 0.12, n)
    return contrast[:, None] * (shared[:, None] + 0.25 * torch.stack(own, dim=1))


def _distractor(n: int, x: Tensor, y: Tensor, rng: np.random.Generator) -> Tensor:
    """Mask (n, y, x) in [0, 1] of a turned ellipse (power 2) or rounded box (power 6)."""
    centre_x, centre_y = _column(rng, -1.1, 1.1, n), _column(rng, -1.1, 0.9, n)
    width, height = _column(rng, 0.08, 0.5, n), _column(rng, 0.08, 0.5, n)
    angle = _column(rng, 0, np.pi, n)
    power = torch.where(_column(rng, 0, 1, n) < 0.5, 2.0, 6.0)
    u = ((x - centre_x) * angle.cos() + (y - centre_y) * angle.sin()) / width
    v = ((y - centre_y) * angle.cos() - (x - centre_x) * angle.sin()) / height
    radius = (u.abs() ** power + v.abs() ** power) ** (1 / power)
    return torch.sigmoid(30 * torch.minimum(width, height) * (1 - radius))


def _column(rng: np.random.Generator, low: float, high: float, n: int) -> Tensor:
    return torch.from_numpy(rng.uniform(low, high, (n, 1, 1))).float()


def _colours(rng: np.random.Generator, n: int, low: float, high: float) -> Tensor:
    """Colours (n, 3, 1, 1) of any hue, mostly muted as in photographs."""
    grey = rng.uniform(low, high, (n, 1, 1, 1))
    hue = rng.normal(0, 1, (n, 3, 1, 1)) * rng.gamma(1.5, 0.06, (n, 1, 1, 1))
    return torch.from_numpy(grey + hue).float()
