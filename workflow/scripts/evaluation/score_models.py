"""Score every checkpoint of several members against brains, people and labels, from one pass each.

Each measure is a file of italign/evaluation/measures and an entry of evaluation.measures
(docs/measures.md); a table is written per member and measure. Base accuracy has a row more, of the
pretrained network (step 0): what training cost. With a jitter, similarity and accuracy are those of
moved images, as in the original code. The checkpoint at the onset is the same for members that
share a trunk, and is scored once.
"""

from italign.job import job, keywords

import logging

import pandas as pd

from italign.evaluation.checkpoints import take_files, walk_checkpoints
from italign.evaluation.columns import COHORT_COLUMNS
from italign.evaluation.looking import base_logits, look_at, shown_images
from italign.evaluation.measures import measure
from italign.evaluation.measures.accuracy import base_row
from italign.evaluation.rows import of_run
from italign.evaluation.study import Study
from italign.evaluation.table import table_to_dataset
from italign.io import read_dataset, write_dataset
from italign.training.base_task import (
    base_categories,
    base_test_images,
    configured_folder,
    open_base,
)
from italign.training.images import category_names, device
from italign.training.memory import memory_explained
from italign.training.pretrained import pretrained_network


def score_models(*, checkpoints, pretrained, stimuli, base, assemblies, ceilings, behavior_trials,
                 members, measures, model, trained_set, decoded_sets, overlapping, batch_size,
                 base_set, jitter, seed, base_folder, **tables):
    """Write one table per measure and member.

    Parameters
    ----------
    checkpoints : sequence of str
        Files of the members one after another, ``n_files`` of each; pretrained, stimuli, base,
        assemblies, ceilings, behavior_trials: files of those contracts.
    members : list of dict
        ``run`` (see `of_run`) and ``n_files`` of each, all of one seed.
    measures : dict of str to dict
        Section ``evaluation.measures``.
    model, base_set, batch_size, jitter, seed, base_folder
        As in the config; seed: of resamples.
    trained_set : str
        Whose categories the label outputs stand for, in their order.
    decoded_sets : list of str
        Sets whose train images are shown too; overlapping: see `Study`.
    **tables : list of str
        Output files of each measure, in the order of the members.
    """
    sets = {ds.attrs["identifier"]: ds for ds in (read_dataset(p, "stimuli") for p in stimuli)}
    base_images = open_base(base, base_folder, sets[trained_set].sizes["x"])
    base_test = base_test_images(base_images)
    study = Study(
        sets, *(_read(paths, contract) for paths, contract in (
            (assemblies, "assembly"), (ceilings, "ceiling"), (behavior_trials, "behavior"))),
        tuple(category_names(sets[trained_set])), tuple(base_categories(base_images)), base_set,
        base_test.labels.cpu().numpy(), model["region"], seed, overlapping,
    )
    options = {name: {key: value for key, value in entry.items() if key != "checkpoints"}
               for name, entry in measures.items()}
    logging.info("%d members, sets %s, %d held-out assemblies, trials %s", len(members),
                 {name: ds.sizes["stimulus"] for name, ds in sets.items()}, len(study.assemblies),
                 {ds.attrs["stimulus_set"]: ds.sizes["trial"] for ds in study.behavior})
    scores = {name: _prepared(name, study, chosen) for name, chosen in options.items()}
    shown = shown_images(study, decoded_sets, base_test, jitter, members[0]["run"]["seed"])
    before = _before(pretrained, model, shown, study, batch_size) if "accuracy" in measures else []
    shared = {}  # rows at the onset, by trunk
    for place, (member, files) in enumerate(take_files(members, checkpoints)):
        run = member["run"]
        rows = {name: [] for name in measures}
        if before:
            rows["accuracy"] += of_run(before, run, 0)
        for step, network, is_last in walk_checkpoints(files, model, study.n_outputs,
                                                       run["onset_step"]):
            due = [name for name in measures if is_last or measures[name]["checkpoints"] == "all"]
            key = (files[0], step, *due)
            if key not in shared:
                look = look_at(network, shown, study, run["labels"] == "on", batch_size)
                found = {name: _score(scores[name], look, name, run, step) for name in due}
            else:
                found = shared[key]
            if step == run["onset_step"]:
                shared[key] = found
            for name, new in found.items():
                rows[name] += of_run(new, run, step)
            logging.info("%s, step %d: %d numbers", run["model"], step,
                         sum(map(len, found.values())))
        for name, table in rows.items():
            frame = pd.DataFrame(table, columns=list(COHORT_COLUMNS))
            write_dataset(table_to_dataset(frame), tables[name][place])


def _prepared(name, study, options):
    """A measure; errors of what does not depend on checkpoints name its section of the config."""
    try:
        return measure(name, study, options)
    except ValueError as error:
        raise ValueError(f"evaluation.measures.{name}: {error}") from error


def _score(score, look, name, run, step):
    """Rows of one measure; its errors say whose they are."""
    try:
        return score(look)
    except ValueError as error:
        raise ValueError(f"{name} of {run['model']}, seed {run['seed']}, step {step}: "
                         f"{error}") from error


def _read(paths, contract):
    return [read_dataset(path, contract) for path in paths]


def _before(pretrained, model, shown, study, batch_size):
    """Base accuracy of the network that every run starts from."""
    n_base = len(study.base_categories)
    network = pretrained_network(pretrained, model, n_base).to(device()).eval()
    return [base_row(study, base_logits(network, shown, n_base, batch_size))]


if __name__ == "__main__":
    with (job(snakemake.log[0], "score_models", snakemake.config, snakemake.threads),
          memory_explained("the images of one pass", "lower evaluation.batch_size")):
        score_models(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                     base_folder=configured_folder(snakemake.config))
