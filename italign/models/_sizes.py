"""How large a network is, known before it is built and without importing torch."""

from dataclasses import dataclass
from math import ceil

V1, V2, V4, IT = 64, 128, 256, 512  # published channels of CORnet-S
CORNET_STEPS = ((V1, V2, 2), (V2, V4, 4), (V4, IT, 2))  # channels in, channels out, time steps

# Millions of parameters, thousand millions of multiply-adds and millions of activations (outputs
# of all layers) per image of 224 px with 1,000 outputs. The first two are torchvision's own
# (weights' meta: num_params, _ops) where its weights are of 224 px, the others were counted on its
# networks.
TORCHVISION = {
    "alexnet": (61.1, 0.714, 1.1),
    "vgg11": (132.9, 7.609, 23.9),
    "vgg13": (133.1, 11.308, 38.3),
    "vgg16": (138.4, 15.470, 42.2),
    "vgg19": (143.7, 19.632, 46.1),
    "resnet18": (11.7, 1.814, 7.5),
    "resnet34": (21.8, 3.664, 11.2),
    "resnet50": (25.6, 4.089, 32.0),
    "resnet101": (44.5, 7.801, 47.4),
    "resnet152": (60.2, 11.514, 66.4),
    "densenet121": (8.0, 2.834, 38.6),
    "densenet161": (28.7, 7.728, 70.4),
    "densenet169": (14.1, 3.360, 45.6),
    "densenet201": (20.0, 4.291, 57.6),
    "resnext50_32x4d": (25.0, 4.230, 41.9),
    "resnext101_32x8d": (88.8, 16.414, 92.3),
    "resnext101_64x4d": (83.5, 15.460, 92.3),
    "wide_resnet50_2": (68.9, 11.398, 41.9),
    "wide_resnet101_2": (126.9, 22.753, 62.4),
    "convnext_tiny": (28.6, 4.456, 31.4),
    "convnext_small": (50.2, 8.684, 50.4),
    "convnext_base": (88.6, 15.355, 67.2),
    "convnext_large": (197.8, 34.361, 100.8),
    "vit_b_16": (86.6, 17.564, 31.3),
    "vit_b_32": (88.2, 4.409, 7.9),
    "vit_l_16": (304.3, 61.555, 82.9),
    "vit_l_32": (306.5, 15.378, 21.0),
    "vit_h_14": (632.0, 167.295, 179.9),
    "efficientnet_b0": (5.3, 0.386, 19.9),
    "efficientnet_b1": (7.8, 0.570, 27.7),
    "efficientnet_b2": (9.1, 0.659, 29.0),
    "efficientnet_b3": (12.2, 0.963, 38.5),
    "efficientnet_b4": (19.3, 1.504, 50.6),
    "efficientnet_b5": (30.4, 2.356, 69.7),
    "efficientnet_b6": (43.0, 3.360, 89.2),
    "efficientnet_b7": (66.3, 5.170, 119.5),
    "efficientnet_v2_s": (21.5, 2.850, 36.9),
    "efficientnet_v2_m": (54.1, 5.362, 59.4),
    "efficientnet_v2_l": (118.5, 12.231, 104.7),
    "mobilenet_v2": (3.5, 0.301, 19.5),
    "mobilenet_v3_small": (2.5, 0.057, 4.1),
    "mobilenet_v3_large": (5.5, 0.217, 12.6),
}

# Of files of this package, the same, counted.
OWN = {"efficientnet_lite0": (4.65, 0.385, 19.6)}


@dataclass(frozen=True)
class NetworkSize:
    """Parameters; multiply-adds and activations of one image's forward pass."""

    n_parameters: float
    macs: float
    n_activations: float


def network_size(model: dict, image_px: int) -> NetworkSize:
    """Size of a network with 1,000 outputs.

    Parameters
    ----------
    model : dict
        Config entry ``training.model``: ``name``, and for CORnet-S ``width`` (default 1) and
        ``bottleneck`` (default 4); other keys do not matter.
    image_px : int
        Side of the images, pixels.

    Returns
    -------
    NetworkSize
        Exact for CORnet-S, from tables for the others; a network that is not listed counts as the
        largest of torchvision's.
    """
    if model["name"] == "cornet_s":
        return _cornet_s(model.get("width") or 1.0, model.get("bottleneck") or 4, image_px)
    largest = tuple(max(column) for column in zip(*TORCHVISION.values(), strict=True))
    name = model["name"].removesuffix("_bn")
    n_parameters, macs, n_activations = {**OWN, **TORCHVISION}.get(name, largest)
    area = (image_px / 224) ** 2
    return NetworkSize(1e6 * n_parameters, 1e9 * macs * area, 1e6 * n_activations * area)


def _cornet_s(width: float, bottleneck: int, image_px: int) -> NetworkSize:
    """Sum over the layers of `italign.models.cornet_s`."""
    channels = {n: max(1, round(n * width)) for n in (V1, V2, V4, IT)}
    half = ceil(image_px / 2)
    side = ceil(half / 2)
    stem = channels[V1]
    # Of one layer: weights, places of its output, times it is applied, output channels.
    layers = [(3 * 49 * stem, half**2, 1, stem), (9 * stem * stem, side**2, 1, stem)]
    for below, above, n_steps in CORNET_STEPS:
        layers += _block(channels[below], channels[above], n_steps, bottleneck, side)
        side = ceil(side / 2)
    top = channels[IT]
    norms = 2 * (2 * stem + sum(_norm_width(channels[n], steps, bottleneck)
                                for _, n, steps in CORNET_STEPS))
    return NetworkSize(
        sum(weights for weights, *_ in layers) + norms + 1000 * top + 1000,
        sum(weights * places * times for weights, places, times, _ in layers) + 1000 * top,
        # The output of a convolution, normalised, and rectified.
        3 * sum(n_out * places * times for _, places, times, n_out in layers),
    )


def _block(
    n_in: int, n_out: int, n_steps: int, bottleneck: int, side: int
) -> list[tuple[int, int, int, int]]:
    """Layers of a recurrent block, whose first step halves the resolution; see `_cornet_s`."""
    wide, before, after = n_out * bottleneck, side**2, ceil(side / 2) ** 2
    # conv1 runs before the stride in the first step and after it in the others: its weights are
    # counted once.
    return [
        (n_in * n_out, before, 1, n_out),
        (n_out * n_out, after, 1, n_out),
        (n_out * wide, before + (n_steps - 1) * after, 1, wide),
        (9 * wide * wide, after, n_steps, wide),
        (wide * n_out, after, n_steps, n_out),
    ]


def _norm_width(n_out: int, n_steps: int, bottleneck: int) -> int:
    """Channels of all batch norms of a block: one of the skip, three of each time step."""
    return n_out + n_steps * (2 * bottleneck + 1) * n_out
