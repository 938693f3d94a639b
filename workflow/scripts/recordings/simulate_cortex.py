"""Show a stimulus set to the simulated cortex: IT activations and logits of every image.

The activations are those of IT at the time step that the models are compared at; the simulated
cortex has other weights, other experience and twice the width. In silico only.
"""

import logging

import torch
import xarray as xr

from italign.io import read_dataset, write_dataset
from italign.job import job, keywords
from italign.models import build
from italign.training.augmentation import to_unit
from italign.training.images import device
from italign.training.run import architecture
from italign.training.state import read_tensors


@torch.no_grad()
def respond(network, images, region, batch_size=128):
    """Activations (n, units) of a region and logits (n, categories), both numpy."""
    passes = [network.forward_with(to_unit(part.to(device())), (region,))
              for part in images.split(batch_size)]
    logits = torch.cat([logits for logits, _ in passes])
    features = torch.cat([activation[region] for _, activation in passes])
    return features.cpu().numpy(), logits.cpu().numpy()


def simulate_cortex(weights, stimuli, teacher, teacher_model):
    """Write contract ``teacher`` for one stimulus set."""
    images = read_dataset(stimuli, "stimuli")
    tensors, facts = read_tensors(weights)
    names = facts["categories"].split(",")
    network = build(teacher_model["name"], len(names), **architecture(teacher_model)).to(device())
    network.load_state_dict(tensors)
    features, logits = respond(
        network.eval(), torch.from_numpy(images.image.values), teacher_model["region"]
    )
    logging.info("%d stimuli, %d units", *features.shape)
    responses = xr.Dataset(
        {"feature": (("stimulus", "unit"), features),
         "logit": (("stimulus", "category"), logits)},
        coords={"stimulus_id": images.stimulus_id.drop_attrs(),
                "truth": ("stimulus", images.category.values), "category": names},
        attrs={"identifier": images.attrs["identifier"], "source": "in silico"},
    )
    write_dataset(responses, teacher, "teacher")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        simulate_cortex(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
