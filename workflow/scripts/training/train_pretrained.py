"""Pretrain the base network on the base task: stands for the ImageNet weights of the paper.

One network, shared by all seeds and conditions (paper 2.5: all start from the same pretrained
CORnet-S; seeds differ in what comes after).
"""

import logging

import torch

from italign.io import read_dataset
from italign.job import job, keywords
from italign.models import build
from italign.training.classifier import accuracy, train_classifier
from italign.training.images import category_names, device, image_set
from italign.training.run import architecture
from italign.training.state import write_tensors


def train_pretrained(base, weights, model, pretrain, momentum, weight_decay, crop_area_min, seed):
    """Train on the base set and write the weights with their accuracy."""
    images = read_dataset(base, "stimuli")
    names = category_names(images)
    torch.manual_seed(seed)
    network = build(model["name"], len(names), **architecture(model))
    network.to(device(), memory_format=torch.channels_last)
    losses = train_classifier(
        network, image_set(images, "train"), pretrain["n_steps"], pretrain["batch_size"],
        pretrain["learning_rate"], momentum, weight_decay, crop_area_min, seed,
    )
    correct = accuracy(network, image_set(images, "test"))
    logging.info("last loss %.3f, accuracy on %d nouns %.3f", losses[-1], len(names), correct)
    write_tensors(network.state_dict(), weights, categories=",".join(names), accuracy=correct)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        train_pretrained(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
