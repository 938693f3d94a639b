"""What the tests call in replicas; `test_parallel` makes it a module of `italign` for them."""

import os
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from italign.alignment.cka import cka
from italign.contracts import NO_CATEGORY
from italign.models._statistics import add_base_statistics, base_statistics
from italign.training.parallel import Replicas, synchronise_batch_norm
from italign.training.run import TrainingData, training_data
from italign.training.state import write_tensors

from .sessions import two_sessions
from .tiny_run import ATTACK, data, image_sets, train


def exchange(*, folder: str, replicas: Replicas) -> None:
    """Each primitive once, a few steps of a network in float64, and runs of `run_segment`."""
    found = _neural_gradient(replicas) | _steps(replicas)
    found["mean_rank"] = replicas.mean(torch.tensor(replicas.rank + 0.25))
    write_tensors(found, Path(folder) / f"{replicas.rank}-of-{replicas.n}")
    torch.set_num_threads(1)
    for name, joined, batch_norm in (("shared", data(), "shared"), ("separate", data(), "separate"),
                                     ("sessions", _sessions(), "shared")):
        train(joined, Path(folder) / f"{name}-{replicas.n}", range(4), replicas,
              lr=1e-4, batch_norm=batch_norm, attack={**ATTACK, "norm": "l2", "epsilon_255": 64.0})


def _sessions() -> TrainingData:
    """Two sessions, of which the second shows images without a label, bar one."""
    base, shown = image_sets(np.random.default_rng(0))
    category = shown.category.values.astype(object)
    category[3:24:2] = NO_CATEGORY
    shown = shown.assign_coords(category=("stimulus", category.astype(str)))
    return training_data(base, shown, two_sessions(shown), 8)


def _neural_gradient(replicas: Replicas) -> dict[str, torch.Tensor]:
    """Gradient of CKA over 12 images with respect to the weights of a linear network."""
    generator = torch.Generator().manual_seed(3)
    images, targets = (torch.randn(12, n, generator=generator).double() for n in (5, 4))
    torch.manual_seed(3)
    model = nn.Linear(5, 7).double()
    features = replicas.gather(model(images[replicas.part(12)]))
    (replicas.n * cka(features, targets)).backward()
    replicas.average_gradients(model)
    return {"features": features, "neural_gradient": model.weight.grad}


def _steps(replicas: Replicas) -> dict[str, torch.Tensor]:
    """Weights and statistics after three steps of the two-task loss, statistics kept apart."""
    torch.manual_seed(5)
    network = nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 4, 3),
                            nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(64, 5)).double()
    add_base_statistics(network)
    synchronise_batch_norm(network, replicas)
    sgd = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    for _ in range(3):
        sgd.zero_grad()
        _loss(network, replicas).backward()
        replicas.average_gradients(network)
        sgd.step()
    state = {f"steps/{name}": value for name, value in network.state_dict().items()}
    return state | {"evaluated": network.eval()(torch.rand(2, 3, 8, 8).double())}


def _loss(network: nn.Module, replicas: Replicas) -> torch.Tensor:
    base, images = torch.rand(2, 8, 3, 8, 8).double()
    labels, targets = torch.randint(5, (8,)), torch.rand(8, 3).double()
    own = replicas.part(8)
    with base_statistics(network):
        base_loss = nn.functional.cross_entropy(network(base[own]), labels[own])
    features = replicas.gather(network[:6](images[own]))
    return base_loss + replicas.n * cka(features, targets)


def refuse(*, rank: int, replicas: Replicas) -> None:
    """Rank `rank` refuses its data while the others wait for it."""
    if replicas.rank == rank:
        raise ValueError("site 'n2' is constant; drop it")
    replicas.mean(torch.zeros(1))


def wait(*, folder: str, replicas: Replicas) -> None:
    """Tell that it is there, and wait: rank 0 for a partner that never comes."""
    (Path(folder) / f"{os.getpid()}.started").touch()
    if replicas.rank == 0:
        replicas.mean(torch.zeros(1))
    time.sleep(600)
