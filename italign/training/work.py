"""How much a job with a network computes, known before it runs and without importing torch.

Multiply-adds of its forward and backward passes; a backward pass counts as two forward ones.
"""

from italign.models._sizes import network_size

TRAINED_PASS = 3  # forward, and twice that backward


def step_macs(model: dict, image_px: int, batch_size: int) -> float:
    """Multiply-adds of one gradient step on two batches.

    Parameters
    ----------
    model, image_px
        See `network_size`.
    batch_size : int
        Images of each of the two batches.
    """
    return TRAINED_PASS * 2 * batch_size * network_size(model, image_px).macs


def training_macs(
    model: dict, image_px: int, batch_size: int, n_steps: int, attack_steps: int, n_validated: int
) -> float:
    """Multiply-adds of a training job.

    Parameters
    ----------
    model, image_px, batch_size
        See `step_macs`.
    n_steps : int
        Gradient steps of the job.
    attack_steps : int
        PGD steps per gradient step, on one of the two batches; 0 without adversarial training.
    n_validated : int
        Images of all its validations together.
    """
    step = step_macs(model, image_px, batch_size)
    steps = n_steps * (1 + attack_steps / 2) * step
    return steps + n_validated * network_size(model, image_px).macs


def passes_macs(model: dict, image_px: int, n_images: float, n_passes: float) -> float:
    """Multiply-adds of so many forward passes over so many images."""
    return n_passes * n_images * network_size(model, image_px).macs
