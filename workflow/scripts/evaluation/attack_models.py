"""Accuracy of a few cohort members' checkpoints under attacks and noise (paper 2.5, 3.3).

PGD on the stimulus labels, untargeted, projected to the ball and to [0, 1] at every step, on the
held-out images as shown; as in the original code: from a corner of the ball, projected after the
last step only, on images moved as in training. Rows with epsilon 0 are clean accuracy. At the last
checkpoint, accuracy under Gaussian noise, and whether the first attack is to be trusted. Members
that never saw stimulus labels have no outputs to attack; their table is empty.
"""

import logging
from dataclasses import dataclass, field

import pandas as pd

from italign.evaluation.attack_checks import attack_checks, choose_images
from italign.evaluation.attack_curves import attack_curve, curve_settings
from italign.evaluation.attack_passes import first_pass
from italign.evaluation.checkpoints import take_files, walk_checkpoints
from italign.evaluation.jitter import jitter_images
from italign.evaluation.noise import noise_curve
from italign.evaluation.rows import of_run, score_row
from italign.evaluation.table import COHORT_COLUMNS, table_to_dataset
from italign.io import read_dataset, write_dataset
from italign.job import job, keywords
from italign.models._outputs import OutputSlice
from italign.training.augmentation import to_unit
from italign.training.base_task import base_categories, configured_folder, open_base
from italign.training.images import category_names, image_set
from italign.training.memory import memory_explained


@dataclass(frozen=True)
class Plan:
    """What is done to every member; see the rule's params.

    Parameters
    ----------
    sets : dict of str to ImageSet
        By name.
    done : dict
        Rows of checkpoints that several members share: those at the onset, by trunk.
    """

    sets: dict
    attacks: dict
    noise: dict
    checks: dict
    batch_size: int
    seed: int
    done: dict = field(default_factory=dict)


def attack_models(*, checkpoints: list[str], stimuli: list[str], trained: str, base: str,
                  robustness: list[str], members: list[dict], model: dict, attacks: dict,
                  noise: dict, checks: dict, batch_size: int, seed: int,
                  base_folder: str | None) -> None:
    """Attack the checkpoints of each member and write its table as soon as it is done.

    `checkpoints` holds the files of the members one after another, ``n_files`` of each; `trained`
    is the set whose categories the label outputs stand for, in their order.
    """
    names = category_names(read_dataset(trained, "stimuli"))
    shown = [read_dataset(path, "stimuli") for path in stimuli]
    sets = {ds.attrs["identifier"]: image_set(ds, "test", names) for ds in shown}
    n_base = len(base_categories(open_base(base, base_folder, shown[0].sizes["x"])))
    logging.info("%d members, sets %s", len(members),
                 {name: len(data.labels) for name, data in sets.items()})
    plan = Plan(sets, attacks, noise, checks, batch_size, seed)
    facts = {f"attack_{name}": _sentence(attack) for name, attack in attacks.items()}
    for (member, files), path in zip(take_files(members, checkpoints), robustness, strict=True):
        rows = _attack_member(files, member, model, n_base, len(names), plan)
        table = table_to_dataset(pd.DataFrame(rows, columns=list(COHORT_COLUMNS)))
        write_dataset(table.assign_attrs(facts), path)


def _attack_member(files, member, model, n_base, n_labels, plan):
    """Rows of all checkpoints; none without label outputs."""
    run, rows = member["run"], []
    if run["labels"] != "on":
        return rows
    attacks = {name: plan.attacks[name] for name in plan.attacks if name in member["attacks"]}
    seen = _shown_images(attacks, run, plan)
    for step, network, is_last in walk_checkpoints(files, model, n_base + n_labels,
                                                   run["onset_step"]):
        due = {name: attack for name, attack in attacks.items()
               if is_last or attack["checkpoints"] == "all"}
        key = (files[0], step, run["seed"], *due)
        found = plan.done.get(key) if step == run["onset_step"] and not is_last else None
        if found is None:
            found = _rows(OutputSlice(network, n_base).eval(), due, seen, is_last, plan)
        if step == run["onset_step"]:
            plan.done[key] = found
        rows += of_run(found, run, step)
        logging.info("%s, step %d: %d numbers", run["model"], step, len(found))
    return rows


