"""Train the simulated cortex: a network robust to noise and to adversarial images.

It learns from more images than any model sees, all with Gaussian pixel noise, a share of each batch
attacked (PGD L-inf on its own loss, the radius growing during training; one step with a random
start as in Wong et al. 2020). Its IT activations stand for the neurons of every simulated animal,
its logits for the people. In silico only.
"""

from italign.io import read_dataset
from italign.job import job, keywords
from italign.recordings.teacher import hardening
from italign.training.classifier import fit_classifier
from italign.training.state import write_tensors


def train_teacher(*, stimuli: str, weights: str, model: dict, optimisation: dict, attack: dict,
                  seed: int) -> None:
    """Train on the brain's own stimulus set and write the weights with their accuracy."""
    perturb = hardening(n_steps=optimisation["n_steps"], seed=seed, **attack)
    network, facts = fit_classifier(read_dataset(stimuli, "stimuli"), model, optimisation, seed,
                                    perturb)
    write_tensors(network.state_dict(), weights, **facts)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        train_teacher(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
