"""Accuracy of every checkpoint of a cohort member under a white-box attack (paper 2.5, 4.5).

PGD on the stimulus labels, untargeted, projected to the ball and to [0, 1] at every step, on the
held-out images as shown. Rows with epsilon 0 are clean accuracy.
DEVIATION: the original code projects once, after the last step; the paper's text says PGD.
"""

import logging

import pandas as pd

from italign.evaluation.checkpoints import walk_checkpoints
from italign.evaluation.robustness import adversarial_accuracy
from italign.evaluation.rows import score_row
from italign.evaluation.table import table_to_dataset
from italign.io import read_dataset, write_dataset
from italign.job import job, keywords
from italign.models._outputs import OutputSlice
from italign.training.augmentation import to_unit
from italign.training.images import category_names, image_set


def attack_model(checkpoints, stimuli, trained, base, robustness, run, model, attack, batch_size):
    """Attack every checkpoint on every set and write one table.

    `trained` is the set whose categories the label outputs stand for, in their order.
    """
    names = category_names(read_dataset(trained, "stimuli"))
    n_base = len(category_names(read_dataset(base, "stimuli")))
    shown = [read_dataset(path, "stimuli") for path in stimuli]
    sets = {ds.attrs["identifier"]: image_set(ds, "test", names) for ds in shown}
    rows = []
    for step, network in walk_checkpoints(checkpoints, model, n_base + len(names),
                                          run["onset_step"]):
        for name, data in sets.items():
            for epsilon_255 in (0.0, *attack["epsilon_255"]):
                epsilon = epsilon_255 / 255
                correct = adversarial_accuracy(
                    OutputSlice(network, n_base).eval(), to_unit(data.images), data.labels,
                    norm=attack["norm"], epsilon=epsilon, n_steps=attack["n_steps"],
                    step_size=epsilon * attack["step_fraction"],
                    random_start=attack["random_start"], batch_size=batch_size, seed=run["seed"],
                )
                rows.append(score_row(run, step, "robustness", name, correct, len(data.labels),
                                      epsilon_255=epsilon_255))
        logging.info("step %d: %s", step, [round(row["raw"], 3) for row in rows[-4:]])
    write_dataset(table_to_dataset(pd.DataFrame(rows)), robustness)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        attack_model(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
