"""Projected gradient descent (Madry et al. 2018), the attack of sections 2.4 and 3.3.

    x <- project(x + step * direction(grad CE(model(x), label)))

direction is the sign (L-inf) or the unit vector (L2) of the gradient; project is onto the
epsilon-ball around the image and onto [0, 1].

DEVIATION from the authors' training code: projection at every step, and no corner start. Theirs
starts in a corner of the ball and projects once, after the last step, so that its iterates leave
the ball; `random_starts(corner=True)` and `project_once` do as theirs.
"""

import torch

from italign.evaluation.attack_balls import climb_, draw_in_ball, project, project_
from italign.evaluation.attack_guards import check_attackable, check_gradients, check_start
from italign.evaluation.attack_passes import loss_gradient

NORMS = ("linf", "l2")


def pgd(model, images, labels, norm, epsilon, n_steps, step_size, random_start=False, seed=0, *,
        start=None, project_once=False):
    """Images that raise a model's cross-entropy, untargeted, within epsilon of the originals.

    Parameters
    ----------
    model : torch.nn.Module
        Images to logits, in evaluation mode: in training mode, batch statistics would be attacked
        and changed. Its mode is never touched and its parameters collect no gradient.
    images : torch.Tensor, (n, channels, height, width), float
        In [0, 1].
    labels : torch.Tensor of int64, (n,)
        True classes.
    norm : {"linf", "l2"}
        Of the ball.
    epsilon : float
        Radius, in pixel units of [0, 1] images; 0 returns the images.
    n_steps : int
        Gradient steps, at least 1.
    step_size : float
        Length of a step in the norm (the paper's code: epsilon / 4).
    random_start : bool
        Start uniformly within the ball instead of at the image (the paper: at the image).
    seed : int
        Of the random start, drawn on the CPU so that devices agree.
    start : torch.Tensor, like `images`, optional
        First iterates, within epsilon of the images, used as they are; see `random_starts`.
    project_once : bool
        Project after the last step only, as the authors' training code: iterates may leave the
        ball and [0, 1], the result does not.

    Returns
    -------
    torch.Tensor, like `images`
        In [0, 1] and within epsilon, detached.

    Raises
    ------
    ValueError
        If settings are out of range, images leave [0, 1], the model is in training mode, two passes
        over the same image disagree, labels are not one output per image, no image has a gradient
        (the attack would do nothing), or a start is of another shape, outside of the ball, or given
        beside `random_start`.
    """
    check_settings(norm, epsilon, n_steps, step_size)
    check_attackable(model, images, labels=labels)
    images = images.detach()
    if epsilon == 0:
        return images.clone()
    attacked = _first_iterates(images, norm, epsilon, random_start, seed, start)
    largest = []
    for _ in range(n_steps):
        _, gradient = loss_gradient(model, attacked, labels)
        largest.append(torch.linalg.vector_norm(gradient, float("inf")))
        climb_(attacked, gradient, norm, step_size)
        if not project_once:
            project_(attacked, images, norm, epsilon)
    # After the loop: looking at a value in it would make a GPU wait at every step.
    check_gradients(torch.stack(largest), len(images))
    return project_(attacked, images, norm, epsilon) if project_once else attacked


def random_starts(images, norm, epsilon, seed, corner=False):
    """First iterates of an attack, drawn on the CPU so that devices agree.

    Parameters
    ----------
    images : torch.Tensor, (n, channels, height, width), float
        In [0, 1].
    norm : {"linf", "l2"}
        Of the ball; corners exist in `linf` only.
    epsilon : float
        Radius, in pixel units of [0, 1] images.
    seed : int
        Of the draw.
    corner : bool
        Each value of an image moves up or down by the whole epsilon (the authors' training code),
        instead of uniformly within the ball.

    Returns
    -------
    torch.Tensor, like `images`
        Within epsilon. In [0, 1], but for corners, which only the attack's projection clips.

    Raises
    ------
    ValueError
        If corners of an L2 ball are asked for.
    """
    if not corner:
        start = images + draw_in_ball(images, norm, epsilon, seed)
        return project(start, images, norm, epsilon)
    if norm != "linf":
        raise ValueError(f"corner starts of norm {norm!r}, expected linf: another ball has no "
                         "corners; set start to uniform, or random_start in training.attack")
    generator = torch.Generator().manual_seed(seed)
    return images + epsilon * torch.randn(images.shape, generator=generator).sign().to(images)


def check_settings(norm, epsilon, n_steps, step_size) -> None:
    """Refuse settings of an attack that are out of range.

    Parameters
    ----------
    norm, epsilon, n_steps, step_size
        As `pgd`.

    Raises
    ------
    ValueError
        With what was found and what is expected.
    """
    if norm not in NORMS:
        raise ValueError(f"norm is {norm!r}, expected one of {', '.join(NORMS)}")
    if not (epsilon >= 0 and n_steps >= 1 and (step_size > 0 or epsilon == 0)):
        raise ValueError(f"epsilon {epsilon}, n_steps {n_steps}, step_size {step_size}: expected "
                         "epsilon of 0 or more, at least 1 step, and a step size above 0")


def adversarial_accuracy(
    model, images, labels, norm, epsilon, n_steps, step_size, random_start, batch_size, seed, *,
    start=None, project_once=False,
):
    """Share of images that a model still classifies correctly after PGD.

    Parameters
    ----------
    model, images, labels, norm, epsilon, n_steps, step_size, random_start
        As `pgd`.
    batch_size : int
        Images attacked at once; changes the result only through the random start.
    seed : int
        Of the random start; each batch draws with the seed plus the number of its first image.
    start, project_once
        As `pgd`; a start is given for all images.

    Returns
    -------
    float
        In [0, 1]; higher is more robust. With an epsilon of 0 the clean accuracy.

    Raises
    ------
    ValueError
        As `pgd`.
    """
    n_correct = 0
    for first in range(0, len(images), batch_size):
        batch = slice(first, first + batch_size)
        attacked = pgd(model, images[batch], labels[batch], norm, epsilon, n_steps, step_size,
                       random_start, seed + first, project_once=project_once,
                       start=None if start is None else start[batch])
        with torch.no_grad():
            n_correct += int((model(attacked).argmax(1) == labels[batch]).sum())
    return n_correct / len(images)


def _first_iterates(images, norm, epsilon, random_start, seed, start):
    if start is None:
        return random_starts(images, norm, epsilon, seed) if random_start else images.clone()
    if random_start:
        raise ValueError("random_start and start are both given, expected one of them: a start "
                         "that is given is not drawn")
    check_start(start, images, norm, epsilon)
    return start.detach().clone()
