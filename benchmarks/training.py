"""A training step and its stimulus pipeline, beside a loop written as research code usually is.

    python benchmarks/training.py [--rounds 3] [--seconds 4] [--only pipeline|step|share]

The reference: stimuli of 256 px through per-image PIL transforms in a DataLoader (ToPILImage,
Resize, RandomAffine, ToTensor, Normalize; base images RandomResizedCrop and a mirror), batches in
torch's usual memory order, two forward passes, CKA in feature space, the neural term multiplied by
0 when dropped. Ours: `italign.training`, fp32, not compiled, deterministic as by default. Both
train the same network (ours) on the same number of random images and log their losses each step.
Validation is left out: the reference would recompute features per animal and set, so this favours
it; and so does that its base images are in memory, where ImageNet is decoded.

A case is a process of its own, in which the two run in turn; the best of the rounds counts: other
jobs on the machine slow some. Cores are counted alike: a worker of the DataLoader is one, a thread
of torch is one, and who decodes in the process that trains has none beside it.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, RandomSampler

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from italign.alignment.cka import cka  # noqa: E402
from italign.models._normalisation import IMAGENET_MEAN, IMAGENET_SD  # noqa: E402
from italign.models._torchvision import torchvision_models  # noqa: E402
from italign.models.cornet_s import cornet_s  # noqa: E402
from italign.training.batches import stimulus_batch  # noqa: E402
from italign.training.images import ImageSet, TrainingData  # noqa: E402
from italign.training.parallel import SINGLE  # noqa: E402
from italign.training.precision import compiled, new_scaler, new_sgd  # noqa: E402
from italign.training.segment import train_segment  # noqa: E402
from italign.training.step import Setting, StepOptions  # noqa: E402

torchvision_models()  # where torch has no CUDA, torchvision's other parts can only come after it
from torchvision import transforms  # noqa: E402

PIPELINE_SPEED, STEP_SPEED = 10, 1.5  # what is asked of ours: ratios
N_IMAGES, SOURCE_PX, N_CLASSES, N_LABELS, N_SITES = 640, 256, 1000, 8, 188
SGD = {"lr": 1e-3, "momentum": 0.9, "weight_decay": 1e-4}
ROTATE_DEG, TRANSLATE, SCALE, CROP_AREA_MIN = 0.5, 0.0625, 0.1, 0.08
PIPELINES = (64, 224)  # px
STEPS = ((4, 64), (4, 128), (2, 64), (2, 128))  # bottleneck, images of each of the two batches
STEP_PX, WIDTH, P = 64, 0.25, 1.0
# Cores: (threads of ours; workers and threads of the reference). With two, the reference gets the
# better of its two ways.
CORES = {"1 core": (1, ((0, 1),)), "2 cores": (2, ((1, 1), (0, 2)))}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=float, default=4, help="of a contestant's turn")
    arguments.add_argument("--only", choices=("pipeline", "step", "share"))
    arguments.add_argument("--case", type=json.loads, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.case:
        name, *values = given.case
        print(json.dumps(CASES[name](*values, given.rounds, given.seconds)))
        return
    print(f"torch {torch.__version__}, fp32, {N_SITES} sites, neural term in "
          f"{P:.0%} of steps, best of {given.rounds} rounds of {given.seconds:g} s")
    for part in (report_pipeline, report_step, report_share):
        if given.only in (None, part.__name__.removeprefix("report_")):
            part(given.rounds, given.seconds)


def report_pipeline(rounds: int, seconds: float) -> None:
    print("\nstimulus pipeline, batches of 128 augmented and normalised, images/s")
    for px in PIPELINES:
        for cores, (threads, _) in CORES.items():
            found = in_new_process(["pipeline", px, threads], rounds, seconds)
            ours, theirs = (found[name] for name in ("ours", "reference"))
            print_row(f"{px} px, {cores}", ours, theirs, ours / theirs, PIPELINE_SPEED)


def report_step(rounds: int, seconds: float) -> None:
    print(f"\nwhole step, CORnet-S of width {WIDTH}, {STEP_PX} px, ms")
    for bottleneck, batch_size in STEPS:
        for cores, (threads, ways) in CORES.items():
            case = ["step", bottleneck, batch_size, threads, ways]
            found = in_new_process(case, rounds, seconds)
            ours, theirs = found["ours"], min(found["reference"])
            label = f"bottleneck {bottleneck}, {batch_size}+{batch_size}, {cores}"
            print_row(label, ours, theirs, theirs / ours, STEP_SPEED)
            if len(ways) > 1:
                print("    reference: " + ", ".join(
                    f"{ms:.0f} with {workers} worker + {way_threads} thread(s)"
                    for (workers, way_threads), ms in zip(ways, found["reference"], strict=True)))


def report_share(rounds: int, seconds: float) -> None:
    print("\nwhere our step spends its time (1 thread, profiled)")
    for bottleneck, batch_size in STEPS:
        shares = in_new_process(["share", bottleneck, batch_size], rounds, seconds)
        print(f"bottleneck {bottleneck}, {batch_size}+{batch_size}: "
              + ", ".join(f"{name} {share:.1%}" for name, share in shares.items()))


def print_row(label: str, ours: float, theirs: float, ratio: float, wanted: float) -> None:
    print(f"{label:32s} ours {ours:8.0f}  reference {theirs:8.0f}  {ratio:5.2f} x "
          f"(wanted {wanted:g}) {'met' if ratio >= wanted else 'MISSED'}", flush=True)


def in_new_process(case: list, rounds: int, seconds: float) -> dict:
    answer = subprocess.run(
        [sys.executable, __file__, "--case", json.dumps(case), "--rounds", str(rounds),
         "--seconds", str(seconds)], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(answer.stdout)


def pipeline_case(px: int, threads: int, rounds: int, seconds: float) -> dict[str, float]:
    """Images/s; with more than one core the reference's own process only waits for workers."""
    torch.set_num_threads(threads)
    stimuli = reference_loader(stimulus_transform(px, normalise=True), 128,
                               n_workers=0 if threads == 1 else threads)
    best = best_in_turn([our_batches(px), iter(stimuli)], rounds, seconds)
    return {"ours": 128 / best[0], "reference": 128 / best[1]}


