"""Turn published weights of the base network into the weights that every run starts from.

The file was taken only if its hash is the published one; here every key and shape must be the
network's (paper 2.5: ImageNet-pretrained CORnet-S).
"""

from italign.job import job, keywords

import logging

from italign.models import build_configured
from italign.models._published import load_published
from italign.training.base_task import base_categories, configured_folder, open_base
from italign.training.state import write_tensors


def convert_pretrained(*, published: str, base: str, weights: str, model: dict,
                       base_folder: str | None, image_px: int) -> None:
    """Check published weights against the network and the base task, and write them.

    Parameters
    ----------
    published : str
        PyTorch file of weights.
    base : str
        Images of the base task, whose classes are the outputs.
    weights : str
        Output, safetensors.
    model : dict
        Config entry of the network.
    base_folder, image_px
        See `open_base`.
    """
    names = base_categories(open_base(base, base_folder, image_px))
    network = build_configured({**model, "batch_norm": "shared"}, len(names))
    load_published(network, published)
    n_parameters = sum(parameter.numel() for parameter in network.parameters())
    logging.info("%s: %d parameters, %d outputs", model["name"], n_parameters, len(names))
    write_tensors(network.state_dict(), weights, categories=",".join(names))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        convert_pretrained(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                           base_folder=configured_folder(snakemake.config))
