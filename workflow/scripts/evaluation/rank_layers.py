"""How alike is every layer of the pretrained network to every animal, before any alignment?

Linear CKA by both estimators, with its chance level and an interval over images, of each layer of
the network that every run starts from: with the training animals on the images that models may see,
and with every held-out animal and set. The layer that is best for the training animals alone is
marked, beside the one that training compares.
"""

from italign.job import job, keywords

import logging

import numpy as np
import torch

from italign.evaluation.axes import held_out_axis
from italign.evaluation.layers import compared_rung, ladder, ladder_grams
from italign.evaluation.layers_brains import compare, held_out_population, train_populations
from italign.evaluation.layers_ranked import ranked
from italign.io import read_dataset, write_table
from italign.training.base_task import base_categories, configured_folder, open_base
from italign.training.images import device
from italign.training.memory import memory_explained
from italign.training.pretrained import pretrained_network


def rank_layers(*, pretrained: str, stimuli: list[str], base: str, target: str,
                assemblies: list[str], ceilings: list[str], layers: str, options: dict,
                ceiling_rule: str, model: dict, batch_size: int, seed: int,
                base_folder: str | None) -> None:
    """Write one row per layer, population and estimator.

    Parameters
    ----------
    pretrained : str
        Weights that every run starts from.
    stimuli, target, assemblies, ceilings : str or list of str
        Files of those contracts; the true target, and the held-out animals with their ceilings.
    base : str
        Images of the base task, for the number of outputs; base_folder: see `open_base`.
    layers : str
        Output, CSV.
    options : dict
        ``n_resamples``: half-samples of the images behind the intervals.
    ceiling_rule : str
        Whose ceilings stand beside; ``none`` leaves them empty.
    model, batch_size, seed
        As in the config.
    """
    sets = {ds.attrs["identifier"]: ds for ds in (read_dataset(p, "stimuli") for p in stimuli)}
    trained = read_dataset(target, "target")
    own, ids = sets[trained.attrs["stimulus_set"]], trained.stimulus_id.values
    shown = [(_images(own, ids[rows]), brains)
             for rows, brains in train_populations(trained, options["n_resamples"], seed)]
    for name, brains in _held_out(assemblies, ceilings, sets, options["n_resamples"], seed).items():
        ids = sets[name].stimulus_id.values[sets[name].split.values == "test"]
        shown.append((_images(sets[name], ids), brains))
    images = open_base(base, base_folder, own.sizes["x"])
    network = pretrained_network(pretrained, model, len(base_categories(images)))
    network.eval().to(device(), memory_format=torch.channels_last)
    rungs = ladder(network)
    logging.info("%d layers: %s", len(rungs), ", ".join(rung.layer for rung in rungs))
    rows = []
    for pictures, brains in shown:
        for rung, gram, n_features in ladder_grams(network, pictures, rungs, batch_size):
            step = {**rung._asdict(), "place": rungs.index(rung), "n_features": n_features}
            for brain in brains:
                part = compare(gram[np.ix_(brain.rows, brain.rows)], brain)
                rows += [{**step, **brain.names, "n_sites": brain.n_sites, **row, "ceiling":
                          brain.ceilings.get((row["estimator"], ceiling_rule), np.nan)}
                         for row in part]
        logging.info("%d images of %s", len(pictures), brains[0].names["stimulus_set"])
    write_table(ranked(rows, compared_rung(network, model["region"]).layer), layers)


def _held_out(assemblies, ceilings, sets, n_resamples, seed):
    """Populations of the held-out animals, by set."""
    found = {}
    for paths in zip(assemblies, ceilings, strict=True):
        assembly, ceiling = map(read_dataset, paths, ("assembly", "ceiling"))
        name = assembly.attrs["stimulus_set"]
        axis = held_out_axis(assembly, ceiling, sets[name])
        found.setdefault(name, []).append(held_out_population(axis, assembly, n_resamples, seed))
    return found


def _images(stimuli, ids):
    """Images by name, uint8 on the device."""
    place = {name: row for row, name in enumerate(stimuli.stimulus_id.values.tolist())}
    return torch.from_numpy(stimuli.image.values[[place[name] for name in ids]]).to(device())


if __name__ == "__main__":
    with (job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads),
          memory_explained("the activations of a few layers", "lower evaluation.batch_size")):
        rank_layers(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                    base_folder=configured_folder(snakemake.config))
