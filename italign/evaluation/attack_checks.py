"""Is an attack to be trusted? Signs of hidden gradients (Athalye et al. 2018; Carlini et al. 2019).

huge_epsilon  a radius at which any image can become any other leaves at most chance
more_steps    four times the steps leave no more images
larger_epsilon  twice the radius leaves no more images
random_noise  noise of the same radius breaks no image that the attack left
gradient      every correctly classified image has a gradient, and a finite one
ascent        the loss rises along the gradient and not against it

The second and third judge the last iterate: by any iterate and any smaller radius they would hold
of every model. ASSUME: up to `TOLERANCE` of the images, and one in any case, may flip, since steps
of constant length bounce about a maximum and rounding decides.
"""

import numpy as np
import torch
from torch.nn import functional

from italign.evaluation.attack_balls import climb_, draw_in_ball, project
from italign.evaluation.attack_curves import attack_curve
from italign.evaluation.attack_guards import check_attackable
from italign.evaluation.attack_passes import first_pass, loss_gradient, seeded

CHECKS = ("huge_epsilon", "more_steps", "larger_epsilon", "random_noise", "gradient", "ascent")
TOLERANCE = 0.025  # share of the images
LEAST_ASCENT = 0.9  # share of the images whose loss must rise along the gradient
N_NOISE = 10  # draws of noise per image


def attack_checks(model, images, labels, settings, huge_epsilon_255, seed, batch_size=128):
    """Look for signs that an attack overstates a model's robustness.

    Parameters
    ----------
    model, images, labels
        As `pgd`; a few dozen images are enough.
    settings : dict
        Keyword arguments of `attack_curve`, less the batch size and the seed; the checks are made
        at the largest of its radii.
    huge_epsilon_255 : float
        L-inf radius in 1/255 at which nothing may be left; for L2, the ball around that cube.
    seed : int
        Of starts, noise and draws.
    batch_size : int
        Images of a pass.

    Returns
    -------
    dict of str to (bool, str)
        By check: whether it passed, and one line on what was found and expected.

    Raises
    ------
    ValueError
        As `pgd`, but for gradients that vanish, which are flagged.
    """
    with seeded(seed, images.device):
        check_attackable(model, images, settings.get("n_noise_draws", 1))
        found = {"gradient": _gradient(model, images, labels)}
        try:
            first = first_pass(model, images, labels, batch_size,
                               settings.get("n_noise_draws", 1), seed)
        except ValueError as error:
            found = {name: (False, f"not to be tested: {error}") for name in CHECKS} | found
        else:
            options = {**settings, "batch_size": batch_size, "seed": seed, "first": first}
            found |= _attacked(model, images, labels, options, huge_epsilon_255)
    return {name: found[name] for name in CHECKS}


def choose_images(labels, n_images, seed):
    """Choose some images, as evenly over the categories as their numbers allow.

    Parameters
    ----------
    labels : torch.Tensor of int64, (n,)
        Categories.
    n_images : int
        How many; all, if there are no more.
    seed : int
        Of the choice.

    Returns
    -------
    torch.Tensor of int64, (min(n_images, n),)
        Ascending positions, on the device of the labels.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    shuffled = labels.cpu().numpy()[order]
    # Rank within the category: the first of each, then the second of each, and so on.
    rank = np.array([(shuffled[:i] == label).sum() for i, label in enumerate(shuffled)])
    chosen = order[np.argsort(rank, kind="stable")[:n_images]]
    return torch.from_numpy(np.sort(chosen)).to(labels.device)


def _attacked(model, images, labels, options, huge_epsilon_255):
    """Check what needs the attack; `options` of `attack_curve`."""
    epsilon, norm, n = options["epsilons"][-1], options["norm"], len(images)

    def left(radius, **changes):
        settings = {**options, "epsilons": [radius], **changes}
        return attack_curve(model, images, labels, **settings)[1]

    huge = huge_epsilon_255 / 255 * (images[0].numel() ** 0.5 if norm == "l2" else 1)
    last, longer, larger = (int(left(radius, last_iterate=True, n_steps=n_steps).sum())
                            for radius, n_steps in ((epsilon, options["n_steps"]),
                                                    (epsilon, 4 * options["n_steps"]),
                                                    (2 * epsilon, options["n_steps"])))
    return {
        "huge_epsilon": _at_most_chance(model, images, left(huge), huge_epsilon_255),
        "more_steps": _no_more(last, longer, n, "4 times the steps"),
        "larger_epsilon": _no_more(last, larger, n, "twice the radius"),
        "random_noise": _noise(model, images, labels, left(epsilon), norm, epsilon,
                               options["seed"]),
        "ascent": _ascent(model, images, labels, options["first"], norm,
                          epsilon * options["step_fraction"], options.get("n_noise_draws", 1)),
    }


def _allowed(n_images):
    return max(1, int(TOLERANCE * n_images))


@torch.no_grad()
def _at_most_chance(model, images, left, epsilon_255):
    chance = 1 / model(images[:1]).shape[1]
    share = float(left.float().mean())
    return share <= chance, (f"accuracy {share:.3f} at a radius of {epsilon_255:g}/255, expected "
                             f"at most chance, {chance:.3f}")


def _no_more(before, after, n_images, what):
    allowed = _allowed(n_images)
    return after <= before + allowed, (f"{after} of {n_images} images are left by {what}, expected "
                                       f"at most {before} + {allowed}")


@torch.no_grad()
def _noise(model, images, labels, left, norm, epsilon, seed):
    broken = torch.zeros_like(left)
    for draw in range(N_NOISE):
        noise = draw_in_ball(images, norm, epsilon, seed + draw)
        broken |= model(project(images + noise, images, norm, epsilon)).argmax(1) != labels
    n_broken, allowed = int((broken & left).sum()), _allowed(len(images))
    return n_broken <= allowed, (f"{n_broken} of the {int(left.sum())} images that the attack left "
                                 f"are broken by {N_NOISE} draws of noise, expected at most "
                                 f"{allowed}")


def _gradient(model, images, labels):
    logits, gradient = loss_gradient(model, images, labels)
    largest = gradient.abs().amax((1, 2, 3))[logits.argmax(1) == labels]
    n_useless = int((~(largest.isfinite() & (largest > 0))).sum())
    return n_useless == 0, (f"{n_useless} of {len(largest)} correctly classified images have no "
                            "gradient or one that is not finite, expected none")


@torch.no_grad()
def _ascent(model, images, labels, first, norm, step_size, n_draws):
    there, back = (
        # In 64 bits: the loss of a confident model is near 0.
        sum(functional.cross_entropy(model(moved).double(), labels, reduction="none")
            for _ in range(n_draws))
        for moved in (climb_(images.clone(), first.gradient, norm, sign * step_size)
                      for sign in (1, -1)))
    rises = (there > back)[first.correct]
    share = float(rises.double().mean()) if len(rises) else 1.0
    return share >= LEAST_ASCENT, (f"the loss is higher along the gradient than against it in "
                                   f"{share:.2f} of {len(rises)} images, expected at least "
                                   f"{LEAST_ASCENT}")
