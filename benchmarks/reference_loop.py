"""The loop that `training.py` measures against, written as research code usually is.

Stimuli of 256 px go one by one through PIL transforms in a DataLoader, base images through a random
crop and a mirror; batches in torch's usual memory order; CKA in feature space, multiplied by 0 when
dropped. It comes with two ways through the network, both from code in use:

- `recomputed`: a pass per term of the loss; the neural term takes its features through a hook.
- `two_passes`: as the paper's code; the stimuli pass once, for labels and neural term.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset, RandomSampler
from torchvision import transforms

from italign.models._normalisation import IMAGENET_MEAN, IMAGENET_SD

# The task of both loops.
N_IMAGES, SOURCE_PX, N_CLASSES, N_LABELS, N_SITES = 640, 256, 1000, 8, 188
SGD = {"lr": 1e-3, "momentum": 0.9, "weight_decay": 1e-4}
ROTATE_DEG, TRANSLATE, SCALE, CROP_AREA_MIN = 0.5, 0.0625, 0.1, 0.08
P = 1.0  # probability of the neural term

Losses = tuple[Tensor, Tensor, Tensor]  # base task, labels, neural


class Images(Dataset):
    """Random arrays of 256 px through a transform, one image at a time."""

    def __init__(self, transform: Callable, *columns: np.ndarray):
        rng = np.random.default_rng(0)
        self.images = rng.integers(0, 256, (N_IMAGES, SOURCE_PX, SOURCE_PX, 3), dtype=np.uint8)
        self.transform, self.columns = transform, columns

    def __len__(self) -> int:
        return N_IMAGES

    def __getitem__(self, row: int) -> tuple:
        return self.transform(self.images[row]), *(column[row] for column in self.columns)


class Pairs(Dataset):
    """An image of each task, so that one worker can serve both."""

    def __init__(self, base: Images, stimuli: Images):
        self.base, self.stimuli = base, stimuli

    def __len__(self) -> int:
        return N_IMAGES

    def __getitem__(self, row: int) -> tuple:
        return *self.base[row], *self.stimuli[row]


def stimuli(px: int, *columns: np.ndarray, normalise: bool) -> Images:
    steps = [
        transforms.ToPILImage(), transforms.Resize(px),
        transforms.RandomAffine(ROTATE_DEG, (TRANSLATE, TRANSLATE), (1 - SCALE, 1 + SCALE),
                                fill=127),
        transforms.ToTensor(),
    ]
    last = [transforms.Normalize(IMAGENET_MEAN, IMAGENET_SD)] if normalise else []
    return Images(transforms.Compose(steps + last), np.arange(N_IMAGES) % N_LABELS, *columns)


def base_images(px: int) -> Images:
    transform = transforms.Compose([
        transforms.ToPILImage(), transforms.RandomResizedCrop(px, (CROP_AREA_MIN, 1.0)),
        transforms.RandomHorizontalFlip(), transforms.ToTensor(),
    ])
    return Images(transform, np.arange(N_IMAGES) % N_CLASSES)


def endless(images: Dataset, batch_size: int, n_workers: int) -> Iterator[list[Tensor]]:
    sampler = RandomSampler(images, replacement=True, num_samples=10**9)
    return iter(DataLoader(images, batch_size, sampler=sampler, num_workers=n_workers))


def reference_steps(
    network: nn.Module, losses_of: Callable[..., Losses], px: int, batch_size: int, n_workers: int
) -> Iterator[None]:
    """Train; the network normalises inside, so the transforms do not."""
    rates = np.random.default_rng(0).random((N_IMAGES, N_SITES), np.float32)
    pairs = Pairs(base_images(px), stimuli(px, rates, normalise=False))
    optimiser = torch.optim.SGD(network.parameters(), **SGD, nesterov=True)
    log = []
    for batch in endless(pairs, batch_size, n_workers):
        base_loss, label_loss, neural_loss = losses_of(network, *batch)
        weight = 1.0 if torch.rand(()) <= P else 0.0
        loss = base_loss + label_loss + weight * neural_loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        log.append([term.item() for term in (base_loss, label_loss, neural_loss)])
        yield


def recomputed(network: nn.Module, base: Tensor, base_labels: Tensor, images: Tensor,
               labels: Tensor, rates: Tensor) -> Losses:
    base_loss = cross_entropy(network(base)[:, :N_CLASSES], base_labels)
    label_loss = cross_entropy(network(images)[:, N_CLASSES:], labels)
    kept = []
    # IT gives its states after each time step; the first is compared.
    hook = network.IT.register_forward_hook(lambda module, below, states: kept.append(states[0]))
    network(images)
    hook.remove()
    return base_loss, label_loss, neural_loss_of(kept[0].flatten(1), rates)


def two_passes(network: nn.Module, base: Tensor, base_labels: Tensor, images: Tensor,
               labels: Tensor, rates: Tensor) -> Losses:
    base_loss = cross_entropy(network(base)[:, :N_CLASSES], base_labels)
    logits, activation = network.forward_with(images, ("IT",))
    label_loss = cross_entropy(logits[:, N_CLASSES:], labels)
    return base_loss, label_loss, neural_loss_of(activation["IT"], rates)


def neural_loss_of(features: Tensor, rates: Tensor) -> Tensor:
    """log(1 - CKA) in feature space."""
    x, y = features - features.mean(0), rates - rates.mean(0)
    similarity = torch.norm(y.T @ x) ** 2 / (torch.norm(x.T @ x) * torch.norm(y.T @ y))
    return torch.log(1 - similarity)
