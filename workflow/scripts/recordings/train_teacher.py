"""Train the simulated cortex: a network robust to noise and to adversarial images.

It learns from more images than any model sees, all with Gaussian pixel noise, a share of each batch
attacked (PGD L-inf on its own loss, the radius growing during training; one step with a random
start as in Wong et al. 2020). Its IT activations stand for the neurons of every simulated animal,
its logits for the people. In silico only.
"""

from italign.job import job, keywords

import logging

from italign.evaluation.robustness import adversarial_accuracy
from italign.io import read_dataset
from italign.recordings.teacher import hardening
from italign.training.augmentation import to_unit
from italign.training.classifier import fit_classifier
from italign.training.images import image_set
from italign.training.state import write_tensors

ATTACK_STEPS = 5  # PGD steps of epsilon / 4 that measure its robustness


def train_teacher(*, stimuli: str, weights: str, model: dict, optimisation: dict, attack: dict,
                  seed: int) -> None:
    """Train on the brain's own stimulus set and write the weights with their accuracy."""
    perturb = hardening(n_steps=optimisation["n_steps"], seed=seed, **attack)
    images = read_dataset(stimuli, "stimuli")
    network, facts = fit_classifier(images, model, optimisation, seed, perturb)
    held_out, epsilon = image_set(images, "test"), attack["epsilon_255"] / 255
    robust = adversarial_accuracy(
        network.eval(), to_unit(held_out.images), held_out.labels, norm="linf", epsilon=epsilon,
        n_steps=ATTACK_STEPS, step_size=epsilon / 4, random_start=False,
        batch_size=optimisation["batch_size"], seed=seed,
    )
    logging.info("accuracy under attack (epsilon %g/255) %.3f", attack["epsilon_255"], robust)
    write_tensors(network.state_dict(), weights, **facts, adversarial_accuracy=robust)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        train_teacher(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
