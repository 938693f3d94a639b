"""A small network that has learnt which quadrant is brighter, and images it has not seen."""

from functools import cache

import torch
from torch import nn

SIDE = 8


def quadrants(n, seed):
    """Images of noise with one brighter quadrant of four, and which one it is."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(4, (n,), generator=generator)
    images = 0.2 + 0.4 * torch.rand((n, 3, SIDE, SIDE), generator=generator)
    contrast = 0.05 + 0.25 * torch.rand((n, 1), generator=generator)
    bright = contrast * nn.functional.one_hot(labels, 4)
    images += nn.functional.interpolate(bright.view(n, 1, 2, 2), size=SIDE, mode="nearest")
    return images.contiguous(memory_format=torch.channels_last), labels


@cache
def trained():
    """Model in evaluation mode, 240 held-out images and their labels."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Flatten(), nn.Linear(16 * 16, 4))
        images, labels = quadrants(1000, seed=1)
        optimiser = torch.optim.Adam(model.parameters(), 0.005, weight_decay=1e-4)
        for step in range(80):
            batch = torch.arange(128) + 37 * step
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(model(images[batch % 1000]), labels[batch % 1000])
            loss.backward()
            optimiser.step()
        optimiser.zero_grad()
    return model.eval(), *quadrants(240, seed=2)
