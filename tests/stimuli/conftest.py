"""Shared by the tests of the stimuli: silhouettes through the public renderer."""

import numpy as np
import pytest
import torch

from italign.stimuli.rendering import render
from italign.stimuli.scenes import Poses


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def poses():
    """Give a function (n, rotation_deg, position_deg, size) -> Poses, canonical by default."""

    def make(n=1, rotation_deg=(0, 0, 0), position_deg=(0, 0), size=1.0):
        return Poses(
            np.broadcast_to(np.asarray(rotation_deg, float), (n, 3)),
            np.broadcast_to(np.asarray(position_deg, float), (n, 2)),
            np.broadcast_to(np.asarray(size, float), (n,)),
        )

    return make


@pytest.fixture
def silhouette():
    """Give a function (objects, poses) -> coverage (n, y, x): what a background shows through."""

    def make(objects, poses, image_px=64):
        shape = (len(objects), image_px, image_px, 3)
        on_black, on_white = (
            render(objects, poses, backgrounds=np.full(shape, level, np.uint8), image_px=image_px)
            for level in (0, 255)
        )
        return 1 - (on_white[..., 0] - on_black[..., 0].astype(float)) / 255

    return make
