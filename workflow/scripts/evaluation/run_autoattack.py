"""Accuracy of a few cohort members under AutoAttack, on some of the images (Croce & Hein 2020).

An ensemble stronger than PGD, at the last checkpoint of each member: what PGD reports is credible
where it is not far above. PGD attacks the same images at the same radius, as shown, so that the gap
is not one of sampling. The images are chosen as evenly over the categories as they allow. Rows with
epsilon 0 are clean accuracy on the same images.
"""

from italign.job import job, keywords

import logging

from italign.evaluation.attack_checks import choose_images
from italign.evaluation.attack_curves import attack_curve, curve_settings
from italign.evaluation.attacked import (
    accuracy_rows,
    blamed,
    labelled_sets,
    settings_text,
    walk_outputs,
    write_tables,
)
from italign.evaluation.autoattack import autoattack_survivors
from italign.evaluation.rows import of_run
from italign.training.augmentation import to_unit
from italign.training.base_task import configured_folder
from italign.training.memory import memory_explained
from italign.training.state import checkpoint_steps


def run_autoattack(*, checkpoints: list[str], stimuli: list[str], trained: str, base: str,
                   robustness: list[str], members: list[dict], model: dict, norm: str,
                   epsilon_255: float, n_images: int, attacks: list[str], reference: dict,
                   batch_size: int, seed: int, base_folder: str | None,
                   base_set: str | None = None) -> None:
    """Attack the last checkpoint of each member and write its table as soon as it is done.

    `checkpoints` holds the files of the members one after another, ``n_files`` of each; `trained`
    is the set whose categories the label outputs stand for, in their order; `base_set` the name of
    the base task's images if they are attacked too; `reference` has the settings of PGD as in
    evaluation.robustness.attacks, but for the norm and the radius.
    """
    labelled = labelled_sets(stimuli, trained, base, base_folder, model, base_set)
    some = {name: _some(data, n_images, seed) for name, data in labelled.sets.items()}
    ball = {"norm": norm, "epsilon_255": [epsilon_255], "epsilon": None}
    # Not where the images were moved, nor at which checkpoints: here they are those of AutoAttack.
    reference = {key: value for key, value in (reference | ball).items()
                 if key not in ("jitter", "checkpoints")}
    facts = {"attack_autoattack": f"{', '.join(attacks)}; norm {norm}, epsilon_255 {epsilon_255:g}",
             "attack_pgd_same_images": settings_text(reference)}
    options = {"batch_size": batch_size, "seed": seed}
    stronger = {"norm": norm, "epsilon": epsilon_255 / 255, "attacks": attacks, **options}
    weaker = {**curve_settings(reference)[0], **options}
    write_tables(members, checkpoints, robustness, facts, lambda member, files: _attack_member(
        files, member["run"], labelled, some, epsilon_255, stronger, weaker))


def _some(data, n_images, seed):
    chosen = choose_images(data.labels, n_images, seed)
    return to_unit(data.images[chosen]), data.labels[chosen]


def _attack_member(files, run, labelled, some, epsilon_255, stronger, weaker):
    """Rows of both attacks, on the same images."""
    rows, last = [], checkpoint_steps(files[-1])[-1]
    for step, outputs, _ in walk_outputs(files[-1:], labelled, last):
        logging.info("%s, seed %d, step %d", run["model"], run["seed"], step)
        for name, shown in some.items():
            with blamed(run, step, name):
                left = {"pgd_same_images": attack_curve(outputs[name], *shown, **weaker),
                        "autoattack": autoattack_survivors(outputs[name], *shown, **stronger)}
            for attack, correct in left.items():
                rows += of_run(accuracy_rows(name, correct, (0.0, epsilon_255), attack,
                                             stronger["norm"]), run, step)
    return rows


if __name__ == "__main__":
    with (job(snakemake.log[0], "run_autoattack", snakemake.config, snakemake.threads),
          memory_explained("the images of one pass", "lower evaluation.batch_size")):
        run_autoattack(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                       base_folder=configured_folder(snakemake.config))
