"""Evaluation beside straightforward code and beside the libraries that users would take.

    python benchmarks/evaluation.py [--rounds 3] [--only i2n|pgd|cka|share] [--world insilico]

i2n: one model against people's trials (240 images, 24 objects, 341,785 trials as in Rajalingham et
    al. 2018, invented), beside a loop over images and distractors that computes the same number;
    then everything that the pipeline computes of a checkpoint and readout.
pgd: images/s of L-inf and L2 attacks of 10 steps, one thread, beside foolbox and the Adversarial
    Robustness Toolbox with the same settings and model; and our curve, which drops broken images.
cka: one checkpoint against one held-out animal, 320 images and 188 sites, from activations to both
    estimators; then the whole measure similarity as the pipeline calls it, with RSA, chance and
    intervals of 200 half-samples.
share: of a finished world, the part of the evaluation jobs' time that is process start-up: wall
    time by Snakemake less time inside of the job.

All take turns in one process; the best of the rounds counts. It needs requirements-dev.txt.
"""

import argparse
import re
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import xarray as xr

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from italign.assemblies.ceilings import RULES  # noqa: E402
from italign.evaluation.attack_curves import attack_curve  # noqa: E402
from italign.evaluation.behavior import i2n, model_response  # noqa: E402
from italign.evaluation.category_subsets import category_subsets  # noqa: E402
from italign.evaluation.measures.similarity import similarity  # noqa: E402
from italign.evaluation.people import behavior_scores, prepare_people  # noqa: E402
from italign.evaluation.robustness import pgd  # noqa: E402
from italign.evaluation.similarity import ESTIMATORS, cka_from_grams, linear_gram  # noqa: E402
from italign.evaluation.study import Look, Study  # noqa: E402
from italign.evaluation.trials import Trials  # noqa: E402
from italign.models import build  # noqa: E402
from tests.evaluation.behavior_reference import i2n_by_loops  # noqa: E402

N_STEPS, N_IMAGES, EPSILON = 10, 128, {"linf": 1 / 255, "l2": 0.25}
FEATURES = {"default world": 512, "64 px, quarter width": 2_048, "CORnet-S at 224 px": 25_088}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--only", choices=list(PARTS))
    arguments.add_argument("--world", default="insilico", help="finished world, for share")
    given = arguments.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    for name, part in PARTS.items():
        if given.only in (None, name):
            print(f"\n{name}", flush=True)
            part(given)


def best_seconds(contestants: dict[str, Callable], rounds: int) -> dict[str, float]:
    """Least wall time of a call, in turn."""
    found = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            start_s = time.perf_counter()
            run()
            found[name].append(time.perf_counter() - start_s)
    return {name: min(seconds) for name, seconds in found.items()}


def compare_i2n(given: argparse.Namespace) -> None:
    n_images, n_categories, n_trials = 240, 24, 341_785
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(n_categories), n_images // n_categories)
    probabilities = rng.dirichlet(np.ones(n_categories), n_images)
    image = rng.integers(n_images, size=n_trials)
    shown = truth[image]
    distractor = (shown + rng.integers(1, n_categories, n_trials)) % n_categories
    of_truth = probabilities[image, shown]
    correct = rng.random(n_trials) < of_truth / (of_truth + probabilities[image, distractor])
    choice = np.where(correct, shown, distractor)
    trials = Trials(image, shown, distractor, choice, n_images, n_categories)
    answers = {}

    def ours() -> None:
        answers["ours"] = i2n(probabilities, truth, trials).raw

    def loops() -> None:
        answers["loops"] = i2n_by_loops(probabilities, truth, image, shown, distractor, choice,
                                        n_categories, seed=0)

    seconds = best_seconds({"ours": ours, "loops": loops}, given.rounds)
    ratio = seconds["loops"] / seconds["ours"]
    print(f"ours {1e3 * seconds['ours']:.1f} ms, loops {1e3 * seconds['loops']:.0f} ms: "
          f"{ratio:.0f} x (wanted 30); {answers}")
    subsets = category_subsets([f"{i:02d}" for i in range(n_categories)], ["00", "01", "02", "03"])
    people = prepare_people(trials, truth, subsets, n_halves=20, n_resamples=200, seed=0)
    response = model_response(probabilities, truth)
    seconds = best_seconds({"all": lambda: behavior_scores(response, people)}, given.rounds)
    print(f"in the pipeline, all metrics and categories with intervals: "
          f"{1e3 * seconds['all']:.0f} ms per readout and checkpoint")


def compare_pgd(given: argparse.Namespace) -> None:
    for label, width, image_px in (("default world's network", 0.125, 48), ("64 px, quarter width",
                                                                            0.25, 64)):
        model = build("cornet_s", 10, width=width, bottleneck=2).eval()
        generator = torch.Generator().manual_seed(0)
        images = torch.rand(N_IMAGES, 3, image_px, image_px, generator=generator)
        with torch.no_grad():
            labels = model(images).argmax(1)  # all right, so that no attack has less to do
        for norm, epsilon in EPSILON.items():
            contestants = attacks(model, images, labels, norm, epsilon)
            seconds = best_seconds(contestants, given.rounds)
            rates = {name: N_IMAGES * N_STEPS / found for name, found in seconds.items()}
            print(f"{label}, {norm}, image steps/s: "
                  + ", ".join(f"{name} {rate:.0f}" for name, rate in rates.items())
                  + f"; ours / foolbox {rates['ours'] / rates['foolbox']:.2f}, ours / ART "
                  f"{rates['ours'] / rates['ART']:.2f} (wanted 1)", flush=True)


