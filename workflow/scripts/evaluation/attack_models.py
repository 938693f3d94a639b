"""Accuracy of a few cohort members' checkpoints under attacks and noise (paper 2.5, 3.3).

PGD on the stimulus labels (of the base task's images, on its classes), untargeted, projected to the
ball and to [0, 1] at every step, on the held-out images as shown; as in the original code: from a
corner of the ball, projected after the last step only, on images moved as in training. Rows with
epsilon 0 are clean accuracy. At the last checkpoint, whether each attack is to be trusted on each
set; Gaussian noise as it is due.
"""

from italign.job import job, keywords

import logging
from dataclasses import dataclass, field
from math import nan

from italign.evaluation.attack_checks import attack_checks
from italign.evaluation.attack_curves import attack_curve, curve_settings
from italign.evaluation.attack_passes import first_pass
from italign.evaluation.attacked import (
    Labelled,
    accuracy_rows,
    blamed,
    labelled_sets,
    settings_text,
    walk_outputs,
    write_tables,
)
from italign.evaluation.jitter import jitter_images
from italign.evaluation.noise import noise_curve
from italign.evaluation.rows import of_run, score_row
from italign.training.augmentation import to_unit
from italign.training.base_task import configured_folder
from italign.training.memory import memory_explained


@dataclass(frozen=True)
class Plan:
    """What is done to every member; see the rule's params.

    Parameters
    ----------
    labelled : Labelled
        The images.
    done : dict
        Rows of checkpoints that several members share: those at the onset, by trunk.
    """

    labelled: Labelled
    attacks: dict
    noise: dict
    checks: dict
    batch_size: int
    seed: int
    done: dict = field(default_factory=dict)


def attack_models(*, checkpoints: list[str], stimuli: list[str], trained: str, base: str,
                  robustness: list[str], members: list[dict], model: dict, attacks: dict,
                  noise: dict, checks: dict, batch_size: int, seed: int,
                  base_folder: str | None, base_set: str | None = None) -> None:
    """Attack the checkpoints of each member and write its table as soon as it is done.

    `checkpoints` holds the files of the members one after another, ``n_files`` of each; `trained`
    is the set whose categories the label outputs stand for, in their order; `base_set` the name of
    the base task's images if they are attacked too.
    """
    labelled = labelled_sets(stimuli, trained, base, base_folder, model, base_set)
    logging.info("%d members, sets %s", len(members),
                 {name: len(data.labels) for name, data in labelled.sets.items()})
    plan = Plan(labelled, attacks, noise, checks, batch_size, seed)
    facts = {f"attack_{name}": settings_text(attack) for name, attack in attacks.items()}
    write_tables(members, checkpoints, robustness, facts,
                 lambda member, files: _attack_member(member, files, plan))


def _attack_member(member, files, plan):
    """Rows of all checkpoints."""
    run, rows = member["run"], []
    attacks = {name: plan.attacks[name] for name in plan.attacks if name in member["attacks"]}
    seen = _shown_images(attacks, run, plan)
    for step, outputs, is_last in walk_outputs(files, plan.labelled, run["onset_step"]):
        due = {name: attack for name, attack in attacks.items()
               if is_last or attack["checkpoints"] == "all"}
        key = (files[0], step, run["seed"], *due)
        found = plan.done.get(key) if step == run["onset_step"] and not is_last else None
        logging.info("%s, seed %d, step %d%s", run["model"], run["seed"], step,
                     ": shared with a member of the same trunk" if found else "")
        if found is None:
            found = []
            for name in plan.labelled.sets:
                with blamed(run, step, name):
                    found += _attack_set(outputs[name], name, due, seen, is_last, plan)
                    found += _noise_rows(outputs[name], name, is_last, plan)
        if step == run["onset_step"]:
            plan.done[key] = found
        rows += of_run(found, run, step)
    return rows


def _shown_images(attacks, run, plan):
    """Images in [0, 1] by set and jitter: attacks that move them alike share them."""
    jitters = {str(attack["jitter"]): attack["jitter"] for attack in attacks.values()}
    return {(name, key): to_unit(jitter_images(data.images, jitter, run["seed"]))
            for name, data in plan.labelled.sets.items() for key, jitter in jitters.items()}


def _attack_set(outputs, stimulus_set, attacks, seen, is_last, plan):
    """Accuracy under each attack, and its checks; the pass over unchanged images is shared."""
    labels, firsts, rows = plan.labelled.sets[stimulus_set].labels, {}, []
    for name, attack in attacks.items():
        images = seen[stimulus_set, str(attack["jitter"])]
        shared = (str(attack["jitter"]), attack["n_noise_draws"])
        if shared not in firsts:
            firsts[shared] = first_pass(outputs, images, labels, plan.batch_size, shared[1],
                                        plan.seed)
        settings, epsilons_255 = curve_settings(attack)
        options = {**settings, "batch_size": plan.batch_size, "seed": plan.seed,
                   "first": firsts[shared]}
        survived = attack_curve(outputs, images, labels, **options)
        rows += accuracy_rows(stimulus_set, survived, (0.0, *epsilons_255), name, attack["norm"])
        if is_last:
            n_tested, found = attack_checks(
                outputs, images, labels, settings, n_images=plan.checks["n_images"],
                huge_epsilon_255=plan.checks["epsilon_255"], batch_size=plan.batch_size,
                seed=plan.seed, first=firsts[shared])
            about = {"attack": name, "norm": attack["norm"], "epsilon_255": epsilons_255[-1]}
            rows += _check_rows(stimulus_set, n_tested, found, about)
    return rows


def _check_rows(stimulus_set, n_tested, found, about):
    """1 passed, 0 flagged, NaN not tested."""
    for check, (passed, message) in found.items():
        level = logging.WARNING if passed is False else logging.INFO
        logging.log(level, "%s, %s, %s %s", stimulus_set, about["attack"], check,
                    {True: "passed", None: message}.get(passed, f"FLAGGED: {message}"))
    return [score_row("attack_check", check, stimulus_set, nan if passed is None else passed,
                      n_tested, **about)
            for check, (passed, _) in found.items()]


def _noise_rows(outputs, stimulus_set, is_last, plan):
    if not plan.noise["sd_255"] or not (is_last or plan.noise["checkpoints"] == "all"):
        return []
    data, sds_255 = plan.labelled.sets[stimulus_set], (0.0, *plan.noise["sd_255"])
    correct = noise_curve(outputs, to_unit(data.images), data.labels, batch_size=plan.batch_size,
                          sds=[sd / 255 for sd in sds_255], seed=plan.seed)
    return accuracy_rows(stimulus_set, correct, sds_255, "gaussian_noise", "none")


if __name__ == "__main__":
    with (job(snakemake.log[0], "attack_models", snakemake.config, snakemake.threads),
          memory_explained("the images of one pass", "lower evaluation.batch_size")):
        attack_models(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                      base_folder=configured_folder(snakemake.config))
