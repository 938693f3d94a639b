"""The neural loss, log(1 - CKA) with its gradient, beside its usual form in feature space.

    python benchmarks/cka.py [--features 25088] [--sites 188] [--rounds 2]

Feature space as research code writes it: the norms of Y'X, X'X and Y'Y by torch.norm, so a features
x features matrix and its gradient. Ours: n x n Gram matrices, float32 too. Both get the same 128
random images. A case is a process of its own, so that its peak of memory is its own; extra memory
is that peak less what the process held before. The best of the rounds counts (ours: ten times as
many), after a call on tiny data; errors are those beside ours in float64, which the tests hold
against a second formula. Then our similarity alone, for as many images as evaluation has.

The feature form needs 8 GB of free memory and half a minute a round; Linux only.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from italign.alignment.cka import cka  # noqa: E402
from italign.evaluation.similarity import linear_cka  # noqa: E402

BATCH, EVALUATED = 128, (320, 2_880)
SPEED, MEMORY, ERROR = 200, 60, 1e-4  # what is asked of ours: ratios, and |CKA - float64|


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--features", type=int, default=25_088, help="IT of CORnet-S at 224 px")
    arguments.add_argument("--sites", type=int, default=188)
    arguments.add_argument("--rounds", type=int, default=2, help="of the feature form")
    arguments.add_argument("--case", nargs=3, metavar=("FORM", "IMAGES", "THREADS"),
                           help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.case:
        form, n_images, threads = given.case
        torch.set_num_threads(int(threads))
        print(json.dumps(measure(form, int(n_images), given.features, given.sites, given.rounds)))
    else:
        report(given.features, given.sites, given.rounds)


def report(n_features: int, n_sites: int, rounds: int) -> None:
    print(f"float32, {n_features} features, {n_sites} sites, torch {torch.__version__}")
    print(f"{'':38s} {'ms':>9s} {'extra MB':>9s} {'CKA':>9s} {'error':>9s} {'of gradient':>12s}")
    for threads in (1, 2):
        ours, theirs = (
            in_new_process(form, BATCH, threads, n_features, n_sites, rounds)
            for form in ("gram", "feature"))
        print_demands(ours, theirs)
    for n_images in EVALUATED:
        in_new_process("similarity", n_images, 1, n_features, n_sites, rounds)


def print_demands(ours: dict, theirs: dict) -> None:
    speed, memory = theirs["ms"] / ours["ms"], theirs["extra_mb"] / ours["extra_mb"]
    met = speed >= SPEED and memory >= MEMORY and ours["error"] <= ERROR
    print(f"  {speed:.0f} x faster (wanted {SPEED}), {memory:.0f} x less memory (wanted {MEMORY}), "
          f"error {ours['error']:.0e} (wanted {ERROR:.0e}): {'met' if met else 'MISSED'}")


def in_new_process(form: str, n_images: int, threads: int, n_features: int, n_sites: int,
                   rounds: int) -> dict:
    answer = subprocess.run(
        [sys.executable, __file__, "--case", form, str(n_images), str(threads), "--features",
         str(n_features), "--sites", str(n_sites), "--rounds", str(rounds)],
        stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(answer.stdout)
    label = f"{form}, {n_images} images, {threads} thread{'s' * (threads > 1)}"
    print(f"{label:38s} {found['ms']:9.1f} {found['extra_mb']:9.0f} {found['value']:9.5f} "
          f"{found['error']:9.1e} {found['gradient_error']:12.1e}", flush=True)
    return found


def measure(form: str, n_images: int, n_features: int, n_sites: int, rounds: int) -> dict:
    """Time, extra memory, value and errors of one form."""
    features, targets = random_batch(n_images, n_features, n_sites)
    run = FORMS[form]
    run(*random_batch(16, 32, 8))  # threads, buffers and code of the first call
    before_mb = start_of_peak_mb()
    value, gradient = run(features, targets)
    extra_mb = status_mb("VmHWM") - before_mb
    seconds = [timed(run, features, targets) for _ in range(_n_rounds(form, rounds))]
    exact, exact_gradient = run_exactly(form, features, targets)
    gradient_error = (gradient - exact_gradient).norm() / exact_gradient.norm()
    return {"ms": 1e3 * min(seconds), "extra_mb": extra_mb, "value": value,
            "error": abs(value - exact), "gradient_error": gradient_error.item()}


def random_batch(n_images: int, n_features: int, n_sites: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return (torch.randn(n_images, n_features, generator=generator),
            torch.randn(n_images, n_sites, generator=generator))


def gram_form(features: Tensor, targets: Tensor) -> tuple[float, Tensor]:
    """CKA and the gradient of log(1 - CKA)."""
    return with_gradient(cka, features, targets)


def feature_form(features: Tensor, targets: Tensor) -> tuple[float, Tensor]:
    return with_gradient(feature_space_loss, features, targets)


def similarity_alone(features: Tensor, targets: Tensor) -> tuple[float, Tensor]:
    """As evaluation calls it, without gradients."""
    return linear_cka(features, targets).item(), torch.full((1,), float("nan"))


FORMS = {"gram": gram_form, "feature": feature_form, "similarity": similarity_alone}


def feature_space_loss(features: Tensor, targets: Tensor) -> Tensor:
    x, y = features - features.mean(0), targets - targets.mean(0)
    similarity = torch.norm(y.T @ x) ** 2 / (torch.norm(x.T @ x) * torch.norm(y.T @ y))
    return torch.log(1 - similarity)


def with_gradient(loss: Callable, features: Tensor, targets: Tensor) -> tuple[float, Tensor]:
    features = features.detach().requires_grad_()
    value = loss(features, targets)
    (gradient,) = torch.autograd.grad(value, features)
    return 1 - value.exp().item(), gradient


def run_exactly(form: str, features: Tensor, targets: Tensor) -> tuple[float, Tensor]:
    run = similarity_alone if form == "similarity" else gram_form
    return run(features.double(), targets.double())


def timed(run: Callable, *arguments: Tensor) -> float:
    start_s = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - start_s


def _n_rounds(form: str, rounds: int) -> int:
    return rounds if form == "feature" else 10 * rounds


def start_of_peak_mb() -> float:
    """Memory held now; the peak that Linux keeps starts again from here."""
    Path("/proc/self/clear_refs").write_text("5")
    return status_mb("VmRSS")


def status_mb(key: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(key)).split()[1]) / 1e3


if __name__ == "__main__":
    main()
