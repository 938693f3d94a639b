"""What the training jobs share: data joined by label, networks from weights, segments to files."""

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import torch
import xarray as xr
from torch import Tensor, nn

from italign.alignment import METHODS
from italign.io import write_table
from italign.models import build_configured
from italign.models._outputs import extend_readout
from italign.plugins import pick
from italign.training.images import (
    ImageSet,
    TrainingData,
    category_index,
    category_names,
    device,
    image_set,
)
from italign.training.parallel import SINGLE, Replicas, synchronise_batch_norm
from italign.training.precision import compiled, new_scaler, new_sgd
from italign.training.pretrained import pretrained_network
from italign.training.refusals import check_batches, check_target
from italign.training.segment import train_segment
from italign.training.state import (
    load_state,
    write_state,
    write_tensors,
)
from italign.training.step import Setting, StepOptions

if TYPE_CHECKING:
    from italign.training.folder import FolderImages


def training_data(
    base: "xr.Dataset | FolderImages", stimuli: xr.Dataset, target: xr.Dataset, batch_size: int
) -> TrainingData:
    """Join targets to their images by stimulus_id and split both by the target's partition.

    Parameters
    ----------
    base : xarray.Dataset or FolderImages
        Contract ``stimuli``, or the images of a folder.
    stimuli : xarray.Dataset
        Contract ``stimuli``.
    target : xarray.Dataset
        Contract ``target``.
    batch_size : int
        Images of each of the two batches.

    Raises
    ------
    ValueError
        If nothing can be aligned to the target, or there are fewer images than a batch; see
        `check_target` and `check_batches`.
    """
    check_target(target, stimuli)
    shown, names = stimuli.set_index(stimulus="stimulus_id"), category_names(stimuli)
    train, test = (_partition(shown, target, split, names) for split in ("train", "test"))
    if isinstance(base, xr.Dataset):
        n_base = len(category_names(base))
        sets = (image_set(base, "train"), image_set(base, "test"))
    else:
        n_base, sets = base.n_classes, (base, base.test)
    data = TrainingData(
        base=sets, stimuli=(train[0], test[0]), targets=(train[1], test[1]),
        stimulus_ids=target.stimulus_id.values[target.partition.values == "train"],
        n_base=n_base, n_labels=len(names),
    )
    check_batches(data, batch_size)
    return data


def _partition(
    shown: xr.Dataset, target: xr.Dataset, name: str, names: list[str]
) -> tuple[ImageSet, Tensor]:
    part = target.isel(stimulus=target.partition.values == name)
    images = shown.sel(stimulus=part.stimulus_id.values)
    data = ImageSet(torch.from_numpy(images.image.values).to(device()),
                    category_index(images, names))
    return data, torch.from_numpy(part.rate.values).to(device())


def new_network(pretrained: str | Path, model: dict, data: TrainingData, seed: int) -> nn.Module:
    """Pretrained network with fresh outputs for the stimulus labels, drawn from the seed.

    Parameters
    ----------
    pretrained : path
        Weights with ``data.n_base`` outputs.
    model : dict
        Config entry, see `build_configured`.
    data : TrainingData
        Tells the numbers of outputs.
    seed : int
        Of the fresh outputs.

    Raises
    ------
    ValueError
        If the weights are of another network, with the first wrong name.
    """
    network = pretrained_network(pretrained, model, data.n_base)
    torch.manual_seed(seed)
    extend_readout(network, data.n_labels)
    return network.to(device(), memory_format=torch.channels_last)


def blank_network(model: dict, data: TrainingData) -> nn.Module:
    """Network with both sets of outputs, to load a state into."""
    network = build_configured(model, data.n_base + data.n_labels)
    return network.to(device(), memory_format=torch.channels_last)


def run_segment(
    network: nn.Module, data: TrainingData, *, previous: str | Path | None,
    alignment: dict | None, options: StepOptions, optimiser: dict, steps: range,
    validation_every: int, files: dict[str, str | Path], replicas: Replicas = SINGLE,
) -> None:
    """Train over a range of steps and write checkpoints, resumable state and log.

    Parameters
    ----------
    network : torch.nn.Module
        Changed in place.
    data : TrainingData
        Images and targets.
    previous : path or None
        State at the first step; None for a network that starts as it is.
    alignment : dict or None
        Neural loss: ``name``, a file of `italign.alignment`, and its ``options``; None while no
        step is neural.
    options : StepOptions
        Hyper-parameters of a step.
    optimiser : dict
        ``lr``, ``momentum``, ``weight_decay`` of SGD with Nesterov momentum.
    steps : range
        Gradient steps of this segment.
    validation_every : int
        Steps between checkpoints.
    files : dict of str to path
        ``checkpoints``, ``state`` and ``log``.
    replicas : Replicas
        Processes that share the batches; the first one writes.

    Raises
    ------
    ValueError, MemoryError
        See `italign.training.guards`; nothing is written then.
    """
    sgd = new_sgd(network, options.precision, **optimiser)
    scaler = new_scaler(options.precision)
    if previous is not None:
        load_state(network, sgd, scaler, steps.start, options.precision, previous)
    synchronise_batch_norm(network, replicas)
    setting = Setting(network, compiled(network, options.compile), data, neural_loss(alignment),
                      options, replicas)
    logging.info("steps %d to %d: %d base images, %d stimuli, %d sites, %s", steps.start,
                 steps.stop, data.base[0].n_train, *data.targets[0].shape, _blocks_in_words(data))
    checkpoints, log = train_segment(
        setting, sgd, scaler, steps=steps, validation_every=validation_every,
        last_good=_last_good(previous, steps.start),
    )
    if replicas.rank == 0:
        write_tensors(checkpoints, files["checkpoints"])
        write_state(network, sgd, scaler, steps.stop, options.precision, files["state"])
        write_table(pd.DataFrame(log), files["log"])


def neural_loss(alignment: dict | None) -> partial | None:
    """Function of (features, targets) for a config entry, see `run_segment`."""
    if alignment is None:
        return None
    method = pick(METHODS, alignment["name"], "alignment method")
    return partial(method, **alignment["options"])


def _last_good(previous: str | Path | None, step: int) -> str:
    if previous is None:
        return "no state was written yet: the run starts from the pretrained network"
    return f"the last good state is {previous} (after step {step})"


def _blocks_in_words(data: TrainingData) -> str:
    sizes = [f"{len(block.rows)} x {len(block.sites)}" for block in data.blocks[0]]
    return f"{len(sizes)} block(s) of stimuli x sites: {', '.join(sizes)}"
