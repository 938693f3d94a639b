"""What the training jobs share: data joined by label, networks from weights, segments to files."""

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import xarray as xr
from torch import Tensor, nn

from italign.alignment import METHODS
from italign.io import write_table
from italign.models import build_configured
from italign.models._outputs import extend_outputs
from italign.plugins import pick
from italign.training.images import (
    ImageSet,
    category_index,
    category_names,
    device,
    image_set,
)
from italign.training.segment import StepOptions, measure, train_segment
from italign.training.state import load_state, read_tensors, write_state, write_tensors


@dataclass(frozen=True)
class TrainingData:
    """Images and targets of the two tasks, each as (train, test)."""

    base: tuple[ImageSet, ImageSet]
    stimuli: tuple[ImageSet, ImageSet]
    targets: tuple[Tensor, Tensor]
    n_base: int
    n_labels: int


def training_data(base: xr.Dataset, stimuli: xr.Dataset, target: xr.Dataset) -> TrainingData:
    """Join targets to their images by stimulus_id and split both by the target's partition.

    Parameters
    ----------
    base, stimuli : xarray.Dataset
        Contract ``stimuli``.
    target : xarray.Dataset
        Contract ``target``.

    Raises
    ------
    ValueError
        If a target has no image, or a site of the target is constant.
    """
    shown = stimuli.set_index(stimulus="stimulus_id")
    missing = sorted(set(target.stimulus_id.values.tolist()) - set(shown.indexes["stimulus"]))
    if missing:
        raise ValueError(f"target: {len(missing)} stimulus_id not in the stimulus set "
                         f"{stimuli.attrs.get('identifier')!r}, first {missing[0]!r}; "
                         "rebuild the target from recordings of this set")
    constant = np.flatnonzero(np.ptp(target.rate.values, axis=0) == 0)
    if len(constant):
        raise ValueError(f"target: site {str(target.neuroid_id.values[constant[0]])!r} and "
                         f"{len(constant) - 1} more are constant over stimuli; drop them "
                         "(assemblies.selection.reliability_min)")
    pairs = [_partition(shown, target, name, category_names(stimuli)) for name in ("train", "test")]
    return TrainingData(
        base=(image_set(base, "train"), image_set(base, "test")),
        stimuli=(pairs[0][0], pairs[1][0]), targets=(pairs[0][1], pairs[1][1]),
        n_base=len(category_names(base)), n_labels=len(category_names(stimuli)),
    )


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
    """
    network = build_configured(model, data.n_base)
    network.load_state_dict(read_tensors(pretrained)[0])
    torch.manual_seed(seed)
    network.decoder.linear = extend_outputs(network.decoder.linear, data.n_labels)
    return network.to(device(), memory_format=torch.channels_last)


def blank_network(model: dict, data: TrainingData) -> nn.Module:
    """Network with both sets of outputs, to load a state into."""
    network = build_configured(model, data.n_base + data.n_labels)
    return network.to(device(), memory_format=torch.channels_last)


def run_segment(
    network: nn.Module, data: TrainingData, *, previous: str | Path | None, method: str | None,
    options: StepOptions, optimiser: dict, steps: range, validation_every: int,
    files: dict[str, str | Path],
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
    method : str or None
        Name of the neural loss, a file of `italign.alignment`; None while no step is neural.
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
    """
    sgd = torch.optim.SGD(network.parameters(), nesterov=True, **optimiser)
    if previous is not None:
        load_state(network, sgd, steps.start, previous)
    validate = partial(measure, base=data.base[1], stimuli=data.stimuli[1],
                       targets=data.targets[1], n_base=data.n_base, region=options.region)
    logging.info("steps %d to %d: %d base images, %d stimuli, %d sites", steps.start, steps.stop,
                 len(data.base[0].labels), *data.targets[0].shape)
    checkpoints, log = train_segment(
        network, sgd, data.base[0], data.stimuli[0], data.targets[0], n_base=data.n_base,
        neural_loss=pick(METHODS, method, "alignment method") if method else None,
        options=options, steps=steps, validation_every=validation_every, validate=validate,
    )
    write_tensors(checkpoints, files["checkpoints"])
    write_state(network, sgd, steps.stop, files["state"])
    write_table(pd.DataFrame(log), files["log"])
