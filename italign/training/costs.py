"""What a job with a network will need: memory of the machine and of a GPU, minutes, GPU slots.

Upper estimates for a scheduler, known before anything runs and without importing torch. They
count what grows (weights, activations, images, checkpoints, multiply-adds) and assume what a
machine does per second. `mem_mb` of Snakemake and of SLURM is the machine's memory, not the GPU's.
"""

from math import ceil

from italign.models._sizes import NetworkSize, network_size
from italign.training.work import passes_macs, step_macs, training_macs

GPU_SLOTS = 4  # of one GPU, see `gpu_slots`

# ASSUME: bytes per weight in training: itself, gradient, momentum and a copy, in fp32. 16-bit
# passes need less; the estimate stays.
BYTES_PER_PARAMETER = 16
# ASSUME: bytes per activation: fp32, and a quarter for gradients and workspace in flight.
BYTES_PER_ACTIVATION = 5
RUNTIME_MB = 2000    # interpreter, torch, augmentation
CUDA_HOST_MB = 3000  # what CUDA and its libraries take of the machine's memory
# Weights that a job holds on the machine beside its checkpoints, as sets of fp32 weights: those
# that it starts from with their momentum, and those of the state that it writes.
N_STATES = 4
IMAGE_COPIES = 2     # as read, and as split into training and test
# ASSUME: activations of a region over pixels of the image. CORnet-S: channels on its grid, of which
# narrow networks have fewer; others: as the widest residual networks, and the tokens of a vision
# transformer.
PER_PIXEL = {"V1": 4.0, "V2": 2.0, "V4": 1.0, "IT": 0.5}
WIDER, VIT_PER_PIXEL = 4, 7.0
NARROW = ("efficientnet_lite0",)
# ASSUME: multiply-adds per second in training: fp32 on a GPU of 2018 at a quarter of its peak, and
# on one core at a fifth of what our smallest network reached on a virtual EPYC.
GPU_MACS_PER_S, CORE_MACS_PER_S = 2e12, 6e9
# ASSUME: a GPU has at least this much memory, and a step below so many multiply-adds leaves most
# of it idle.
GPU_MEMORY_MB, FULL_STEP_MACS = 24_000, 1e12
OVERHEAD_MINUTES = 10   # imports, reading, validation, checkpoints
SCORING_MINUTES = 1     # CKA and decoders of one checkpoint
SCORING_BATCH = 128     # images; by it a network that is only run fills a GPU or does not
# Passes of an image in AutoAttack, backward as two: 100 steps of each gradient attack, on nine
# targets in turn where targeted; 5,000 queries of the square attack.
AUTOATTACK_PASSES = {"apgd-ce": 300, "apgd-dlr": 300, "apgd-t": 2700, "fab": 900, "fab-t": 2700,
                     "square": 5000}


def training_memory_mb(
    model: dict, image_px: int, batch_size: int, n_images_resident: int, n_checkpoints: int,
    attempt: int,
) -> int:
    """Memory of the machine that a training job needs, MB.

    A network that does not fill a GPU may run without one: its weights and activations count too.
    One that does is assumed to have a GPU.

    Parameters
    ----------
    model, image_px
        See `network_size`.
    batch_size : int
        Images of each of the two batches, which pass together.
    n_images_resident : int
        Images of all sets that are held (an ImageNet folder: its test images only).
    n_checkpoints : int
        Checkpoints that the job writes, at its end.
    attempt : int
        From 1; each further attempt asks for half as much again.
    """
    size = network_size(model, image_px)
    is_on_gpu = gpu_slots(model, image_px, batch_size, n_images_resident) == GPU_SLOTS
    network = CUDA_HOST_MB if is_on_gpu else _step_mb(size, 2 * batch_size)
    states = 4 * size.n_parameters * (n_checkpoints + N_STATES) / 1e6
    images = IMAGE_COPIES * _images_mb(image_px, n_images_resident)
    return _with_attempts(RUNTIME_MB + network + states + images, attempt)


