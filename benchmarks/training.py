"""A training step and its stimulus pipeline, beside a loop written as research code usually is.

    python benchmarks/training.py [--rounds 3] [--seconds 4] [--only pipeline|step|share]

The reference is `reference_loop.py`; ours is `italign.training`: fp32, not compiled, as by default.
Both train the same network (ours) on the same number of random images and log their losses each
step. Validation is left out: the reference would recompute features per animal and set, so this
favours it; and so does that its base images are in memory, where ImageNet is decoded.

A case is a process of its own, in which the contestants run in turn; the best of the rounds counts,
of wall time and of the processor time of all threads and workers, each by itself: other jobs on the
machine slow some. Cores are counted alike: a worker of the DataLoader is one, a thread of torch is
one, and who decodes in the process that trains has none beside it. Linux only.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from italign.alignment.cka import cka  # noqa: E402
from italign.models._normalisation import IMAGENET_MEAN, IMAGENET_SD  # noqa: E402
from italign.models._torchvision import torchvision_models  # noqa: E402
from italign.models.cornet_s import cornet_s  # noqa: E402
from italign.training.batches import base_batches, stimulus_batch  # noqa: E402
from italign.training.images import ImageSet, TrainingData  # noqa: E402
from italign.training.parallel import SINGLE  # noqa: E402
from italign.training.precision import compiled, new_scaler, new_sgd, prepare_device  # noqa: E402
from italign.training.segment import train_segment  # noqa: E402
from italign.training.step import Setting, StepOptions  # noqa: E402

torchvision_models()  # where torch has no CUDA, torchvision's other parts can only come after it
import reference_loop as reference  # noqa: E402
from in_turn import best_in_turn  # noqa: E402
from reference_loop import N_CLASSES, N_IMAGES, N_LABELS, N_SITES  # noqa: E402

PIPELINE_SPEED, STEP_SPEED = 10, 1.5  # what is asked of ours: ratios of wall time
PIPELINES = (64, 224)  # px
STEPS = ((2, 64), (2, 128), (4, 64), (4, 128))  # bottleneck, images of each of the two batches
STEP_PX, WIDTH, PIPELINE_BATCH = 64, 0.25, 128
# Threads of ours; (workers, threads) of the reference, which gets the better of its two ways.
CORES = {"1 core": (1, ((0, 1),)), "2 cores": (2, ((1, 1), (0, 2)))}
# Ways through the network, and what is asked of ours beside them.
REFERENCES = {"everything recomputed": (reference.recomputed, STEP_SPEED),
              "two passes": (reference.two_passes, None)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=float, default=4, help="of a contestant's turn")
    arguments.add_argument("--only", choices=("pipeline", "step", "share"))
    arguments.add_argument("--case", type=json.loads, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.case:
        prepare_device(deterministic=True)  # as a job does; the reference profits too
        name, *values = given.case
        print(json.dumps(CASES[name](*values, given.rounds, given.seconds)))
        return
    print(f"torch {torch.__version__}, fp32, {N_SITES} sites, neural term in "
          f"{reference.P:.0%} of steps, best of {given.rounds} rounds of {given.seconds:g} s")
    for part in (report_pipeline, report_step, report_share):
        if given.only in (None, part.__name__.removeprefix("report_")):
            part(given.rounds, given.seconds)


def report_pipeline(rounds: int, seconds: float) -> None:
    print(f"\nstimuli augmented and normalised, ms for {PIPELINE_BATCH}")
    for px in PIPELINES:
        for cores, (threads, _) in CORES.items():
            ours, theirs = in_new_process(["pipeline", px, threads], rounds, seconds)
            print_row(f"{px} px, {cores}", ours, theirs, PIPELINE_SPEED)


def report_step(rounds: int, seconds: float) -> None:
    print(f"\nwhole step, CORnet-S of width {WIDTH}, {STEP_PX} px, ms")
    for bottleneck, batch_size in STEPS:
        for cores, (threads, ways) in CORES.items():
            case = ["step", bottleneck, batch_size, threads, ways]
            ours, *theirs = in_new_process(case, rounds, seconds)
            print(f"bottleneck {bottleneck}, {batch_size}+{batch_size}, {cores}")
            for i, (name, (_, wanted)) in enumerate(REFERENCES.items()):
                best, (n_workers, n) = min(zip(theirs[i * len(ways):], ways, strict=False))
                print_row(f"  {name} (workers {n_workers}, threads {n})", ours, best, wanted)


def report_share(rounds: int, seconds: float) -> None:
    print("\nwhere our step spends its time (1 thread, profiled)")
    for bottleneck, batch_size in STEPS:
        shares = in_new_process(["share", bottleneck, batch_size], rounds, seconds)
        print(f"bottleneck {bottleneck}, {batch_size}+{batch_size}: "
              + ", ".join(f"{name} {share:.1%}" for name, share in shares.items()))


def print_row(label: str, ours: list[float], theirs: list[float], wanted: float | None) -> None:
    """Each is (wall, processor) seconds of an item."""
    wall, processor = (their / our for our, their in zip(ours, theirs, strict=True))
    verdict = f"{'met' if wall >= wanted else 'MISSED'} (wanted {wanted:g})" if wanted else ""
    print(f"{label:46s} ours {1e3 * ours[0]:7.1f}  reference {1e3 * theirs[0]:7.1f}  "
          f"{wall:5.2f} x, processor time {processor:5.2f} x  {verdict}", flush=True)


def in_new_process(case: list, rounds: int, seconds: float) -> list | dict:
    answer = subprocess.run(
        [sys.executable, __file__, "--case", json.dumps(case), "--rounds", str(rounds),
         "--seconds", str(seconds)], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(answer.stdout)


def pipeline_case(px: int, threads: int, rounds: int, seconds: float) -> list[tuple]:
    """With more than one core the reference's own process only waits for its workers."""
    theirs = reference.endless(reference.stimuli(px, normalise=True), PIPELINE_BATCH,
                               n_workers=0 if threads == 1 else threads)
    return best_in_turn([(threads, our_batches(px)), (threads, theirs)], rounds, seconds)


