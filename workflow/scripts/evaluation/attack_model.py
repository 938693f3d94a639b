"""Accuracy of every checkpoint of a cohort member under a white-box attack (paper 2.5, 3.3).

PGD on the stimulus labels, untargeted, projected to the ball and to [0, 1] at every step, on the
held-out images as shown; as in the original code: from a corner of the ball, projected after the
last step only, on images moved as in training. Rows with epsilon 0 are clean accuracy. Members
that never saw stimulus labels have no outputs to attack; their table is empty.
"""

import logging

import pandas as pd

from italign.evaluation.checkpoints import walk_checkpoints
from italign.evaluation.jitter import jitter_images
from italign.evaluation.robustness import adversarial_accuracy, random_starts
from italign.evaluation.rows import score_row
from italign.evaluation.table import COHORT_COLUMNS, table_to_dataset
from italign.io import read_dataset, write_dataset
from italign.job import job, keywords
from italign.models._outputs import OutputSlice
from italign.training.augmentation import to_unit
from italign.training.base_task import base_categories, configured_folder, open_base
from italign.training.images import category_names, image_set
from italign.training.memory import memory_explained


def attack_model(*, checkpoints: list[str], stimuli: list[str], trained: str, base: str,
                 robustness: str, run: dict, model: dict, norm: str, epsilons_255: list[float],
                 n_steps: int, step_fraction: float, random_start: bool, corner_start: bool,
                 project_once: bool, jitter: dict | None, batch_size: int,
                 base_folder: str | None) -> None:
    """Attack every checkpoint on every set and write one table.

    `trained` is the set whose categories the label outputs stand for, in their order.
    """
    names = category_names(read_dataset(trained, "stimuli"))
    shown = [read_dataset(path, "stimuli") for path in stimuli]
    sets = {ds.attrs["identifier"]: image_set(ds, "test", names) for ds in shown}
    n_base = len(base_categories(open_base(base, base_folder, shown[0].sizes["x"])))
    corner = random_start and corner_start
    settings = {"norm": norm, "n_steps": n_steps, "random_start": random_start and not corner,
                "project_once": project_once}
    rows = []
    for step, network in walk_checkpoints(checkpoints if run["labels"] == "on" else [], model,
                                          n_base + len(names), run["onset_step"]):
        outputs = OutputSlice(network, n_base).eval()
        for name, data in sets.items():
            images = to_unit(jitter_images(data.images, jitter, run["seed"]))
            for epsilon_255 in (0.0, *epsilons_255):
                epsilon = epsilon_255 / 255
                start = (random_starts(images, norm, epsilon, run["seed"], corner=True)
                         if corner and epsilon else None)
                correct = adversarial_accuracy(
                    outputs, images, data.labels, **settings, epsilon=epsilon, start=start,
                    step_size=step_fraction * epsilon, batch_size=batch_size, seed=run["seed"],
                )
                rows.append(score_row(run, step, "robustness", name, correct, len(data.labels),
                                      epsilon_255=epsilon_255))
                logging.info("step %d, %s, epsilon %g/255: %.3f", step, name, epsilon_255, correct)
    table = table_to_dataset(pd.DataFrame(rows, columns=list(COHORT_COLUMNS)))
    facts = {key: str(value) for key, value in (settings | {"corner_start": corner}).items()}
    write_dataset(table.assign_attrs(**facts, step_fraction=step_fraction), robustness)


if __name__ == "__main__":
    with (job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads),
          memory_explained("the images of one pass", "lower evaluation.batch_size")):
        attack_model(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                     base_folder=configured_folder(snakemake.config))