def scoring_memory_mb(
    model: dict, image_px: int, batch_size: int, n_images: int, attempt: int
) -> int:
    """Memory of the machine that a job needs which scores or attacks checkpoints, MB.

    Parameters
    ----------
    model : dict
        As `network_size`, with ``region``, whose activations are held.
    image_px
        See `network_size`.
    batch_size : int
        Images of one pass.
    n_images : int
        Images of all sets.
    attempt : int
        From 1; each further attempt asks for half as much again.
    """
    size = network_size(model, image_px)
    is_on_gpu = _fills_gpu(model, image_px)
    network = CUDA_HOST_MB if is_on_gpu else _step_mb(size, batch_size)
    states = 4 * size.n_parameters * N_STATES / 1e6
    # Parts of a set and their whole exist side by side for a moment.
    activations = 2 * 4 * _region_size(model, image_px) * n_images / 1e6
    images = IMAGE_COPIES * _images_mb(image_px, n_images)
    return _with_attempts(RUNTIME_MB + network + states + activations + images, attempt)


def gpu_memory_mb(model: dict, image_px: int, batch_size: int, n_images_resident: int) -> int:
    """Memory of a GPU that a training job needs, MB; parameters as of `training_memory_mb`."""
    network = _step_mb(network_size(model, image_px), 2 * batch_size)
    return ceil(RUNTIME_MB + network + _images_mb(image_px, n_images_resident))


def gpu_slots(model: dict, image_px: int, batch_size: int, n_images_resident: int) -> int:
    """Of the `GPU_SLOTS` slots of one GPU: what a job occupies, by memory or by work, 1 to 4.

    A small network leaves most of a GPU idle, so four such jobs on one finish sooner than one
    after the other. Parameters as of `training_memory_mb`.
    """
    memory = gpu_memory_mb(model, image_px, batch_size, n_images_resident) / GPU_MEMORY_MB
    work = step_macs(model, image_px, batch_size) / FULL_STEP_MACS
    return min(GPU_SLOTS, ceil(GPU_SLOTS * max(memory, work)))


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
    macs = training_macs(model, image_px, batch_size, n_steps, attack_steps, 0)
    on_gpu = gpu_slots(model, image_px, batch_size, 0) == GPU_SLOTS
    return ceil((OVERHEAD_MINUTES + macs / _macs_per_minute(on_gpu)) * attempt)


def scoring_minutes(
    model: dict, image_px: int, n_images: int, n_checkpoints: int, n_passes: int, attempt: int
) -> int:
    """Minutes that a job may take which scores or attacks checkpoints.

    Parameters
    ----------
    model, image_px
        See `network_size`.
    n_images : int
        Images of all sets.
    n_checkpoints : int
        Checkpoints scored, each on all images.
    n_passes : int
        Forward passes of an image by a checkpoint; forward and backward count as three.
    attempt : int
        From 1; each further attempt asks for as much again.
    """
    macs = passes_macs(model, image_px, n_images, n_passes)
    minutes = SCORING_MINUTES + macs / _macs_per_minute(_fills_gpu(model, image_px))
    return ceil((OVERHEAD_MINUTES + n_checkpoints * minutes) * attempt)


def _step_mb(size: NetworkSize, n_images: int) -> float:
    """Weights and what one pass over so many images keeps for its gradients."""
    activations = BYTES_PER_ACTIVATION * n_images * size.n_activations
    return (BYTES_PER_PARAMETER * size.n_parameters + activations) / 1e6


def _images_mb(image_px: int, n_images: int) -> float:
    return 3 * image_px**2 * n_images / 1e6  # uint8


def _fills_gpu(model: dict, image_px: int) -> bool:
    return gpu_slots(model, image_px, SCORING_BATCH, 0) == GPU_SLOTS


def _macs_per_minute(on_gpu: bool) -> float:
    return 60 * (GPU_MACS_PER_S if on_gpu else CORE_MACS_PER_S)


def _with_attempts(megabytes: float, attempt: int) -> int:
    return ceil(megabytes * (1 + 0.5 * (attempt - 1)))


def _region_size(model: dict, image_px: int) -> float:
    """Activations of the compared region, of one image; of an unknown one as of the largest."""
    share = PER_PIXEL.get(model.get("region"), max(PER_PIXEL.values()))
    if model["name"] == "cornet_s":
        per_pixel = share * (model.get("width") or 1.0)
    else:
        wider = share if model["name"] in NARROW else WIDER * share
        per_pixel = VIT_PER_PIXEL if model["name"].startswith("vit_") else wider
    return per_pixel * image_px**2