def step_case(bottleneck: int, batch_size: int, threads: int, ways: list, rounds: int,
              seconds: float) -> dict[str, float | list[float]]:
    """Milliseconds of a step: ours, and the reference's in each of its ways."""
    contestants = [with_threads(threads, our_steps(bottleneck, batch_size))]
    contestants += [with_threads(n, reference_steps(bottleneck, batch_size, n_workers))
                    for n_workers, n in ways]
    ours, *theirs = best_in_turn(contestants, rounds, seconds)
    return {"ours": 1e3 * ours, "reference": [1e3 * taken_s for taken_s in theirs]}


def share_case(bottleneck: int, batch_size: int, rounds: int, seconds: float) -> dict[str, float]:
    """Shares of the time of our steps, by kind of operator."""
    torch.set_num_threads(1)
    steps = our_steps(bottleneck, batch_size)
    next(steps)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        for _ in islice(steps, rounds):
            pass
    shares = dict.fromkeys([*KINDS, "other"], 0.0)
    for event in profile.key_averages():
        kind = next((name for name, parts in KINDS.items()
                     if any(part in event.key.lower() for part in parts)), "other")
        shares[kind] += event.self_cpu_time_total
    return {name: taken / sum(shares.values()) for name, taken in shares.items()}


CASES = {"pipeline": pipeline_case, "step": step_case, "share": share_case}
KINDS = {
    "convolution": ("conv",), "batch norm": ("batch_norm", "batchnorm"),
    "ReLU": ("relu", "threshold", "clamp_min"), "sums of gradients and skips": ("aten::add",),
    "augmentation": ("grid", "affine", "aten::index", "bmm"), "optimiser": ("sgd", "foreach"),
    "copies": ("copy", "aten::cat", "clone"),
}


def best_in_turn(contestants: list[Iterator], rounds: int, seconds: float) -> list[float]:
    """Seconds per item of each contestant, in its best round; its first three do not count."""
    taken_s = [[] for _ in contestants]
    for _ in range(rounds):
        for contestant, times in zip(contestants, taken_s, strict=True):
            # What workers prefetched while others had their turn is used up first.
            for _ in islice(contestant, 3):
                pass
            start_s, n_items = time.perf_counter(), 0
            while time.perf_counter() - start_s < seconds or n_items < 3:
                next(contestant)
                n_items += 1
            times.append((time.perf_counter() - start_s) / n_items)
    return [min(times) for times in taken_s]


def with_threads(threads: int, items: Iterator) -> Iterator:
    for _ in count():
        torch.set_num_threads(threads)
        yield next(items)


# Ours


def our_options(batch_size: int) -> StepOptions:
    return StepOptions(
        seed=0, batch_size=batch_size, onset_step=0, decay_start_step=10**9, n_steps=10**9, p=P,
        train_labels=True, region="IT", translate_fraction=TRANSLATE, rotate_deg=ROTATE_DEG,
        scale=SCALE, crop_area_min=CROP_AREA_MIN, attack=None, batch_norm="shared",
        precision="fp32", compile=False, shear_deg=None, nearest_pixel=False,
        augmented_validation=False)


def our_batches(px: int) -> Iterator[Tensor]:
    """Augmented and normalised stimulus batches."""
    stimuli, options = resident(px, N_LABELS), our_options(128)
    mean, sd = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_SD))
    for step in count():
        yield (stimulus_batch(stimuli, options, step)[0] - mean) / sd


