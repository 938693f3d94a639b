"""Score every checkpoint of a cohort member against brains, people and labels, from one pass.

similarity: linear CKA of the model's region with the selected sites of each held-out animal and
    set; raw, ceiling, ceiled = raw / ceiling (paper 2.4, Fig 2).
behavior: i2n of a linear decoder with people, ceiled = raw / sqrt(ceiling) (paper 2.6).
accuracy: of the model's own outputs on held-out images, base task and stimulus labels.
With a jitter, similarity and accuracy are those of moved images, as in the original code.
"""

import logging
from functools import partial

import pandas as pd

from italign.evaluation.activations import activations
from italign.evaluation.checkpoints import walk_checkpoints
from italign.evaluation.jitter import jitter_images
from italign.evaluation.scoring import (
    accuracy_row,
    behavior_rows,
    crowd,
    held_out_axis,
    similarity_rows,
)
from italign.evaluation.table import table_to_dataset
from italign.io import read_dataset, write_dataset
from italign.job import job, keywords
from italign.models._statistics import base_statistics
from italign.training.base_task import (
    base_categories,
    base_test_images,
    configured_folder,
    open_base,
)
from italign.training.images import category_names, image_set
from italign.training.memory import memory_explained


def score_model(*, checkpoints, stimuli, base, assemblies, ceilings, behavior_trials, similarity,
                behavior, accuracy, run, model, trained_set, inverse_regularisation, batch_size,
                base_set, jitter, base_folder):
    """Write the tables of one member and seed: similarity, behavior, accuracy."""
    sets = {ds.attrs["identifier"]: ds for ds in (read_dataset(p, "stimuli") for p in stimuli)}
    base_images = open_base(base, base_folder, sets[trained_set].sizes["x"])
    names, n_base = category_names(sets[trained_set]), len(base_categories(base_images))
    axes, crowds = _references(assemblies, ceilings, behavior_trials, sets)
    # Outputs for the stimulus labels mean something only where they were trained.
    labelled = [name for name, ds in sets.items() if set(category_names(ds)) <= set(names)]
    keys = [(name, "test") for name in sets] + [(c.stimulus_set, "train") for c in crowds]
    shown = {(name, split): image_set(sets[name], split, names if name in labelled else None)
             for name, split in keys}
    jittered = {key: jitter_images(data.images, jitter, run["seed"])
                for key, data in shown.items() if jitter and key[1] == "test"}
    base_test = base_test_images(base_images)
    look = partial(activations, regions=(model["region"], "penultimate"), batch_size=batch_size)
    tables = {similarity: [], behavior: [], accuracy: []}
    for step, network in walk_checkpoints(checkpoints, model, n_base + len(names),
                                          run["onset_step"]):
        seen = {key: look(network, data.images) for key, data in shown.items()}
        moved = seen | {key: look(network, images) for key, images in jittered.items()}
        tables[behavior] += behavior_rows(run, step, crowds, seen, inverse_regularisation)
        tables[similarity] += similarity_rows(run, step, axes, moved, model["region"])
        with base_statistics(network):
            logits = look(network, base_test.images, regions=())["logits"][:, :n_base].numpy()
        labels = base_test.labels.cpu().numpy()
        tables[accuracy].append(accuracy_row(run, step, base_set, logits, labels))
        logging.info("step %d: base accuracy %.3f", step, tables[accuracy][-1]["raw"])
        for name in labelled if run["labels"] == "on" else []:
            logits = moved[name, "test"]["logits"][:, n_base:].numpy()
            labels = shown[name, "test"].labels.cpu().numpy()
            tables[accuracy].append(accuracy_row(run, step, name, logits, labels))
    for path, rows in tables.items():
        write_dataset(table_to_dataset(pd.DataFrame(rows)), path)


def _references(assemblies, ceilings, behavior_trials, sets):
    """Held-out animals and people, each joined to the images of its set."""
    axes = []
    for assembly, ceiling in zip(assemblies, ceilings, strict=True):
        responses = read_dataset(assembly, "assembly")
        axes.append(held_out_axis(responses, read_dataset(ceiling, "ceiling"),
                                  sets[responses.attrs["stimulus_set"]]))
    trials = [read_dataset(path, "behavior") for path in behavior_trials]
    return axes, [crowd(ds, sets[ds.attrs["stimulus_set"]]) for ds in trials]


if __name__ == "__main__":
    with (job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads),
          memory_explained("the images of one pass", "lower evaluation.batch_size")):
        score_model(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                    base_folder=configured_folder(snakemake.config))
