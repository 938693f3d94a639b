"""What the training jobs share: data joined by label, networks from weights, segments to files."""

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
from italign.models import build
from italign.models._outputs import extend_outputs
from italign.plugins import pick
from italign.training.images import category_names, device, image_set
from italign.training.segment import ImageSet, StepOptions, measure, train_segment
from italign.training.state import (
    load_optimiser_state,
    optimiser_state,
    read_tensors,
    write_tensors,
)


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
                         "(assemblies.reliability_threshold)")
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
    images = shown.sel(stimulus=part.stimulus_id.values).assign_coords(split="train")
    images = images.assign_coords(split=("stimulus", [name] * images.sizes["stimulus"]))
    return image_set(images, name, names), torch.from_numpy(part.rate.values).to(device())


def new_network(pretrained: str | Path, model: dict, data: TrainingData, seed: int) -> nn.Module:
    """Pretrained network with fresh outputs for the stimulus labels, drawn from the seed."""
    network = build(model["name"], data.n_base, **architecture(model))
    network.load_state_dict(read_tensors(pretrained)[0])
    torch.manual_seed(seed)
    network.decoder.linear = extend_outputs(network.decoder.linear, data.n_labels)
    return network.to(device(), memory_format=torch.channels_last)


def resumed_network(
    state: str | Path, model: dict, data: TrainingData
) -> tuple[nn.Module, dict[str, Tensor]]:
    """Network and optimiser state as the previous segment left them."""
    network = build(model["name"], data.n_base + data.n_labels, **architecture(model))
    network.load_state_dict(read_tensors(state, "model/")[0])
    network.to(device(), memory_format=torch.channels_last)
    tensors, _ = read_tensors(state)
    return network, tensors


def architecture(model: dict) -> dict:
    """Options of a model's config entry that its builder takes."""
    return {key: value for key, value in model.items() if key not in ("name", "region")}


def run_segment(
    network: nn.Module, previous: dict[str, Tensor], data: TrainingData, method: str,
    options: StepOptions, optimiser: dict, steps: range, validation_every: int,
    files: dict[str, str | Path],
) -> None:
    """Train over a range of steps and write checkpoints, resumable state and log.

    Parameters
    ----------
    network : torch.nn.Module
        Changed in place.
    previous : dict of str to torch.Tensor
        State of the segment before (its momentum is put back); empty for the first.
    data : TrainingData
        Images and targets.
    method : str
        Name of the neural loss, a file of `italign.alignment`.
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
    load_optimiser_state(network, sgd, previous)
    validate = partial(measure, base=data.base[1], stimuli=data.stimuli[1],
                       targets=data.targets[1], region=options.region)
    checkpoints, log = train_segment(
        network, sgd, data.base[0], data.stimuli[0], data.targets[0],
        pick(METHODS, method, "training.conditions method"), options, steps, validation_every,
        validate,
    )
    weights = {f"model/{key}": value for key, value in network.state_dict().items()}
    write_tensors(checkpoints, files["checkpoints"])
    write_tensors({**weights, **optimiser_state(network, sgd)}, files["state"], step=steps.stop)
    write_table(pd.DataFrame(log), files["log"])
