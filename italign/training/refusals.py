"""Data that a run refuses before its first step, in words that say what to change."""

import numpy as np
import torch
import xarray as xr

from italign.contracts import NO_CATEGORY
from italign.evaluation.similarity import MIN_STIMULI
from italign.messages import first_names
from italign.training.blocks import blocks_of
from italign.training.images import TrainingData
from italign.training.schedule import batch_indices


def check_target(target: xr.Dataset, stimuli: xr.Dataset) -> None:
    """Refuse targets that nothing can be aligned to.

    Parameters
    ----------
    target : xarray.Dataset
        Contract ``target``.
    stimuli : xarray.Dataset
        Contract ``stimuli``, with the target's images.

    Raises
    ------
    ValueError
        If a target has no image, is infinite, missing other than by session or the same for all
        stimuli, a partition has fewer than 4 stimuli, or the test partition shows a category that
        the train partition lacks.
    """
    name = f"{stimuli.attrs.get('identifier')!r}"
    missing = sorted(set(target.stimulus_id.values.tolist()) - set(stimuli.stimulus_id.values))
    if missing:
        raise ValueError(f"target: {len(missing)} stimulus_id not in the stimulus set {name}, "
                         f"first {missing[0]!r}; rebuild the target from recordings of this set")
    category = dict(zip(stimuli.stimulus_id.values, stimuli.category.values, strict=True))
    shown = {}
    for split in ("train", "test"):
        ids = target.stimulus_id.values[target.partition.values == split]
        if len(ids) < MIN_STIMULI:
            raise ValueError(f"target: {len(ids)} stimuli of partition {split!r}, expected at "
                             f"least {MIN_STIMULI}, which CKA needs; look at the blocks of "
                             f"stimuli.sets of {name}")
        shown[split] = {category[stimulus] for stimulus in ids}
    if strange := sorted(shown["test"] - shown["train"] - {NO_CATEGORY}):
        raise ValueError(f"target: its test stimuli of the stimulus set {name} show "
                         f"{first_names(strange)}, of which no training stimulus is; train and "
                         "test must share their labels, change the blocks of stimuli.sets")
    _check_sites(target)


def _check_sites(target: xr.Dataset) -> None:
    rate, sites = target.rate.values, target.neuroid_id.values
    trained = rate[target.partition.values == "train"]
    broken = np.flatnonzero(np.isinf(rate).any(axis=0) | np.isnan(trained).all(axis=0))
    if len(broken):
        raise ValueError(f"target: {len(broken)} of {len(sites)} sites hold infinite rates or none "
                         f"of a training stimulus: {first_names(sites[broken])}; rebuild the "
                         "target, or drop them (assemblies.selection)")
    _check_blocks(target)
    # What is no session, `check_batches` refuses.
    sessions = [block for block in blocks_of(torch.from_numpy(trained))
                if len(block.rows) >= MIN_STIMULI]
    constant = [site for block in sessions
                for site in block.sites[np.ptp(trained[np.ix_(block.rows, block.sites)], 0) == 0]]
    if constant:
        raise ValueError(f"target: {len(constant)} of {len(sites)} sites are constant over "
                         "training stimuli (of a session, if there are several), expected none: "
                         f"{first_names(sites[constant])}; drop them "
                         "(assemblies.selection.reliability_min)")


def _check_blocks(target: xr.Dataset) -> None:
    """Rates are missing by session only, whose sites have rates of all its stimuli."""
    known, largest = set(), {}
    for split in ("train", "test"):
        part = target.isel(stimulus=target.partition.values == split)
        blocks = blocks_of(torch.from_numpy(part.rate.values))
        largest[split] = max(len(block.rows) for block in blocks)
        known |= {tuple(block.sites) for block in blocks if split == "train"} - {()}
        for block in blocks:
            if tuple(block.sites) not in known:
                raise ValueError(
                    f"target: {len(block.rows)} stimuli of partition {split!r} have rates of "
                    f"{len(block.sites)} of {part.sizes['neuroid']} sites, expected all sites of a "
                    f"session of training stimuli: "
                    f"{first_names(part.stimulus_id.values[block.rows])}; rebuild the target, or "
                    "leave these stimuli out")
    if largest["test"] < MIN_STIMULI:
        raise ValueError(f"target: {largest['test']} test stimuli in the largest session, expected "
                         f"at least {MIN_STIMULI}, which CKA needs; raise "
                         "assemblies.test_fraction")


def check_batches(data: TrainingData, batch_size: int) -> None:
    """Refuse a batch that the images cannot fill, or that CKA cannot use.

    Raises
    ------
    ValueError
        With both numbers and the key to change.
    """
    if batch_size < MIN_STIMULI:
        raise ValueError(f"training.batch_size: found {batch_size}, expected at least "
                         f"{MIN_STIMULI}: CKA compares the stimuli of a batch")
    for stream, images in (("base", data.base[0]), ("stimulus", data.stimuli[0])):
        batch_indices(0, 0, stream, images.n_train, batch_size)
    for block in data.blocks[0]:
        if len(block.rows) < batch_size:
            raise ValueError(f"target: {len(block.rows)} training stimuli with rates of the same "
                             f"{len(block.sites)} of {data.targets[0].shape[1]} sites "
                             f"({first_names(data.stimulus_ids[block.rows])}), fewer than one "
                             f"batch of {batch_size}; a batch is of one session: lower "
                             "training.batch_size, or leave the session or these stimuli out")
