"""What would make an attack meaningless is refused before it starts."""

import torch


def check_attackable(model, images, n_noise_draws=1, labels=None) -> None:
    """Refuse what would make an attack meaningless: see the errors of `pgd`.

    Parameters
    ----------
    model : torch.nn.Module
        Images to logits.
    images : torch.Tensor, (n, channels, height, width)
        At least one.
    n_noise_draws : int
        Passes that the attack averages; with more than one, two passes may disagree.
    labels : torch.Tensor of int64, (n,), optional
        True classes, checked if given.

    Raises
    ------
    ValueError
        If images are not floats in [0, 1], the model is in training mode, two passes disagree, the
        outputs are probabilities, or labels are not one output per image.
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
    if n_noise_draws == 1 and not torch.allclose(first, second, rtol=1e-3, atol=1e-5):
        difference = float((first - second).abs().max())
        raise ValueError(f"two passes over the same images differ by {difference:.3g} in logits, "
                         "expected none: a random model needs an attack that averages passes; "
                         "set n_noise_draws above 1")
    if bool((first >= 0).all()) and torch.allclose(first.sum(1), torch.ones_like(first[:, 0])):
        raise ValueError("the model gives probabilities (rows sum to 1), expected logits: "
                         "softmax saturates and hides gradients from the attack")
    if labels is not None:
        _check_labels(labels, len(images), first.shape[1])


def check_start(start, images, norm, epsilon) -> None:
    """Refuse first iterates of other images: another shape, or outside of their epsilon-balls.

    Parameters
    ----------
    start, images : torch.Tensor, (n, channels, height, width)
        First iterates and the images they belong to.
    norm, epsilon
        As `pgd`.

    Raises
    ------
    ValueError
        If the shapes differ, or a start lies further than epsilon from its image.
    """
    if start.shape != images.shape:
        raise ValueError(f"start has shape {tuple(start.shape)}, expected that of the images, "
                         f"{tuple(images.shape)}: draw it for the same batch (random_starts)")
    furthest, is_inside = furthest_change(start, images, norm, epsilon)
    if not is_inside:
        raise ValueError(f"start lies up to {furthest:.3g} from the images in {norm}, expected at "
                         f"most epsilon, {epsilon:.3g}: draw it for the same images and epsilon")


def furthest_change(changed, images, norm, epsilon):
    """How far images were moved, and whether that is within a radius but for rounding.

    Parameters
    ----------
    changed, images : torch.Tensor, (n, channels, height, width)
        Of the same shape.
    norm, epsilon
        As `pgd`.

    Returns
    -------
    furthest : float
        Largest distance of an image from its original.
    is_inside : bool
        False for a distance that is not a number, too.
    """
    change = (changed - images).flatten(1)
    furthest = float(change.abs().max() if norm == "linf" else change.norm(dim=1).max())
    return furthest, furthest <= epsilon * (1 + 1e-4) + 1e-6  # x + epsilon - x is rounded


def check_gradients(largest, n_images, may_vanish=False) -> None:
    """Refuse gradients that are not finite, or that vanish in every image of a pass.

    Parameters
    ----------
    largest : torch.Tensor, (n_passes,)
        Largest absolute entry of the gradient in each pass, or of each image.
    n_images : int
        That were looked at, for the message.
    may_vanish : bool
        Whether 0 passes: a few images may well have none, a whole set not.

    Raises
    ------
    ValueError
        With the first such value.
    """
    fine = largest.isfinite() & ((largest > 0) | may_vanish)
    if not bool(fine.all()):
        expected, reason = ("a finite value", "breaks gradients") if may_vanish else (
            "a finite value above 0",
            "hides or breaks gradients, or its loss is 0 to machine precision")
        raise ValueError(f"the largest gradient over {n_images} images is "
                         f"{float(largest[~fine][0]):.3g}, expected {expected}: the model {reason}")


def _check_labels(labels, n_images, n_outputs):
    if labels.dtype != torch.int64 or labels.shape != (n_images,):
        raise ValueError(f"labels are {labels.dtype} of shape {tuple(labels.shape)}, expected "
                         f"torch.int64 of shape ({n_images},): one per image")
    low, high = (int(bound) for bound in torch.aminmax(labels))
    if low < 0 or high >= n_outputs:
        raise ValueError(f"labels lie in {low} to {high}, expected 0 to {n_outputs - 1}: the model "
                         f"has {n_outputs} outputs; count labels in their order")
