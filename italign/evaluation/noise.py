"""Accuracy on images with Gaussian noise: what no attack chose.

The images are clip(x + sd * z, 0, 1), with z ~ N(0, 1) for every value of every image.
"""

import torch

from italign.evaluation.attack_guards import check_attackable


@torch.no_grad()
def noise_curve(model, images, labels, *, sds, batch_size, seed):
    """Which images a model classifies correctly under pixel noise of several SDs.

    Parameters
    ----------
    model, images, labels
        As `pgd`.
    sds : sequence of float
        SD of the noise in pixel units of [0, 1] images, 0 or more.
    batch_size : int
        Images of a pass; changes no result.
    seed : int
        Of the noise, drawn on the CPU so that devices agree. All models and SDs see the same
        draws, scaled: their differences are not those of the draws.

    Returns
    -------
    torch.Tensor of bool, (n_sds, n)
        Whether each image is classified correctly.

    Raises
    ------
    ValueError
        If an SD is below 0, or as `pgd` for images, labels and models, which may have noise.
    """
    if wrong := [sd for sd in sds if not 0 <= sd < float("inf")]:
        raise ValueError(f"noise SDs are {wrong}, expected 0 or more")
    # A model with noise of its own may be measured too: nothing here needs its gradient.
    check_attackable(model, images, n_noise_draws=2, labels=labels)
    draws = torch.randn(images.shape, generator=torch.Generator().manual_seed(seed))
    correct = torch.zeros(len(sds), len(images), dtype=torch.bool, device=images.device)
    for batch in torch.arange(len(images)).split(batch_size):
        noise = draws[batch].to(images)
        for row, sd in zip(correct, sds, strict=True):
            noisy = (images[batch] + sd * noise).clamp(0, 1)
            row[batch] = model(noisy).argmax(1) == labels[batch]
    return correct
