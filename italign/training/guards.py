"""What stops a run in its steps: broken numbers and full memory; see also `training.refusals`.

Nothing is written by a run that stops, so the state before it stays the last good one.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from italign.messages import first_names
from italign.training.blocks import drawn_rows
from italign.training.images import TrainingData, device
from italign.training.memory import memory_explained
from italign.training.parallel import SET_GPUS

if TYPE_CHECKING:
    from italign.training.step import StepOptions

MIN_SCALE = 2.0**-10  # torch starts at 2^16 and halves at each overflow
NOT_DETERMINISTIC = "does not have a deterministic implementation"


@contextmanager
def stopped_at(
    step: int, terms: dict[str, Tensor], data: TrainingData, options: "StepOptions", last_good: str
) -> Iterator[None]:
    """Tell an error of a step with what is needed to look into it.

    Parameters
    ----------
    step : int
        Gradient step, from 0.
    terms : dict of str to torch.Tensor
        Terms of the loss so far.
    data : TrainingData
        Tells the stimulus ids of the batch.
    options : StepOptions
        Of the run.
    last_good : str
        In words, what the run can start from again.
    """
    try:
        yield
    except ValueError as error:
        _, rows = drawn_rows(data.blocks[0], options, step)
        logging.error("stimuli of the batch: %s", ", ".join(data.stimulus_ids[rows]))
        known = ", ".join(f"{name} {term.item():.6g}" for name, term in terms.items())
        raise ValueError(
            f"step {step}: {error}. Terms of the step: {known or 'none yet'}; stimuli of the "
            f"batch: {first_names(data.stimulus_ids[rows])}; {last_good}"
        ) from error


def refuse_non_finite(losses: dict[str, float]) -> None:
    """Stop at a loss that is NaN or infinite.

    Raises
    ------
    ValueError
        With the terms that are, and what to change.
    """
    if bad := [f"{name} is {value}" for name, value in losses.items() if not np.isfinite(value)]:
        raise ValueError(f"{' and '.join(bad)}, expected finite numbers; lower "
                         "training.learning_rate, set training.precision to fp32 or bf16 if it is "
                         "fp16, or look at the targets")


def refuse_diverged(features: Tensor) -> None:
    """Stop before CKA is asked of features that are no numbers.

    Raises
    ------
    ValueError
        With how many are not, and what to change.
    """
    n_broken = int((~torch.isfinite(features)).sum())
    if n_broken:
        raise ValueError(f"{n_broken} of {features.numel()} activations of the region are NaN or "
                         "infinite: the network has diverged; lower training.learning_rate, or "
                         "set training.precision to fp32 or bf16 if it is fp16")


def refuse_lost_gradients(scaler: torch.amp.GradScaler, step: int, last_good: str) -> None:
    """Stop a run in fp16 whose gradients overflow at every scale: it skips each step, in silence.

    Raises
    ------
    ValueError
        With the scale and what to change.
    """
    scale = scaler.get_scale()  # 1 where nothing is scaled
    if scale < MIN_SCALE:
        raise ValueError(f"step {step}: the scale of the loss fell to {scale:.3g}, expected at "
                         f"least {MIN_SCALE:.3g}: gradients are not finite at any scale, so no "
                         "step is taken; set training.precision to bf16 or fp32; "
                         f"{last_good}")


@contextmanager
def explained(options: "StepOptions", image_px: int) -> Iterator[None]:
    """Turn what the device refuses into words: full memory, an operation without fixed order.

    Parameters
    ----------
    options : StepOptions
        Of the run.
    image_px : int
        Side of an image.

    Raises
    ------
    MemoryError
        With batch sizes, image size and the device's memory, and the keys to change.
    ValueError
        If an operation of the network has no deterministic form.
    """
    size, keys = options.batch_size, ["lower training.batch_size"]
    if options.precision == "fp32":
        keys.append("set training.precision to bf16")
    keys.append("lower stimuli.image_px")
    if device().type == "cuda":
        keys.append(f"share the batch between N GPUs ({SET_GPUS})")
    work = (f"a batch of {size} base and {size} stimulus images of {image_px} px in "
            f"{options.precision}")
    try:
        with memory_explained(work, *keys):
            yield
    except RuntimeError as error:
        if NOT_DETERMINISTIC in str(error):
            raise ValueError(f"{error}; set training.deterministic: false to train this network on "
                             "a GPU, or choose another") from error
        raise