def _rows(outputs, attacks, seen, is_last, plan):
    """Everything about one checkpoint."""
    rows = [row for name in plan.sets for row in _attack_set(outputs, name, attacks, seen, plan)]
    if plan.noise["sd_255"] and (is_last or plan.noise["checkpoints"] == "all"):
        rows += [row for name in plan.sets for row in _noise_rows(outputs, name, plan)]
    if is_last and attacks:
        rows += _check_rows(outputs, *next(iter(attacks.items())), plan)
    return rows


def _shown_images(attacks, run, plan):
    """Images in [0, 1] by set and jitter: attacks that move them alike share them."""
    jitters = {str(attack["jitter"]): attack["jitter"] for attack in attacks.values()}
    return {(name, key): to_unit(jitter_images(data.images, jitter, run["seed"]))
            for name, data in plan.sets.items() for key, jitter in jitters.items()}


def _attack_set(outputs, stimulus_set, attacks, seen, plan):
    """Accuracy under each attack at each radius; the pass over unchanged images is shared."""
    labels, firsts, rows = plan.sets[stimulus_set].labels, {}, []
    for name, attack in attacks.items():
        images = seen[stimulus_set, str(attack["jitter"])]
        shared = (str(attack["jitter"]), attack["n_noise_draws"])
        if shared not in firsts:
            firsts[shared] = first_pass(outputs, images, labels, plan.batch_size, shared[1],
                                        plan.seed)
        settings, epsilons_255 = curve_settings(attack)
        survived = attack_curve(outputs, images, labels, **settings, batch_size=plan.batch_size,
                                seed=plan.seed, first=firsts[shared])
        rows += _accuracies(name, attack["norm"], stimulus_set, (0.0, *epsilons_255), survived)
    return rows


def _noise_rows(outputs, stimulus_set, plan):
    data, sds_255 = plan.sets[stimulus_set], (0.0, *plan.noise["sd_255"])
    correct = noise_curve(outputs, to_unit(data.images), data.labels, batch_size=plan.batch_size,
                          sds=[sd / 255 for sd in sds_255], seed=plan.seed)
    return _accuracies("gaussian_noise", "none", stimulus_set, sds_255, correct)


def _accuracies(attack, norm, stimulus_set, radii_255, correct):
    rows = [score_row("robustness", "accuracy", stimulus_set, float(share), correct.shape[1],
                      attack=attack, norm=norm, epsilon_255=radius)
            for radius, share in zip(radii_255, correct.double().mean(1), strict=True)]
    logging.info("%s, %s: %s", stimulus_set, attack, ", ".join(
        f"{row['epsilon_255']:g}/255 {row['raw']:.3f}" for row in rows))
    return rows


def _check_rows(outputs, name, attack, plan):
    """Is the first attack to be trusted, on some images of the first set?"""
    stimulus_set, data = next(iter(plan.sets.items()))
    some = choose_images(data.labels, plan.checks["n_images"], plan.seed)
    found = attack_checks(outputs, to_unit(data.images[some]), data.labels[some],
                          curve_settings(attack)[0], plan.checks["epsilon_255"], plan.seed,
                          plan.batch_size)
    for check, (passed, message) in found.items():
        logging.log(logging.INFO if passed else logging.WARNING, "%s of attack %s %s: %s", check,
                    name, "passed" if passed else "FLAGGED", message)
    return [score_row("attack_check", check, stimulus_set, float(passed), len(some), attack=name,
                      norm=attack["norm"])
            for check, (passed, _) in found.items()]


def _sentence(attack):
    return ", ".join(f"{key} {value}" for key, value in attack.items() if value is not None)


if __name__ == "__main__":
    with (job(snakemake.log[0], "attack_models", snakemake.config, snakemake.threads),
          memory_explained("the images of one pass", "lower evaluation.batch_size")):
        attack_models(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                      base_folder=configured_folder(snakemake.config))
