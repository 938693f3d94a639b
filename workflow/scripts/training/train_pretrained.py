"""Pretrain the base network on the base task: stands for the ImageNet weights of the paper.

One network, shared by all seeds and conditions (paper 2.5: all start from the same pretrained
CORnet-S; seeds differ in what comes after).
"""

from italign.job import job, keywords

from italign.io import read_dataset
from italign.training.classifier import fit_classifier
from italign.training.memory import memory_explained
from italign.training.state import write_tensors


def train_pretrained(*, base: str, weights: str, model: dict, pretrain: dict, momentum: float,
                     weight_decay: float, crop_area_min: float, seed: int) -> None:
    """Train on the base set and write the weights with their accuracy."""
    options = {**pretrain, "momentum": momentum, "weight_decay": weight_decay,
               "crop_area_min": crop_area_min}
    # The stimulus set joins later: until then there is one set of batch statistics.
    model = {**model, "batch_norm": "shared"}
    network, facts = fit_classifier(read_dataset(base, "stimuli"), model, options, seed)
    write_tensors(network.state_dict(), weights, **facts)


if __name__ == "__main__":
    with (job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads),
          memory_explained("a batch of base images", "lower training.pretrain.batch_size")):
        train_pretrained(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
