"""Score every checkpoint of a cohort member against brains, people and labels, from one pass.

similarity: linear CKA of the model's region with the selected sites of each held-out animal and
    set; raw, ceiling, ceiled = raw / ceiling (paper 2.4, Fig 2).
behavior: i2n of a linear decoder with people, ceiled = raw / sqrt(ceiling) (paper 2.6).
accuracy: of the model's own outputs on held-out images, base task and stimulus labels.
"""

import logging

import pandas as pd

from italign.evaluation.activations import activations
from italign.evaluation.checkpoints import walk_checkpoints
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
from italign.training.images import category_names, image_set


def score_model(*, checkpoints, stimuli, base, assemblies, ceilings, behavior_trials, similarity,
                behavior, accuracy, run, model, trained_set, inverse_regularisation, batch_size):
    """Write the tables of one member and seed: similarity, behavior, accuracy."""
    sets = {ds.attrs["identifier"]: ds for ds in (read_dataset(p, "stimuli") for p in stimuli)}
    base_images = read_dataset(base, "stimuli")
    names, n_base = category_names(sets[trained_set]), len(category_names(base_images))
    axes, crowds = _references(assemblies, ceilings, behavior_trials, sets)
    shown = {(name, split): image_set(ds, split) for name, ds in sets.items()
             for split in ("train", "test")}
    base_name = base_images.attrs["identifier"]
    shown[base_name, "test"] = image_set(base_images, "test")
    # Outputs for the stimulus labels mean something only where they were trained.
    labelled = [name for name, ds in sets.items()
                if run["labels"] == "on" and category_names(ds) == names]
    outputs_of = {base_name: slice(n_base), **dict.fromkeys(labelled, slice(n_base, None))}
    tables = {similarity: [], behavior: [], accuracy: []}
    for step, network in walk_checkpoints(checkpoints, model, n_base + len(names),
                                          run["onset_step"]):
        seen = {key: activations(network, data.images, (model["region"], "penultimate"), batch_size)
                for key, data in shown.items()}
        tables[similarity] += similarity_rows(run, step, axes, seen, model["region"])
        tables[behavior] += behavior_rows(run, step, crowds, seen, inverse_regularisation)
        for name, outputs in outputs_of.items():
            logits = seen[name, "test"]["logits"][:, outputs].numpy()
            labels = shown[name, "test"].labels.cpu().numpy()
            tables[accuracy].append(accuracy_row(run, step, name, logits, labels))
        logging.info("step %d: base accuracy %.3f", step, tables[accuracy][-len(outputs_of)]["raw"])
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
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        score_model(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
