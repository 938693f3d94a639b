"""The population that a model is aligned to: pooled sites of the training animals, or a control.

Selected sites of all training animals, averaged over repetitions, for the stimuli that models may
see (split train); plus the partition of these stimuli by the run's seed. Rates are NaN where the
session of a site did not show a stimulus. Targets: the true responses, or in the training rows the
paper's controls (images shuffled; standard normal noise). Sections 2.5 and 3.1 of the paper.
"""

from italign.job import job, keywords

import logging

import numpy as np
import xarray as xr

from italign.assemblies.layout import SITE_COORDS
from italign.assemblies.targets import control_target, partition_rows, target_blocks
from italign.evaluation.similarity import MIN_STIMULI
from italign.io import read_dataset, write_dataset
from italign.messages import first_names


def build_target(
    *, assemblies: str | list[str],
    stimuli: str,
    target: str,
    target_kind: str,
    seed: int,
    test_fraction: float,
) -> None:
    """Pool assemblies (contract assembly) over a set's training stimuli (contract target)."""
    paths = [assemblies] if isinstance(assemblies, str) else list(assemblies)
    images = read_dataset(stimuli, "stimuli")
    stimulus_ids = images["stimulus_id"].values[images["split"].values == "train"]
    animals = [_average_animal(path, images.attrs["identifier"], stimulus_ids) for path in paths]
    pooled = xr.concat(animals, "neuroid", join="exact", combine_attrs="drop")
    pooled.encoding = {}  # of the assemblies' files, whose time bins are not here
    _check_seen(pooled, stimuli)
    _check_blocks(pooled, stimuli)
    is_test = partition_rows(len(stimulus_ids), test_fraction, seed)
    rate = control_target(pooled["rate"].values, is_test, target_kind, seed)
    ds = pooled.assign(rate=(("stimulus", "neuroid"), rate)).assign_coords(
        partition=("stimulus", np.where(is_test, "test", "train"))
    )
    ds.attrs = {
        "target": target_kind,
        "seed": seed,
        "stimulus_set": images.attrs["identifier"],
        "source": "; ".join(sorted({animal.attrs["source"] for animal in animals})),
    }
    logging.info("%s target: %d stimuli (%d of them test) x %d sites of %d animals",
                 target_kind, len(is_test), is_test.sum(), ds.sizes["neuroid"], len(animals))
    # Hz, or 1 where sessions were z-scored.
    write_dataset(ds, target, "target", units={"rate": animals[0]["rate"].attrs["units"]})


def _average_animal(path: str, stimulus_set: str, stimulus_ids: np.ndarray) -> xr.Dataset:
    """Average the selected sites over repetitions, for the wanted stimuli in their order."""
    ds = read_dataset(path, "assembly")
    if ds.attrs["stimulus_set"] != stimulus_set:
        raise ValueError(f"{path}: stimulus_set is {ds.attrs['stimulus_set']}, expected "
                         f"{stimulus_set}, the set of the images")
    if not np.isin(stimulus_ids, ds["stimulus_id"].values).any():
        raise ValueError(f"{path}: animal {ds.attrs['animal']} has none of {len(stimulus_ids)} "
                         f"training stimuli ({first_names(stimulus_ids[:3])}, ...), expected some: "
                         "record them, or drop the animal")
    ds = ds.isel(neuroid=ds["selected"].values == 1).swap_dims(stimulus="stimulus_id")
    ds = ds.reindex(stimulus_id=stimulus_ids).swap_dims(stimulus_id="stimulus")
    return ds[["rate", *SITE_COORDS]].mean("repetition").assign_attrs(source=ds.attrs["source"])


def _check_seen(pooled: xr.Dataset, source: str) -> None:
    """Refuse stimuli that no site saw."""
    is_unseen = ~np.isfinite(pooled["rate"].values).any(axis=1)
    if is_unseen.any():
        animals = ", ".join(sorted(set(pooled["animal"].values)))
        raise ValueError(f"{source}: {is_unseen.sum()} of {is_unseen.size} training stimuli have "
                         f"no response at any site of {animals} "
                         f"({first_names(pooled['stimulus_id'].values[is_unseen])}), expected one "
                         "at least: record them, or drop the stimuli")


def _check_blocks(pooled: xr.Dataset, source: str) -> None:
    """Refuse blocks of stimuli that are too small to be compared, and log the others."""
    rates, animals = pooled["rate"].values, pooled["animal"].values
    block = target_blocks(rates)
    for number, size in enumerate(np.bincount(block)):
        ids = pooled["stimulus_id"].values[block == number]
        saw = np.isfinite(rates[block == number][0])
        sites = f"{saw.sum()} of {saw.size} sites ({', '.join(sorted(set(animals[saw])))})"
        if size < MIN_STIMULI:
            raise ValueError(f"{source}: {size} of {block.size} training stimuli have responses of "
                             f"{sites} only ({first_names(ids)}), expected {MIN_STIMULI} stimuli "
                             "or more that the same sites saw: record them at the other sites, or "
                             "drop these sites or stimuli")
        logging.info("block %d: %d stimuli x %s", number, size, sites)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        build_target(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
