"""How far is a model from a monkey, compared with a monkey from a monkey?

Linear CKA of every pair of sessions over the images that both saw, by name or by pixels; where
there are too few, the table says so. Beside it what can be said without common images: the
responses of animal a, predicted from the features of the pretrained network on the images of animal
b, with the responses of b ("through the model"), and the network's own features with b.
"""

from italign.job import job, keywords

import logging
from itertools import combinations

import pandas as pd
import torch

from italign.evaluation.activations import activations
from italign.evaluation.animals import common_images, place_of, sessions_of
from italign.evaluation.animals_rows import COLUMNS, direct_rows, through_rows
from italign.io import read_dataset, write_table
from italign.training.base_task import base_categories, configured_folder, open_base
from italign.training.images import device
from italign.training.memory import memory_explained
from italign.training.pretrained import pretrained_network


def compare_animals(*, pretrained: str, stimuli: list[str], base: str, assemblies: list[str],
                    animals: str, options: dict, model: dict, batch_size: int, seed: int,
                    base_folder: str | None) -> None:
    """Write one row per comparison, pair of sessions and estimator.

    Parameters
    ----------
    pretrained : str
        Weights that every run starts from.
    stimuli, assemblies : list of str
        Files of those contracts: all training and held-out animals with their sets.
    base : str
        Images of the base task, for the number of outputs; base_folder: see `open_base`.
    animals : str
        Output, CSV.
    options : dict
        ``n_resamples``: half-samples of the images; ``alike_correlation_min``: see `common_images`.
    model, batch_size, seed
        As in the config.
    """
    sets = {ds.attrs["identifier"]: ds for ds in (read_dataset(p, "stimuli") for p in stimuli)}
    sessions = [session for path in assemblies
                for session in sessions_of(read_dataset(path, "assembly"))]
    logging.info("%d sessions: %s", len(sessions), "; ".join(
        f"{one.animal} {one.stimulus_set} {one.sessions} {one.responses.shape}"
        for one in sessions))

    pairs = combinations(range(len(sessions)), 2)
    common = {(a, b): common_images(sessions[a], sessions[b], sets,
                                    options["alike_correlation_min"]) for a, b in pairs}
    images = open_base(base, base_folder, next(iter(sets.values())).sizes["x"])
    network = pretrained_network(pretrained, model, len(base_categories(images)))
    network.eval().to(device(), memory_format=torch.channels_last)
    features = {place: _features(network, one, sets, model["region"], batch_size)
                for place, one in enumerate(sessions)}
    drawn = options["n_resamples"], seed
    rows = direct_rows(sessions, common, *drawn)
    rows += through_rows(sessions, features, common, model["name"], *drawn)
    write_table(pd.DataFrame(rows, columns=list(COLUMNS)), animals)


def _features(network, session, sets, region, batch_size):
    """Of the compared region, for the images of a session, (n_images, n_features)."""
    stimuli = sets[session.stimulus_set]
    images = torch.from_numpy(stimuli.image.values[place_of(session, stimuli)]).to(device())
    return activations(network, images, (region,), batch_size)[region].numpy()


if __name__ == "__main__":
    with (job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads),
          memory_explained("the features of all sessions", "lower evaluation.batch_size")):
        compare_animals(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                        base_folder=configured_folder(snakemake.config))
