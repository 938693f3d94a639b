"""What a training job will need, from the size of its network: memory, minutes, share of a GPU.

Upper estimates for a scheduler, known before anything runs and without importing torch. They
count what grows (weights, activations, multiply-adds) and assume what a machine does per second.
"""

from dataclasses import dataclass
from math import ceil

GPU_SLOTS = 4  # of one GPU, see `gpu_slots`

# ASSUME: bytes per weight in fp32: itself, gradient, momentum, and a copy while the state is
# written. 16-bit passes need less; the estimate stays.
BYTES_PER_PARAMETER = 16
# ASSUME: bytes per activation: fp32, and a quarter for gradients and workspace in flight.
BYTES_PER_ACTIVATION = 5
RUNTIME_MB = 2000  # interpreter, torch, CUDA context, augmentation
# ASSUME: multiply-adds per second in training: fp32 on a GPU of 2018 at a quarter of its peak, and
# on one core at a fifth of what our smallest network reached on a virtual EPYC.
GPU_MACS_PER_S, CORE_MACS_PER_S = 2e12, 6e9
# ASSUME: a GPU has at least this much memory, and a step below so many multiply-adds leaves most
# of it idle.
GPU_MEMORY_MB, FULL_STEP_MACS = 24_000, 1e12
OVERHEAD_MINUTES = 10  # imports, reading, validation, checkpoints

V1, V2, V4, IT = 64, 128, 256, 512  # published channels of CORnet-S
CORNET_STEPS = ((V1, V2, 2), (V2, V4, 4), (V4, IT, 2))  # channels in, channels out, time steps

# Millions of parameters, thousand millions of multiply-adds and millions of activations (outputs
# of all layers) per image of 224 px with 1,000 outputs. The first two are torchvision's own
# (weights' meta: num_params, _ops), the third was counted on its networks.
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
    "convnext_tiny": (28.6, 4.456, 31.4),
    "convnext_small": (50.2, 8.684, 50.4),
    "convnext_base": (88.6, 15.355, 67.2),
    "convnext_large": (197.8, 34.361, 100.8),
    "vit_b_16": (86.6, 17.564, 31.3),
    "vit_b_32": (88.2, 4.409, 7.9),
    "vit_l_16": (304.3, 61.555, 82.9),
    "vit_l_32": (306.5, 15.378, 21.0),
    "efficientnet_b0": (5.3, 0.386, 19.9),
    "mobilenet_v2": (3.5, 0.301, 19.5),
    "mobilenet_v3_small": (2.5, 0.057, 4.1),
    "mobilenet_v3_large": (5.5, 0.217, 12.6),
}


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
        Exact for CORnet-S, from a table for torchvision's families; a network that is not listed
        counts as the largest that is.
    """
    if model["name"] == "cornet_s":
        return _cornet_s(model.get("width") or 1.0, model.get("bottleneck") or 4, image_px)
    largest = tuple(max(column) for column in zip(*TORCHVISION.values(), strict=True))
    name = model["name"].removesuffix("_bn")
    n_parameters, macs, n_activations = TORCHVISION.get(name, largest)
    area = (image_px / 224) ** 2
    return NetworkSize(1e6 * n_parameters, 1e9 * macs * area, 1e6 * n_activations * area)


def training_memory_mb(
    model: dict, image_px: int, batch_size: int, n_images_resident: int, attempt: int
) -> int:
    """Memory of a training job in MB: of the GPU, or of the machine where there is none.

    Parameters
    ----------
    model, image_px
        See `network_size`.
    batch_size : int
        Images of each of the two batches, which pass together.
    n_images_resident : int
        uint8 images of all sets on the device (an ImageNet folder: its test images only).
    attempt : int
        From 1; each further attempt asks for half as much again.
    """
    size = network_size(model, image_px)
    resident = 3 * image_px**2 * n_images_resident
    activations = BYTES_PER_ACTIVATION * 2 * batch_size * size.n_activations
    megabytes = (BYTES_PER_PARAMETER * size.n_parameters + activations + resident) / 1e6
    return ceil((RUNTIME_MB + megabytes) * (1 + 0.5 * (attempt - 1)))


def training_minutes(
    model: dict, image_px: int, batch_size: int, n_steps: int, attack_steps: int, attempt: int
) -> int:
    """Minutes that a training job may take.

    Networks that fill a GPU are assumed to have one, smaller ones to run on one core.

    Parameters
    ----------
    model, image_px, batch_size
        See `training_memory_mb`.
    n_steps : int
        Gradient steps of the job.
    attack_steps : int
        PGD steps per gradient step, 0 without adversarial training.
    attempt : int
        From 1; each further attempt asks for as much again.
    """
    on_gpu = gpu_slots(model, image_px, batch_size) == GPU_SLOTS
    macs = _step_macs(model, image_px, batch_size)
    macs += attack_steps * macs / 2  # one of the two batches
    seconds = n_steps * macs / (GPU_MACS_PER_S if on_gpu else CORE_MACS_PER_S)
    return ceil((OVERHEAD_MINUTES + seconds / 60) * attempt)


def gpu_slots(model: dict, image_px: int, batch_size: int) -> int:
    """Of the `GPU_SLOTS` slots of one GPU: what a job occupies, by memory or by work, 1 to 4.

    A small network leaves most of a GPU idle, so four such jobs on one finish sooner than one
    after the other.
    """
    memory = training_memory_mb(model, image_px, batch_size, 0, 1) / GPU_MEMORY_MB
    work = _step_macs(model, image_px, batch_size) / FULL_STEP_MACS
    return min(GPU_SLOTS, ceil(GPU_SLOTS * max(memory, work)))


def _step_macs(model: dict, image_px: int, batch_size: int) -> float:
    """Multiply-adds of one gradient step: both batches forward, and twice that backward."""
    return 3 * 2 * batch_size * network_size(model, image_px).macs


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