def step_case(bottleneck: int, batch_size: int, threads: int, ways: list, rounds: int,
              seconds: float) -> list[tuple]:
    """Ours, then each reference in each of its ways."""
    contestants = [(threads, our_steps(bottleneck, batch_size))]
    contestants += [
        (n, reference.reference_steps(new_network(bottleneck), losses_of, STEP_PX, batch_size,
                                      n_workers))
        for losses_of, _ in REFERENCES.values() for n_workers, n in ways]
    return best_in_turn(contestants, rounds, seconds)


def share_case(bottleneck: int, batch_size: int, rounds: int, seconds: float) -> dict[str, float]:
    """Shares of the time of our steps, by kind of operator; augmentation is run again alone."""
    torch.set_num_threads(1)
    taken = time_by_kind(our_steps(bottleneck, batch_size), rounds)
    augmentation, whole = time_by_kind(our_augmentation(batch_size), rounds), taken.total()
    taken.subtract(augmentation)
    taken["augmentation"] = augmentation.total()
    return {name: part / whole for name, part in taken.most_common()}


CASES = {"pipeline": pipeline_case, "step": step_case, "share": share_case}
KINDS = {
    "convolution": ("conv",), "batch norm": ("batch_norm", "batchnorm"),
    "ReLU": ("relu", "threshold"), "sums of gradients and skips": ("aten::add",),
    "optimiser": ("sgd", "foreach"), "copies": ("copy", "aten::cat", "clone"),
}


def time_by_kind(items: Iterator, rounds: int) -> Counter:
    next(items)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        for _ in islice(items, rounds):
            pass
    taken = Counter()
    for event in profile.key_averages():
        kind = next((name for name, parts in KINDS.items()
                     if any(part in event.key.lower() for part in parts)), "other")
        taken[kind] += event.self_cpu_time_total
    return taken


def our_options(batch_size: int) -> StepOptions:
    return StepOptions(
        seed=0, batch_size=batch_size, onset_step=0, decay_start_step=10**9, n_steps=10**9,
        p=reference.P, train_labels=True, region="IT", translate_fraction=reference.TRANSLATE,
        rotate_deg=reference.ROTATE_DEG, scale=reference.SCALE,
        crop_area_min=reference.CROP_AREA_MIN, attack=None, batch_norm="shared", precision="fp32",
        compile=False, shear_deg=None, nearest_pixel=False, augmented_validation=False)


def our_batches(px: int) -> Iterator[Tensor]:
    stimuli, options = resident(px, N_LABELS), our_options(PIPELINE_BATCH)
    mean, sd = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_SD))
    for step in count():
        yield (stimulus_batch(stimuli, options, step)[0] - mean).div_(sd)


def our_augmentation(batch_size: int) -> Iterator[tuple]:
    """Of a step, both tasks."""
    images, options = resident(STEP_PX, N_LABELS), our_options(batch_size)
    base = base_batches(images, options, range(10**9), SINGLE)
    return ((next(base), stimulus_batch(images, options, step)) for step in count())


def our_steps(bottleneck: int, batch_size: int) -> Iterator[None]:
    network = new_network(bottleneck).to(memory_format=torch.channels_last)
    base, stimuli = resident(STEP_PX, N_CLASSES), resident(STEP_PX, N_LABELS)
    targets = torch.rand(N_IMAGES, N_SITES)
    data = TrainingData((base, base), (stimuli, stimuli), (targets, targets),
                        np.arange(N_IMAGES).astype(str), N_CLASSES, N_LABELS)
    setting = Setting(network, compiled(network, False), data, cka, our_options(batch_size), SINGLE)
    optimiser, scaler = new_sgd(network, "fp32", **reference.SGD), new_scaler("fp32")
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


if __name__ == "__main__":
    main()
