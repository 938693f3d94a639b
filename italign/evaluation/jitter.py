"""Held-out images moved as in training: what the original code measured on, for comparison."""

from torch import Tensor

from italign.training.augmentation import random_affine
from italign.training.schedule import step_generator


def jitter_images(images: Tensor, jitter: dict | None, seed: int) -> Tensor:
    """Move each image by its own draw, the same for every checkpoint of a run.

    Parameters
    ----------
    images : torch.Tensor
        uint8 (n, y, x, channel).
    jitter : dict or None
        Keyword arguments of `random_affine`; None: images as they are.
    seed : int
        Of the run.

    Returns
    -------
    torch.Tensor
        uint8, same shape.

    DEVIATION: the original code draws anew at every validation.
    """
    if jitter is None:
        return images
    moved = random_affine(images, step_generator(seed, 0, "validation"), **jitter)
    return moved.mul_(255).round_().to(images.dtype).permute(0, 2, 3, 1)
