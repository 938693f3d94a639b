"""The balls around images in which attacks stay: draws, steps, projection, lengths."""

import torch


def project(attacked, images, norm, epsilon):
    """The nearest change within the ball, then clipped to [0, 1].

    Parameters
    ----------
    attacked, images : torch.Tensor, (n, channels, height, width)
        Changed images, and the images that the balls lie around, in [0, 1].
    norm : {"linf", "l2"}
        Of the ball.
    epsilon : float
        Radius, in pixel units of [0, 1] images.

    Returns
    -------
    torch.Tensor, like `images`
        Detached.
    """
    return project_(attacked.clone(), images, norm, epsilon).detach()


def project_(attacked, images, norm, epsilon):
    """`project` in the memory of its first argument, which must require no gradient.

    Parameters
    ----------
    attacked, images, norm, epsilon
        As `project`.

    Returns
    -------
    torch.Tensor
        `attacked`.
    """
    change = attacked.sub_(images)
    if norm == "linf":
        change.clamp_(-epsilon, epsilon)
    else:
        change.mul_((epsilon / lengths(change)).clamp_max(1))
    # Images lie in [0, 1] themselves, so clipping to it only shortens the change.
    return change.add_(images).clamp_(0, 1)


def climb_(attacked, gradient, norm, step_size):
    """Move images along the gradient, by a step of a given length in the norm, in their memory.

    Parameters
    ----------
    attacked, gradient : torch.Tensor, (n, channels, height, width)
        Images to move, not yet projected afterwards, and the gradient of the loss there.
    norm, step_size
        As `pgd`.

    Returns
    -------
    torch.Tensor
        `attacked`. Where the gradient is 0, nothing moves.
    """
    direction = gradient.sign() if norm == "linf" else gradient / lengths(gradient)
    return attacked.add_(direction.mul_(step_size))


def draw_in_ball(images, norm, epsilon, seed):
    """Changes of images, uniform in the ball, drawn on the CPU so that devices agree.

    Parameters
    ----------
    images : torch.Tensor, (n, channels, height, width)
        For the shape, dtype and device only.
    norm, epsilon
        As `project`.
    seed : int
        Of the draw.

    Returns
    -------
    torch.Tensor, like `images`
    """
    generator = torch.Generator().manual_seed(seed)
    if norm == "linf":
        draw = 2 * torch.rand(images.shape, generator=generator) - 1
    else:
        direction = torch.randn(images.shape, generator=generator)
        # Volume grows as radius^n: uniform in the ball means radius = u^(1/n).
        radius = torch.rand(len(images), 1, 1, 1, generator=generator) ** (1 / images[0].numel())
        draw = radius * direction / lengths(direction)
    return epsilon * draw.to(images)


def lengths(values):
    """L2 norm of each image.

    Parameters
    ----------
    values : torch.Tensor, (n, channels, height, width)
        Gradients or changes; squares may lie below the range of their dtype.

    Returns
    -------
    torch.Tensor, (n, 1, 1, 1)
        Above 0.
    """
    pixels, tiny = (1, 2, 3), torch.finfo(values.dtype).tiny
    # Scaled by the largest entry: squares of small gradients vanish in fp32.
    largest = values.abs().amax(pixels, keepdim=True).clamp_min(tiny)
    size = largest * (values / largest).square_().sum(pixels, keepdim=True).sqrt()
    return size.clamp_min(tiny)
