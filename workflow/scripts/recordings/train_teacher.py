"""Train the simulated cortex: a network robust to noise and to adversarial images.

It learns from more images than any model sees, half of each batch attacked (PGD L-inf on its own
loss), all with Gaussian pixel noise. Its IT activations stand for the neurons of every simulated
animal, its logits for the people. In silico only.
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


def harden(epsilon_255: float, attack_steps: int, noise_sd: float, seed: int):
    """Make the perturbation of training images: attack the first half, add noise to all."""
    epsilon = epsilon_255 / 255

    def perturb(model, images, labels, step):
        half = len(images) // 2
        attacked = pgd(model.eval(), images[:half], labels[:half], norm="linf", epsilon=epsilon,
                       n_steps=attack_steps, step_size=2 * epsilon / attack_steps,
                       random_start=True, seed=seed + step)
        images = torch.cat([attacked, images[half:]])
        noise = torch.randn(images.shape, generator=step_generator(seed, step, "attack"))
        return (images + noise_sd * noise.to(images.device)).clamp(0, 1)

    return perturb


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
        perturb=harden(teacher["epsilon_255"], teacher["attack_steps"], teacher["noise_sd"], seed),
    )
    correct = accuracy(network, image_set(images, "test"))
    logging.info("last loss %.3f, accuracy on %d nouns %.3f", losses[-1], len(names), correct)
    write_tensors(network.state_dict(), weights, categories=",".join(names), accuracy=correct)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        train_teacher(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