def attacks(model, images, labels, norm: str, epsilon: float) -> dict[str, Callable]:
    import foolbox
    from art.attacks.evasion import ProjectedGradientDescent
    from art.estimators.classification import PyTorchClassifier

    step_size = epsilon / 4
    kind = {"linf": foolbox.attacks.LinfPGD, "l2": foolbox.attacks.L2PGD}[norm]
    theirs = kind(abs_stepsize=step_size, steps=N_STEPS, random_start=False)
    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
    classifier = PyTorchClassifier(
        model, torch.nn.CrossEntropyLoss(), tuple(images.shape[1:]), 10, clip_values=(0, 1),
        device_type="cpu")
    toolbox = ProjectedGradientDescent(
        classifier, norm=np.inf if norm == "linf" else 2, eps=epsilon, eps_step=step_size,
        max_iter=N_STEPS, num_random_init=0, batch_size=N_IMAGES, verbose=False)
    arrays = images.numpy(), np.eye(10)[labels.numpy()]
    return {
        "ours": lambda: pgd(model, images, labels, norm, epsilon, N_STEPS, step_size),
        "our curve, one radius": lambda: attack_curve(
            model, images, labels, norm=norm, epsilons=[epsilon], n_steps=N_STEPS,
            step_fraction=1 / 4, batch_size=N_IMAGES, seed=0),
        "foolbox": lambda: theirs(wrapped, images, labels, epsilons=epsilon),
        "ART": lambda: toolbox.generate(arrays[0], arrays[1]),
    }


def time_cka(given: argparse.Namespace) -> None:
    rng = np.random.default_rng(0)
    target = linear_gram(rng.standard_normal((320, 188)))
    for label, n_features in FEATURES.items():
        features = rng.standard_normal((320, n_features)).astype(np.float32)

        def score(features=features) -> None:
            gram = linear_gram(features)
            for estimator in ESTIMATORS:
                cka_from_grams(gram, target, estimator)

        seconds = best_seconds({"cka": score}, 10 * given.rounds)
        whole = similarity(study_of_one_animal(rng), n_resamples=200)

        def everything(features=features, whole=whole) -> None:
            seen = {("hvm", "test"): {"IT": features}}
            whole(Look(True, seen, seen, np.zeros((1, 1))))

        seconds |= best_seconds({"all": everything}, given.rounds)
        print(f"{label}, {n_features} features: {1e3 * seconds['cka']:.1f} ms, with RSA and "
              f"intervals {1e3 * seconds['all']:.1f} ms")


def study_of_one_animal(rng: np.random.Generator) -> Study:
    n, sites = 320, 188
    ids = np.array([f"hvm-{i}" for i in range(n)])
    attrs = {"animal": "sim", "stimulus_set": "hvm"}
    assembly = xr.Dataset(
        {"rate": (("stimulus", "repetition", "neuroid"), rng.standard_normal((n, 4, sites))),
         "selected": ("neuroid", np.ones(sites))},
        coords={"stimulus_id": ("stimulus", ids)}, attrs=attrs)
    ceiling = xr.Dataset(
        {"cka": (("rule", "estimator", "n_drawn", "split"), np.full((4, 2, 1, 1), 0.8))},
        coords={"rule": list(RULES), "estimator": list(ESTIMATORS), "n_drawn": [4]}, attrs=attrs)
    stimuli = xr.Dataset(coords={
        "stimulus_id": ("stimulus", ids), "category": ("stimulus", ["bear"] * n),
        "split": ("stimulus", ["test"] * n)}, attrs={"identifier": "hvm"})
    return Study({"hvm": stimuli}, [assembly], [ceiling], [], ("bear",), ("bear",), "base",
                 np.zeros(1), "IT", 0)


def time_start_up(given: argparse.Namespace) -> None:
    folder = ROOT / "results" / given.world
    for rule in ("score_models", "attack_models", "run_autoattack"):
        whole = inside = jobs = 0
        for table in sorted((folder / "benchmarks" / rule).glob("*.tsv")):
            log = (folder / "logs" / rule / f"{table.stem}.log").read_text()
            whole += float(table.read_text().splitlines()[1].split("\t")[0])
            inside += float(re.search(r"end \w+ after ([\d.]+) s", log)[1])
            jobs += 1
        if jobs:
            print(f"{rule}: {jobs} jobs, {whole:.0f} s, start-up {whole - inside:.1f} s = "
                  f"{100 * (1 - inside / whole):.1f} % (wanted below 10)")


PARTS = {"i2n": compare_i2n, "pgd": compare_pgd, "cka": time_cka, "share": time_start_up}

if __name__ == "__main__":
    main()
