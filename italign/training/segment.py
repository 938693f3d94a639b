"""One segment of training: the loop over steps, its checkpoints and its log."""

import logging
import random
import time

import numpy as np
import torch
from torch import Tensor

from italign.training.batches import base_batches
from italign.training.guards import refuse_lost_gradients, refuse_non_finite, stopped_at
from italign.training.measures import measure
from italign.training.progress import memory_in_words, with_progress
from italign.training.schedule import decay_factor, step_seed
from italign.training.state import checkpoint
from italign.training.step import Setting, add_terms, total

TERMS = ("base_loss", "label_loss", "neural_loss")


def train_segment(
    setting: Setting, optimiser: torch.optim.Optimizer, scaler: torch.amp.GradScaler, *,
    steps: range, validation_every: int, last_good: str,
) -> tuple[dict[str, Tensor], list[dict]]:
    """Train over a range of steps.

    Python's, NumPy's and torch's global generators are seeded at every step, for networks that
    draw (dropout, stochastic depth).

    Parameters
    ----------
    setting : Setting
        Model (changed in place), data, loss and hyper-parameters.
    optimiser, scaler
        Changed in place.
    steps : range
        First (inclusive) and last (exclusive) gradient step.
    validation_every : int
        Steps between checkpoints.
    last_good : str
        In words, what an interrupted run can start from again.

    Returns
    -------
    checkpoints : dict of str to torch.Tensor
        ``step<s>/<weight>``: the weights after s steps. Empty on replicas but the first.
    log : list of dict
        One row per checkpoint: mean of each loss since the last, and the measures.

    Raises
    ------
    ValueError
        If a loss is not finite or undefined, with the step, its terms and its stimuli.
    """
    checkpoints, log, rows, start = {}, [], [], time.monotonic()
    peak_rate = optimiser.param_groups[0]["lr"]
    options = setting.options
    batches = base_batches(setting.data.base[0], options, steps, setting.replicas)
    for step, base_batch in zip(with_progress(steps), batches, strict=True):
        factor = decay_factor(step, options.decay_start_step, options.n_steps)
        optimiser.param_groups[0]["lr"] = peak_rate * factor
        rows.append(_train_step(setting, optimiser, scaler, base_batch, step, last_good))
        if (step + 1) % validation_every == 0:
            refuse_lost_gradients(scaler, step, last_good)
            if setting.replicas.rank == 0:
                images_s = len(rows) * 2 * options.batch_size / (time.monotonic() - start)
                log.append({"step": step + 1, **_means(rows), **measure(setting)})
                logging.info("%s, %.0f images/s, %s", log[-1], images_s, memory_in_words())
                checkpoints.update(checkpoint(setting.model, step + 1))
            rows, start = [], time.monotonic()
    return checkpoints, log


def _train_step(
    setting: Setting, optimiser: torch.optim.Optimizer, scaler: torch.amp.GradScaler,
    base_batch: tuple[Tensor, Tensor], step: int, last_good: str,
) -> dict[str, float]:
    """Terms of the loss at a step, after the weights have moved."""
    terms = {}
    setting.model.train()
    seed_network(setting.options.seed, step, setting.replicas.rank)
    with stopped_at(step, terms, setting.data, setting.options, last_good):
        add_terms(terms, setting, base_batch, step)
        optimiser.zero_grad(set_to_none=True)
        scaler.scale(total(terms, setting.replicas)).backward()
        setting.replicas.average_gradients(setting.model)
        scaler.step(optimiser)
        scaler.update()
        # One wait for the device for all terms; means, so that replicas stop together.
        means = setting.replicas.mean(torch.stack([term.detach() for term in terms.values()]))
        losses = dict(zip(terms, means.tolist(), strict=True))
        refuse_non_finite(losses)
    return losses


def seed_network(seed: int, step: int, rank: int = 0) -> None:
    """Seed the global generators, which networks and foreign code draw from.

    Parameters
    ----------
    seed, step : int
        The draws of a step are a function of these.
    rank : int
        Replicas draw different masks for their different images.
    """
    drawn = step_seed(seed, step, "network") + rank
    random.seed(drawn)
    np.random.seed(drawn % 2**32)  # noqa: NPY002 (it is the global generator that is meant)
    torch.manual_seed(drawn)


def _means(rows: list[dict[str, float]]) -> dict[str, float]:
    """Mean of each loss over the steps that had it, NaN if none; and how many were neural."""
    values = {name: [row[name] for row in rows if name in row] for name in TERMS}
    means = {name: sum(v) / len(v) if v else float("nan") for name, v in values.items()}
    return {**means, "neural_steps": len(values["neural_loss"])}