def our_steps(bottleneck: int, batch_size: int) -> Iterator[None]:
    network = new_network(bottleneck).to(memory_format=torch.channels_last)
    base, stimuli = resident(STEP_PX, N_CLASSES), resident(STEP_PX, N_LABELS)
    targets = torch.rand(N_IMAGES, N_SITES)
    data = TrainingData((base, base), (stimuli, stimuli), (targets, targets),
                        np.arange(N_IMAGES).astype(str), N_CLASSES, N_LABELS)
    setting = Setting(network, compiled(network, False), data, cka, our_options(batch_size), SINGLE)
    optimiser, scaler = new_sgd(network, "fp32", **SGD), new_scaler("fp32")
    for step in count():
        train_segment(setting, optimiser, scaler, steps=range(step, step + 1),
                      validation_every=10**9, last_good="")
        yield


def resident(px: int, n_labels: int) -> ImageSet:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (N_IMAGES, px, px, 3), dtype=np.uint8)
    return ImageSet(torch.from_numpy(images), torch.arange(N_IMAGES) % n_labels)


def new_network(bottleneck: int) -> nn.Module:
    torch.manual_seed(0)
    return cornet_s(N_CLASSES + N_LABELS, WIDTH, bottleneck).train()


# The reference


class Images(torch.utils.data.Dataset):
    """Arrays of 256 px through a transform, one image at a time."""

    def __init__(self, transform: Callable, *columns: np.ndarray):
        rng = np.random.default_rng(0)
        self.images = rng.integers(0, 256, (N_IMAGES, SOURCE_PX, SOURCE_PX, 3), dtype=np.uint8)
        self.transform, self.columns = transform, columns

    def __len__(self) -> int:
        return N_IMAGES

    def __getitem__(self, row: int) -> tuple:
        return self.transform(self.images[row]), *(column[row] for column in self.columns)


class Pairs(torch.utils.data.Dataset):
    """One image of each task, so that one worker can serve both."""

    def __init__(self, base: Images, stimuli: Images):
        self.base, self.stimuli = base, stimuli

    def __len__(self) -> int:
        return N_IMAGES

    def __getitem__(self, row: int) -> tuple:
        return *self.base[row], *self.stimuli[row]


def stimulus_transform(px: int, normalise: bool) -> Callable:
    steps = [
        transforms.ToPILImage(), transforms.Resize(px),
        transforms.RandomAffine(ROTATE_DEG, (TRANSLATE, TRANSLATE), (1 - SCALE, 1 + SCALE),
                                fill=127),
        transforms.ToTensor(),
    ]
    return transforms.Compose(
        steps + [transforms.Normalize(IMAGENET_MEAN, IMAGENET_SD)] * normalise)


def base_transform(px: int) -> Callable:
    return transforms.Compose([
        transforms.ToPILImage(), transforms.RandomResizedCrop(px, (CROP_AREA_MIN, 1.0)),
        transforms.RandomHorizontalFlip(), transforms.ToTensor(),
    ])


def reference_loader(transform: Callable, batch_size: int, n_workers: int) -> DataLoader:
    return endless(Images(transform, np.arange(N_IMAGES) % N_LABELS), batch_size, n_workers)


def endless(images: torch.utils.data.Dataset, batch_size: int, n_workers: int) -> DataLoader:
    sampler = RandomSampler(images, replacement=True, num_samples=10**9)
    return DataLoader(images, batch_size, sampler=sampler, num_workers=n_workers)


def reference_steps(bottleneck: int, batch_size: int, n_workers: int) -> Iterator[None]:
    """As research code has it; the network normalises inside, so the transforms do not."""
    network = new_network(bottleneck)
    rates = np.random.default_rng(0).random((N_IMAGES, N_SITES), np.float32)
    base = Images(base_transform(STEP_PX), np.arange(N_IMAGES) % N_CLASSES)
    stimuli = Images(stimulus_transform(STEP_PX, normalise=False),
                     np.arange(N_IMAGES) % N_LABELS, rates)
    optimiser = torch.optim.SGD(network.parameters(), **SGD, nesterov=True)
    losses = []
    for base_images, base_labels, images, labels, targets in endless(
            Pairs(base, stimuli), batch_size, n_workers):
        base_loss = cross_entropy(network(base_images)[:, :N_CLASSES], base_labels)
        logits, activation = network.forward_with(images, ("IT",))
        neural_loss = feature_space_loss(activation["IT"], targets)
        label_loss = cross_entropy(logits[:, N_CLASSES:], labels)
        weight = 1.0 if torch.rand(()) <= P else 0.0
        loss = base_loss + weight * neural_loss + label_loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append([term.item() for term in (base_loss, neural_loss, label_loss)])
        yield


def feature_space_loss(features: Tensor, targets: Tensor) -> Tensor:
    x, y = features - features.mean(0), targets - targets.mean(0)
    similarity = torch.norm(y.T @ x) ** 2 / (torch.norm(x.T @ x) * torch.norm(y.T @ y))
    return torch.log(1 - similarity)


if __name__ == "__main__":
    main()
