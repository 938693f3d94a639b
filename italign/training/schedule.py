"""Every random decision of training as a pure function of (seed, step).

Nothing random is carried from step to step, so a run cut anywhere and resumed from its weights
and momentum draws the same numbers as an uncut one, and the draws of one purpose do not move
when another is added.
"""

from functools import lru_cache

import numpy as np
import torch

# A purpose draws from its place in this list: append, never insert.
STREAMS = ("neural", "base", "stimulus", "augment_base", "augment_stimulus", "attack", "noise",
           "network", "validation", "block")
DRAWS = 4096  # blocks drawn at a time


def _numpy_generator(seed: int, stream: str, count: int, block: int = 0) -> np.random.Generator:
    # The first block draws what is drawn without blocks, on which finished runs rest.
    return np.random.default_rng([seed, STREAMS.index(stream), count, *[block] * (block > 0)])


def step_generator(seed: int, step: int, stream: str) -> torch.Generator:
    """Torch generator of one purpose at one step (CPU).

    Parameters
    ----------
    seed : int
        Seed of the run.
    step : int
        Gradient step, from 0.
    stream : str
        One of `STREAMS`.
    """
    return torch.Generator().manual_seed(step_seed(seed, step, stream))


def step_seed(seed: int, step: int, stream: str) -> int:
    """Seed of one purpose at one step, for functions that take a seed; see `step_generator`."""
    return int(_numpy_generator(seed, stream, step).integers(2**62))


def keeps_neural_gradient(seed: int, step: int, p: float, onset_step: int) -> bool:
    """Decide whether this step has a neural term: gradient dropout with probability 1 - p.

    The uniform draw depends on (seed, step) alone, so the steps kept at a low dose are a subset
    of those kept at a higher one (paper 2.5; onset: braintree, step 2,500).
    """
    return step >= onset_step and bool(_numpy_generator(seed, "neural", step).random() < p)


def drawn_block(seed: int, step: int, n_blocks: int) -> tuple[int, int]:
    """Draw the block of stimuli of a step, uniformly, and count how often it was drawn before.

    Parameters
    ----------
    seed : int
        Seed of the run.
    step : int
        Gradient step, from 0.
    n_blocks : int
        Blocks to draw from; of a single one nothing is drawn.

    Returns
    -------
    block : int
        In [0, n_blocks).
    turn : int
        Earlier steps of this block, which is its own count of steps.
    """
    if n_blocks == 1:
        return 0, step
    chunk, place = divmod(step, DRAWS)
    draws = _block_draws(seed, n_blocks, chunk)
    block = int(draws[place])
    earlier = [_block_draws(seed, n_blocks, k) for k in range(chunk)] + [draws[:place]]
    return block, sum(int(np.count_nonzero(part == block)) for part in earlier)


@lru_cache(maxsize=64)
def _block_draws(seed: int, n_blocks: int, chunk: int) -> np.ndarray:
    return _numpy_generator(seed, "block", chunk).integers(n_blocks, size=DRAWS)


def batch_indices(
    seed: int, step: int, stream: str, n_items: int, batch_size: int, block: int = 0
) -> np.ndarray:
    """Rows of the batch at a step: epochs of a fresh permutation, the incomplete batch dropped.

    Parameters
    ----------
    seed : int
        Seed of the run.
    step : int
        Gradient step, from 0; within a block, its turn (`drawn_block`).
    stream : str
        One of `STREAMS`.
    n_items, batch_size : int
        Images that there are, and of a batch.
    block : int
        Blocks have orders of their own.

    Returns
    -------
    numpy.ndarray
        (batch_size,) distinct integers in [0, n_items).

    Raises
    ------
    ValueError
        If there are fewer items than a batch holds.
    """
    if n_items < batch_size:
        raise ValueError(f"{n_items} images in the {stream} set, fewer than one batch of "
                         f"{batch_size}; lower training.batch_size, or give the set more images")
    epoch, batch = divmod(step, n_items // batch_size)
    order = _epoch_order(seed, stream, epoch, n_items, block)
    return order[batch * batch_size : (batch + 1) * batch_size]


@lru_cache(maxsize=16)
def _epoch_order(seed: int, stream: str, epoch: int, n_items: int, block: int) -> np.ndarray:
    return _numpy_generator(seed, stream, epoch, block).permutation(n_items)


def decay_factor(step: int, decay_start_step: int, n_steps: int) -> float:
    """Learning-rate factor in (0, 1]: constant, then linearly towards 0 at the end of training.

    A few hundred steps at a high rate leave the last checkpoint jittering as much as a dose moves
    it; the paper's constant rate over 26,400 steps is the limit decay_start_step = n_steps.
    """
    if step < decay_start_step:
        return 1.0
    return (n_steps - step) / (n_steps - decay_start_step)


def cosine_factor(step: int, n_steps: int, warmup_steps: int) -> float:
    """Learning-rate factor in (0, 1]: linear warm-up, then half a cosine down to 0."""
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(1, n_steps - warmup_steps)
    return 0.5 * (1 + float(np.cos(np.pi * progress)))
