"""A training job from files to files, alone or as one of several replicas."""

import torch

from italign.io import read_dataset
from italign.training.base_task import open_base
from italign.training.guards import explained
from italign.training.parallel import SINGLE, Replicas
from italign.training.precision import prepare_device
from italign.training.replica import launch
from italign.training.run import blank_network, new_network, run_segment, training_data
from italign.training.step import StepOptions


def train_on(n_gpus: int, **keywords) -> None:
    """Run `train_part` here, or on several GPUs of this machine with one replica each.

    Parameters
    ----------
    n_gpus : int
        GPUs that the job was given; a machine without any trains in this process.
    **keywords
        Of `train_part`, less ``replicas``.
    """
    if n_gpus > 1 and torch.cuda.is_available():
        launch("italign.training.jobs:train_part", keywords, n_gpus)
    else:
        train_part(**keywords)


def train_part(
    *, base: str, stimuli: str, target: str, checkpoints: str, state: str, log_csv: str,
    model: dict, options: dict, optimiser: dict, first_step: int, last_step: int,
    validation_every: int, base_folder: str | None, image_px: int, n_threads: int,
    deterministic: bool, pretrained: str | None = None, previous: str | None = None,
    alignment: dict | None = None, replicas: Replicas = SINGLE,
) -> None:
    """Train a range of steps of one run and write checkpoints, state and log.

    Parameters
    ----------
    base, stimuli, target : str
        Files of the two image sets and of the neural target.
    checkpoints, state, log_csv : str
        Outputs.
    model : dict
        Config entry of the network.
    options : dict
        Fields of `StepOptions`.
    optimiser : dict
        ``lr``, ``momentum``, ``weight_decay``.
    first_step, last_step : int
        First gradient step, and the one after the last.
    validation_every : int
        Steps between checkpoints.
    base_folder, image_px
        See `open_base`.
    n_threads : int
        Cores of this job, shared by the replicas; see `open_base`. Changes no number.
    deterministic : bool
        See `prepare_device`.
    pretrained, previous : str, optional
        What the run starts from: weights of the base task, or the state of the part before.
    alignment : dict, optional
        ``name`` and ``options`` of the neural loss; None while no step is neural.
    replicas : Replicas
        Processes that train this run together.
    """
    settings = StepOptions(**options)
    with explained(settings, image_px):
        prepare_device(deterministic)
        data = training_data(
            open_base(base, base_folder, image_px, n_threads // replicas.n),
            read_dataset(stimuli, "stimuli"), read_dataset(target, "target"), settings.batch_size,
        )
        if pretrained is not None:
            network = new_network(pretrained, model, data, settings.seed)
        else:
            network = blank_network(model, data)
        run_segment(
            network, data, previous=previous, alignment=alignment, options=settings,
            optimiser=optimiser, steps=range(first_step, last_step),
            validation_every=validation_every, replicas=replicas,
            files={"checkpoints": checkpoints, "state": state, "log": log_csv},
        )
