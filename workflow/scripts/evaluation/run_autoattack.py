"""Accuracy of a few cohort members under AutoAttack, on some of the images (Croce & Hein 2020).

An ensemble stronger than PGD, at the last checkpoint of each member: what PGD reports is credible
where it is not far above. The images are chosen as evenly over the categories as they allow. Rows
with epsilon 0 are clean accuracy on the same images. Members that never saw stimulus labels have no
outputs to attack; their table is empty.
"""

import logging

import pandas as pd

from italign.evaluation.attack_checks import choose_images
from italign.evaluation.autoattack import autoattack_survivors
from italign.evaluation.checkpoints import take_files, walk_checkpoints
from italign.evaluation.rows import of_run, score_row
from italign.evaluation.table import COHORT_COLUMNS, table_to_dataset
from italign.io import read_dataset, write_dataset
from italign.job import job, keywords
from italign.models._outputs import OutputSlice
from italign.training.augmentation import to_unit
from italign.training.base_task import base_categories, configured_folder, open_base
from italign.training.images import category_names, image_set
from italign.training.memory import memory_explained
from italign.training.state import checkpoint_steps


def run_autoattack(*, checkpoints: list[str], stimuli: list[str], trained: str, base: str,
                   robustness: list[str], members: list[dict], model: dict, norm: str,
                   epsilon_255: float, n_images: int, attacks: list[str], batch_size: int,
                   seed: int, base_folder: str | None) -> None:
    """Attack the last checkpoint of each member and write its table as soon as it is done.

    `checkpoints` holds the files of the members one after another, ``n_files`` of each; `trained`
    is the set whose categories the label outputs stand for, in their order.
    """
    names = category_names(read_dataset(trained, "stimuli"))
    shown = [read_dataset(path, "stimuli") for path in stimuli]
    n_base = len(base_categories(open_base(base, base_folder, shown[0].sizes["x"])))
    sets = {ds.attrs["identifier"]: _some(image_set(ds, "test", names), n_images, seed)
            for ds in shown}
    options = {"norm": norm, "epsilon_255": epsilon_255, "attacks": attacks,
               "batch_size": batch_size, "seed": seed}
    fact = f"{', '.join(attacks)}; norm {norm}, epsilon_255 {epsilon_255:g}"
    for (member, files), path in zip(take_files(members, checkpoints), robustness, strict=True):
        rows = _attack_member(files, member["run"], model, n_base, len(names), sets, options)
        table = table_to_dataset(pd.DataFrame(rows, columns=list(COHORT_COLUMNS)))
        write_dataset(table.assign_attrs(attack_autoattack=fact), path)


def _some(data, n_images, seed):
    chosen = choose_images(data.labels, n_images, seed)
    return to_unit(data.images[chosen]), data.labels[chosen]


def _attack_member(files, run, model, n_base, n_labels, sets, options):
    rows = []
    if run["labels"] != "on":
        return rows
    last = checkpoint_steps(files[-1])[-1]
    for step, network, _ in walk_checkpoints(files[-1:], model, n_base + n_labels, last):
        outputs = OutputSlice(network, n_base).eval()
        for name, (images, labels) in sets.items():
            rows += of_run(_rows(outputs, name, images, labels, **options), run, step)
    return rows


def _rows(outputs, stimulus_set, images, labels, *, norm, epsilon_255, **options):
    left = autoattack_survivors(outputs, images, labels, norm=norm, epsilon=epsilon_255 / 255,
                                **options)
    clean, attacked = (float(share) for share in left.double().mean(1))
    logging.info("%s: %.3f of %d images are classified correctly, %.3f under attack",
                 stimulus_set, clean, len(labels), attacked)
    return [score_row("robustness", "accuracy", stimulus_set, share, len(labels),
                      attack="autoattack", norm=norm, epsilon_255=radius)
            for radius, share in ((0.0, clean), (epsilon_255, attacked))]


if __name__ == "__main__":
    with (job(snakemake.log[0], "run_autoattack", snakemake.config, snakemake.threads),
          memory_explained("the images of one pass", "lower evaluation.batch_size")):
        run_autoattack(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                       base_folder=configured_folder(snakemake.config))
