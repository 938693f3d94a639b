"""Projected gradient descent (Madry et al. 2018), the attack of sections 2.4 and 3.3.

    x <- project(x + step * direction(grad CE(model(x), label)))

direction is the sign (L-inf) or the unit vector (L2) of the gradient; project is onto the
epsilon-ball around the image and onto [0, 1].

DEVIATION from the authors' training code: projection at every step. Theirs projects once, after the
last step, so that its iterates leave the ball.
"""

import torch
from torch.nn import functional

NORMS = ("linf", "l2")


def pgd(model, images, labels, norm, epsilon, n_steps, step_size, random_start=False, seed=0):
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

    Returns
    -------
    torch.Tensor, like `images`
        In [0, 1] and within epsilon, detached.

    Raises
    ------
    ValueError
        If settings are out of range, images leave [0, 1], the model is in training mode, two passes
        over the same image disagree, or no image has a gradient (the attack would do nothing).
    """
    _check_settings(norm, epsilon, n_steps, step_size)
    check_attackable(model, images)
    if epsilon == 0:
        return images.clone()
    attacked = images.clone()
    if random_start:
        start = images + _draw_in_ball(images, norm, epsilon, seed)
        attacked = _project(start, images, norm, epsilon)
    for _ in range(n_steps):
        step = step_size * _direction(_gradient(model, attacked, labels), norm)
        attacked = _project(attacked + step, images, norm, epsilon)
    return attacked


def adversarial_accuracy(
    model, images, labels, norm, epsilon, n_steps, step_size, random_start, batch_size, seed
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
    for start in range(0, len(images), batch_size):
        batch = slice(start, start + batch_size)
        attacked = pgd(model, images[batch], labels[batch], norm, epsilon, n_steps, step_size,
                       random_start, seed + start)
        with torch.no_grad():
            n_correct += int((model(attacked).argmax(1) == labels[batch]).sum())
    return n_correct / len(images)


def check_attackable(model, images) -> None:
    """Refuse what would make an attack meaningless: see the errors of `pgd`.

    Parameters
    ----------
    model : torch.nn.Module
        Images to logits.
    images : torch.Tensor, (n, channels, height, width)
        At least one.

    Raises
    ------
    ValueError
        If images are not floats in [0, 1], the model is in training mode, two passes disagree, or
        the outputs are probabilities.
    """
    if not images.is_floating_point() or images.ndim != 4 or not len(images):
        raise ValueError(f"images are {images.dtype} of shape {tuple(images.shape)}, expected "
                         "floats in [0, 1] of shape (n, channels, height, width) with n > 0")
    low, high = (float(bound) for bound in torch.aminmax(images.detach()))
    if not (low >= 0 and high <= 1):
        raise ValueError(f"images lie in [{low:.3g}, {high:.3g}], expected [0, 1]: divide uint8 by "
                         "255; the model normalises inside")
    training = [name or "the model" for name, part in model.named_modules() if part.training]
    if training:
        raise ValueError(f"{len(training)} modules are in training mode ({training[0]}), expected "
                         "evaluation mode: call model.eval() before, and train() after")
    with torch.no_grad():
        first, second = model(images[:2]), model(images[:2])
    if not torch.allclose(first, second, rtol=1e-3, atol=1e-5):
        difference = float((first - second).abs().max())
        raise ValueError(f"two passes over the same images differ by {difference:.3g} in logits, "
                         "expected none: a random model needs an attack that averages passes")
    if bool((first >= 0).all()) and torch.allclose(first.sum(1), torch.ones_like(first[:, 0])):
        raise ValueError("the model gives probabilities (rows sum to 1), expected logits: "
                         "softmax saturates and hides gradients from the attack")


def _check_settings(norm, epsilon, n_steps, step_size):
    if norm not in NORMS:
        raise ValueError(f"norm is {norm!r}, expected one of {', '.join(NORMS)}")
    if not (epsilon >= 0 and n_steps >= 1 and (step_size > 0 or epsilon == 0)):
        raise ValueError(f"epsilon {epsilon}, n_steps {n_steps}, step_size {step_size}: expected "
                         "epsilon of 0 or more, at least 1 step, and a step size above 0")


def _gradient(model, images, labels):
    images = images.detach().requires_grad_()
    with torch.enable_grad():
        # A sum, not a mean: an image's gradient must not shrink with the batch.
        loss = functional.cross_entropy(model(images), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, images)
    size = float(gradient.abs().amax())
    if not 0 < size < float("inf"):
        raise ValueError(f"the largest gradient over {len(images)} images is {size:.3g}, expected "
                         "a finite value above 0: the model hides or breaks gradients, or its loss "
                         "is 0 to machine precision")
    return gradient


def _direction(gradient, norm):
    if norm == "linf":
        return gradient.sign()
    return gradient / _lengths(gradient)


def _project(attacked, images, norm, epsilon):
    change = attacked - images
    if norm == "linf":
        change = change.clamp(-epsilon, epsilon)
    else:
        change = change * (epsilon / _lengths(change)).clamp_max(1)
    # Images lie in [0, 1] themselves, so clipping to it only shortens the change.
    return (images + change).clamp(0, 1).detach()


def _draw_in_ball(images, norm, epsilon, seed):
    generator = torch.Generator().manual_seed(seed)
    if norm == "linf":
        draw = 2 * torch.rand(images.shape, generator=generator) - 1
    else:
        direction = torch.randn(images.shape, generator=generator)
        # Volume grows as radius^n: uniform in the ball means radius = u^(1/n).
        radius = torch.rand(len(images), 1, 1, 1, generator=generator) ** (1 / images[0].numel())
        draw = radius * direction / _lengths(direction)
    return epsilon * draw.to(images)


def _lengths(values):
    """L2 norm of each image, (n, 1, 1, 1), above 0."""
    pixels, tiny = (1, 2, 3), torch.finfo(values.dtype).tiny
    # Scaled by the largest entry: squares of small gradients vanish in fp32.
    largest = values.abs().amax(pixels, keepdim=True).clamp_min(tiny)
    lengths = largest * (values / largest).square().sum(pixels, keepdim=True).sqrt()
    return lengths.clamp_min(tiny)
