"""How the simulated cortex is made robust: attacks of growing radius and pixel noise."""

import torch
from torch import Tensor, nn

from italign.evaluation.robustness import pgd
from italign.training.classifier import Perturb
from italign.training.schedule import step_generator, step_seed

# Step of a fast attack in units of its radius (Wong, Rice & Kolter 2020).
STEP_FRACTION = 1.25


def attack_radius(progress: float, epsilon: float, clean_fraction: float,
                  ramp_fraction: float) -> float:
    """Radius at a point of training: none at first, then growing: robust features come slowly.

    Parameters
    ----------
    progress : float
        Share of the training done, in [0, 1].
    epsilon : float
        Final radius.
    clean_fraction, ramp_fraction : float
        Shares of the training before the first attack, and while the radius grows.

    Returns
    -------
    float
        In [0, epsilon].
    """
    return min(max((progress - clean_fraction) / ramp_fraction, 0.0), 1.0) * epsilon


def hardening(*, n_steps: int, epsilon_255: float, clean_fraction: float, ramp_fraction: float,
              attacked_share: float, attack_steps: int, noise_sd: float, seed: int) -> Perturb:
    """Make the perturbation of training images: attack a share of each batch, add noise to all.

    Parameters
    ----------
    n_steps : int
        Length of the training.
    epsilon_255 : float
        Final L-inf radius, in 1/255.
    clean_fraction, ramp_fraction : float
        See `attack_radius`.
    attacked_share : float
        Share of each batch that is attacked.
    attack_steps : int
        PGD steps, from a random start.
    noise_sd : float
        SD of Gaussian pixel noise, images in [0, 1].
    seed : int
        Of noise and starts.

    Returns
    -------
    callable
        For `train_classifier`: (model, images, labels, step) -> images.
    """

    def perturb(model: nn.Module, images: Tensor, labels: Tensor, step: int) -> Tensor:
        epsilon = attack_radius(step / n_steps, epsilon_255 / 255, clean_fraction, ramp_fraction)
        n_attacked = round(attacked_share * len(images))
        if epsilon > 0 and n_attacked:
            attacked = pgd(model.eval(), images[:n_attacked], labels[:n_attacked], norm="linf",
                           epsilon=epsilon, n_steps=attack_steps,
                           step_size=STEP_FRACTION * epsilon / attack_steps, random_start=True,
                           seed=step_seed(seed, step, "attack"))
            images = torch.cat([attacked, images[n_attacked:]])
        noise = torch.randn(images.shape, generator=step_generator(seed, step, "noise"))
        return (images + noise_sd * noise.to(images.device)).clamp(0, 1)

    return perturb
