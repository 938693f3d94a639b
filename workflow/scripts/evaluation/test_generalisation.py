"""Does alignment to one animal make models more similar to others? Tests of the whole cohort.

CKA of the compared region with every held-out animal and set at the last checkpoint of every run,
by both estimators; on all test images, and without the part of them that is most like the training
images. Intervals resample seeds and images together (seeds with replacement, images by halves:
docs/measures.md says why); p values permute the order of the images (is there any similarity?), the
doses within seeds (does it rise with the dose?), and pairs within seeds (does it differ from p = 0,
from controls?). Raw CKA: no ceiling is applied, chance stands beside.
"""

from italign.job import job, keywords

import logging

import torch

from italign.evaluation.axes import held_out_axis
from italign.evaluation.generalisation import mean_similarity, similarity_of
from italign.evaluation.generalisation_grams import apart, last_grams
from italign.evaluation.generalisation_rows import generalisation_table
from italign.io import read_dataset, write_table
from italign.models import build_configured
from italign.training.base_task import base_categories, configured_folder, open_base
from italign.training.images import category_names, device
from italign.training.memory import memory_explained


def test_generalisation(*, checkpoints: list[str], stimuli: list[str], base: str,
                        assemblies: list[str], ceilings: list[str], generalisation: str,
                        runs: list[dict], options: dict, axes: list[dict] | None, model: dict,
                        trained_set: str, batch_size: int, seed: int,
                        base_folder: str | None) -> None:
    """Write one row per analysis, estimator, choice of images, axis and condition.

    Parameters
    ----------
    checkpoints : list of str
        Last checkpoint file of every run; runs: their identities (see `rows.of_run`), in order.
    stimuli, assemblies, ceilings : list of str
        Files of those contracts: the trained and the held-out sets; the held-out animals.
    base : str
        Images of the base task, for the number of outputs; base_folder: see `open_base`.
    generalisation : str
        Output, CSV.
    options : dict
        ``n_resamples``, ``n_permutations``, ``apart_fraction``.
    axes : list of dict or None
        ``animal`` and ``set`` of those whose mean is tested too; None: all.
    model, trained_set, batch_size, seed
        As in the config.
    """
    sets = {ds.attrs["identifier"]: ds for ds in (read_dataset(p, "stimuli") for p in stimuli)}
    images = open_base(base, base_folder, sets[trained_set].sizes["x"])
    n_outputs = len(base_categories(images)) + len(category_names(sets[trained_set]))
    network = build_configured(model, n_outputs).eval()
    network.to(device(), memory_format=torch.channels_last)  # half the time of a pass on processors
    brains = [held_out_axis(assembly, ceiling, sets[assembly.attrs["stimulus_set"]])
              for assembly, ceiling in zip(_read(assemblies, "assembly"),
                                           _read(ceilings, "ceiling"), strict=True)]
    found, left_out, train = {}, {}, _images(sets[trained_set], "train")
    for name in dict.fromkeys(axis.stimulus_set for axis in brains):
        test = _images(sets[name], "test")
        is_apart, left_out[name] = apart(test, train, options["apart_fraction"])
        logging.info("%s: %s", name, left_out[name])
        grams = last_grams(network, checkpoints, torch.from_numpy(test).to(device()),
                           model["region"], batch_size)
        for axis in (axis for axis in brains if axis.stimulus_set == name):
            found[axis.animal, name] = _compare(axis, grams, is_apart, options, seed)
            logging.info("%s, %s: %d runs", axis.animal, name, len(grams))
    headline = [(axis["animal"], axis["set"]) for axis in axes] if axes else list(found)
    if unknown := [", ".join(key) for key in headline if key not in found]:
        raise ValueError(f"evaluation.headline.axes names {'; '.join(unknown)}, found held-out "
                         f"{'; '.join(map(', '.join, found))}: correct it")
    mean = mean_similarity([found[key] for key in headline])
    write_table(generalisation_table(runs, [*found.values(), mean], left_out, seed), generalisation)


def _compare(axis, grams, is_apart, options, seed):
    """Similarity of all runs to one animal."""
    rows = axis.rows
    if len(rows) < grams.shape[1] or (rows[1:] < rows[:-1]).any():
        grams = grams[:, rows[:, None], rows]
    return similarity_of(grams, axis.gram, is_apart[rows],
                         {"animal": axis.animal, "stimulus_set": axis.stimulus_set},
                         options["n_resamples"], options["n_permutations"], seed)


def _images(stimuli, split):
    """Images of a split, uint8 (n, y, x, channel)."""
    return stimuli.image.values[stimuli.split.values == split]


def _read(paths, contract):
    return [read_dataset(path, contract) for path in paths]


if __name__ == "__main__":
    with (job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads),
          memory_explained("Gram matrices of every run", "lower evaluation.batch_size")):
        test_generalisation(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                            base_folder=configured_folder(snakemake.config))
