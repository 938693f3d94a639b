"""Is an attack to be trusted? Signs of hidden gradients (Athalye et al. 2018; Carlini et al. 2019).

huge_epsilon  a radius at which any image can become any other leaves at most chance
more_steps    four times the steps leave no more images
larger_epsilon  twice the radius leaves no more images
random_noise  noise of the same radius breaks no image that the attack left
gradient      every image has a gradient, and a finite one
ascent        the loss rises along the gradient and not against it

Of images that are classified correctly: the others tell nothing. Why only chance may be left: at
128/255 every image can become the same grey, which a model gives one name, so that at most the
images of that category are left; where all are of one category, nothing is to be learnt from it.

The second and third judge the last iterate: by any iterate and any smaller radius they would hold
of every model. ASSUME: up to `TOLERANCE` of the images, and one in any case, may flip, since steps
of constant length bounce about a maximum and rounding decides.
"""

import numpy as np
import torch
from torch.nn import functional

from italign.evaluation.attack_balls import climb_, draw_in_ball, project
from italign.evaluation.attack_curves import attack_curve
from italign.evaluation.attack_passes import FirstPass, check_first, look_at_all, seeded, wrong

CHECKS = ("huge_epsilon", "more_steps", "larger_epsilon", "random_noise", "gradient", "ascent")
LEAST_IMAGES = 5  # fewer tell nothing: one in any case may flip
TOLERANCE = 0.025  # share of the images
DESCENT = 0.1  # share of the images whose loss need not rise along the gradient; one in any case
N_NOISE = 10  # draws of noise per image


def attack_checks(model, images, labels, settings, *, n_images, huge_epsilon_255, batch_size, seed,
                  first=None):
    """Look for signs that an attack overstates a model's robustness.

    Parameters
    ----------
    model, images, labels
        As `pgd`.
    settings : dict
        Keyword arguments of `attack_curve`, less those below; the checks are made at the largest of
        its radii.
    n_images : int
        How many of the correctly classified images are tested, spread over the categories; a few
        dozen are enough.
    huge_epsilon_255 : float
        L-inf radius in 1/255 at which at most chance may be left, 127.5 or more; for L2, the ball
        around that cube.
    batch_size : int
        Images of a pass.
    seed : int
        Of the choice, starts, noise and draws.
    first : FirstPass, optional
        As `attack_curve`.

    Returns
    -------
    n_tested : int
        Images.
    found : dict of str to (bool or None, str)
        By check: whether it passed, None where it could not be tested, and one line on what was
        found and expected.

    Raises
    ------
    ValueError
        As `pgd`, but for gradients that vanish, which are flagged.
    """
    n_draws = settings.get("n_noise_draws", 1)
    if first is None:
        first = look_at_all(model, images, labels, batch_size, n_draws, seed)
    correct = first.correct.nonzero()[:, 0]
    some = correct[choose_images(labels[correct], n_images, seed)]
    if len(some) < LEAST_IMAGES:
        message = (f"not tested: {len(some)} images are classified correctly, expected at least "
                   f"{LEAST_IMAGES}")
        return len(some), {name: (None, message) for name in CHECKS}
    first = FirstPass(first.correct[some], first.gradient[some])
    options = {**settings, "batch_size": batch_size, "seed": seed, "first": first}
    found = {"gradient": _gradient(first)}
    with seeded(seed, images.device):
        try:
            check_first(first)
        except ValueError as error:
            found = {name: (False, f"not to be tested: {error}") for name in CHECKS} | found
        else:
            found |= _attacked(model, images[some], labels[some], options, huge_epsilon_255)
    return len(some), {name: found[name] for name in CHECKS}


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
    n_draws = options.get("n_noise_draws", 1)

    def left(radius, **changes):
        settings = {**options, "epsilons": [radius], **changes}
        return attack_curve(model, images, labels, **settings)[1]

    huge = huge_epsilon_255 / 255 * (images[0].numel() ** 0.5 if norm == "l2" else 1)
    last, longer, larger = (int(left(radius, last_iterate=True, n_steps=n_steps).sum())
                            for radius, n_steps in ((epsilon, options["n_steps"]),
                                                    (epsilon, 4 * options["n_steps"]),
                                                    (2 * epsilon, options["n_steps"])))
    return {
        "huge_epsilon": _at_most_chance(labels, left(huge), huge, norm),
        "more_steps": _no_more(last, longer, n, "4 times the steps"),
        "larger_epsilon": _no_more(last, larger, n, "twice the radius"),
        "random_noise": _noise(model, images, labels, left(epsilon), norm, epsilon, n_draws,
                               options["seed"]),
        "ascent": _ascent(model, images, labels, options["first"].gradient, norm,
                          epsilon * options["step_fraction"], n_draws),
    }


def _allowed(n_images, share=TOLERANCE):
    return max(1, int(share * n_images))


def _at_most_chance(labels, left, epsilon, norm):
    n_left, n, most = int(left.sum()), len(labels), int(labels.bincount().max())
    if most == n:
        return None, f"not tested: all {n} correctly classified images are of one category"
    return n_left <= most, (f"{n_left} of {n} images are left at {norm} radius {epsilon:.3g}, "
                            f"expected at most chance, the {most} of one category")


def _no_more(before, after, n_images, what):
    allowed = _allowed(n_images)
    return after <= before + allowed, (f"{after} of {n_images} images are left by {what}, expected "
                                       f"at most {before} + {allowed}")


def _noise(model, images, labels, left, norm, epsilon, n_draws, seed):
    broken = torch.zeros_like(left)
    for draw in range(N_NOISE):
        noise = draw_in_ball(images, norm, epsilon, seed + draw)
        broken |= wrong(model, project(images + noise, images, norm, epsilon), labels, n_draws)
    n_broken, allowed = int((broken & left).sum()), _allowed(len(images))
    return n_broken <= allowed, (f"{n_broken} of the {int(left.sum())} images that the attack left "
                                 f"are broken by {N_NOISE} draws of noise, expected at most "
                                 f"{allowed}")


def _gradient(first):
    largest = first.gradient.abs().amax((1, 2, 3))
    n_useless = int((~(largest.isfinite() & (largest > 0))).sum())
    return n_useless == 0, (f"{n_useless} of {len(largest)} correctly classified images have no "
                            "gradient or one that is not finite, expected none")


@torch.no_grad()
def _ascent(model, images, labels, gradient, norm, step_size, n_draws):
    there, back = (
        # In 64 bits: the loss of a confident model is near 0.
        sum(functional.cross_entropy(model(moved).double(), labels, reduction="none")
            for _ in range(n_draws))
        for moved in (climb_(images.clone(), gradient, norm, sign * step_size) for sign in (1, -1)))
    n_not, allowed = int((there <= back).sum()), _allowed(len(images), DESCENT)
    return n_not <= allowed, (f"the loss is no higher along the gradient than against it in "
                              f"{n_not} of {len(images)} images, expected at most {allowed}")
