"""Show a stimulus set to the simulated cortex: IT activations and logits of every image.

The activations are those of IT at the time step that the models are compared at; the simulated
cortex has other weights, other experience and twice the width. In silico only.
"""

from italign.job import job, keywords

import logging

import torch
import xarray as xr

from italign.evaluation.activations import activations
from italign.io import read_dataset, write_dataset
from italign.models import build_configured
from italign.training.images import device
from italign.training.state import read_tensors


def simulate_cortex(*, weights: str, stimuli: str, teacher: str, model: dict,
                    batch_size: int) -> None:
    """Write contract ``teacher`` for one stimulus set."""
    shown = read_dataset(stimuli, "stimuli")
    tensors, facts = read_tensors(weights)
    names = facts["categories"].split(",")
    network = build_configured(model, len(names)).to(device())
    network.load_state_dict(tensors)
    images = torch.from_numpy(shown.image.values).to(device())
    seen = activations(network, images, (model["region"],), batch_size)
    logging.info("%d stimuli, %d units", *seen[model["region"]].shape)
    responses = xr.Dataset(
        {"feature": (("stimulus", "unit"), seen[model["region"]].numpy()),
         "logit": (("stimulus", "category"), seen["logits"].numpy())},
        coords={"stimulus_id": shown.stimulus_id.drop_attrs(),
                "truth": ("stimulus", shown.category.values), "category": names},
        attrs={"identifier": shown.attrs["identifier"], "source": "in silico"},
    )
    write_dataset(responses, teacher, "teacher")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        simulate_cortex(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
