"""Choices of in-silico people in the two-alternative task of the paper, for a set's test images.

An observer sees an image at most once and chooses between its noun and a distractor of the same
set; correct when logit(truth) - logit(distractor) + noise > 0 for the teacher's logits, or by a
coin flip in a lapse. Section 2.3 of the paper (80 responses per image, 88 people).
"""

from italign.job import job, keywords

import logging

import numpy as np
import xarray as xr

from italign.assemblies.observers import assign_trials, simulate_choices
from italign.io import read_dataset, write_dataset


def simulate_behavior(
    *, teacher: str,
    stimuli: str,
    behavior: str,
    n_observers: int,
    responses_per_image: int,
    decision_noise: float,
    lapse_rate: float,
    seed: int,
) -> None:
    """Simulate choices from teacher logits (contract teacher) into contract behavior."""
    images = read_dataset(stimuli, "stimuli")
    images = images.isel(stimulus=images["split"].values == "test")
    nouns, truth = np.unique(images["category"].values, return_inverse=True)
    logits = _read_logits(teacher, images["stimulus_id"].values, nouns)
    image, distractor, observer = assign_trials(
        len(truth), len(nouns) - 1, n_observers, responses_per_image, seed
    )
    shown = truth[image]
    distractor = distractor + (distractor >= shown)  # number the other nouns around the truth
    evidence = logits[image, shown] - logits[image, distractor]
    correct = simulate_choices(evidence, observer, decision_noise, lapse_rate, seed)
    ds = xr.Dataset(
        {"choice": ("trial", nouns[np.where(correct, shown, distractor)])},
        coords={
            "stimulus_id": ("trial", images["stimulus_id"].values[image]),
            "truth": ("trial", nouns[shown]),
            "distractor": ("trial", nouns[distractor]),
            "observer": ("trial", observer),
        },
        attrs={"stimulus_set": images.attrs["identifier"], "source": "in silico"},
    )
    logging.info("%d trials on %d images of %d nouns by %d observers: %.1f %% correct",
                 correct.size, len(truth), len(nouns), n_observers, 100 * correct.mean())
    write_dataset(ds, behavior, "behavior")


def _read_logits(path: str, stimulus_ids: np.ndarray, nouns: np.ndarray) -> np.ndarray:
    """Teacher logits (n_stimuli, n_nouns), looked up by label."""
    ds = read_dataset(path, "teacher").set_xindex("stimulus_id").set_xindex("category")
    for name, wanted in (("stimulus_id", stimulus_ids), ("category", nouns)):
        missing = sorted(set(wanted) - set(ds[name].values))
        if missing:
            raise ValueError(f"{path}: lacks {len(missing)} of {len(wanted)} {name} values "
                             f"({', '.join(missing[:5])}), expected all of the set: run the "
                             "teacher on this set, with every noun in recordings.teacher.set")
    return ds["logit"].sel(stimulus_id=stimulus_ids, category=nouns).values.astype(np.float64)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        simulate_behavior(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
