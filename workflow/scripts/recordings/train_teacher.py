"""Train the simulated cortex: a network robust to noise and to adversarial images.

It learns from more images than any model sees, all with Gaussian pixel noise, a share of each batch
attacked (PGD L-inf on its own loss, the radius growing during training; one step with a random
start as in Wong et al. 2020). Its IT activations stand for the neurons of every simulated animal,
its logits for the people. In silico only.
"""

import logging

import torch

from italign.evaluation.robustness import pgd
from italign.io import read_dataset
from italign.job import job, keywords
from italign.models import build
from italign.training.classifier import accuracy, train_classifier
from italign.training.images import category_names, device, image_set
from italign.training.run import architecture
from italign.training.schedule import step_generator
from italign.training.state import write_tensors


def harden(teacher: dict, seed: int):
    """Make the perturbation of training images: attack a share of each batch, add noise to all."""

    def perturb(model, images, labels, step):
        epsilon = attack_radius(step / teacher["n_steps"], teacher)
        n_attacked = round(teacher["attacked_share"] * len(images))
        if epsilon > 0 and n_attacked:
            attacked = pgd(model.eval(), images[:n_attacked], labels[:n_attacked], norm="linf",
                           epsilon=epsilon, n_steps=teacher["attack_steps"],
                           step_size=1.25 * epsilon / teacher["attack_steps"], random_start=True,
                           seed=seed + step)
            images = torch.cat([attacked, images[n_attacked:]])
        noise = torch.randn(images.shape, generator=step_generator(seed, step, "attack"))
        return (images + teacher["noise_sd"] * noise.to(images.device)).clamp(0, 1)

    return perturb


def attack_radius(progress: float, teacher: dict) -> float:
    """Radius in [0, 1] pixels: none at first, then growing, since robust features come slowly."""
    grown = (progress - teacher["clean_fraction"]) / teacher["ramp_fraction"]
    return min(max(grown, 0.0), 1.0) * teacher["epsilon_255"] / 255


def train_teacher(stimuli, weights, teacher, seed):
    """Train on the brain's own stimulus set and write the weights."""
    images = read_dataset(stimuli, "stimuli")
    names = category_names(images)
    torch.manual_seed(seed)
    network = build(teacher["model"]["name"], len(names), **architecture(teacher["model"]))
    network.to(device(), memory_format=torch.channels_last)
    losses = train_classifier(
        network, image_set(images, "train"), teacher["n_steps"], teacher["batch_size"],
        teacher["learning_rate"], teacher["momentum"], teacher["weight_decay"],
        teacher["crop_area_min"], seed,
        perturb=harden(teacher, seed),
    )
    correct = accuracy(network, image_set(images, "test"))
    logging.info("last loss %.3f, accuracy on %d nouns %.3f", losses[-1], len(names), correct)
    write_tensors(network.state_dict(), weights, categories=",".join(names), accuracy=correct)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        train_teacher(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
