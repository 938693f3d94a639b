"""The population that a model is aligned to: pooled sites of the training animals, or a control.

Selected sites of all training animals, averaged over repetitions, for the stimuli that models may
see (split train); plus the partition of these stimuli by the run's seed. Targets: the true
responses, or in the training rows the paper's controls (images shuffled; standard normal noise).
Sections 2.5 and 3.1 of the paper.
"""

import logging

import numpy as np
import xarray as xr

from italign.assemblies.layout import SITE_COORDS
from italign.assemblies.targets import control_target, partition_rows
from italign.io import read_dataset, write_dataset
from italign.job import job, keywords


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
    missing = sorted(set(stimulus_ids) - set(ds["stimulus_id"].values))
    if missing:
        raise ValueError(f"{path}: animal {ds.attrs['animal']} lacks {len(missing)} of "
                         f"{len(stimulus_ids)} training stimuli ({', '.join(missing[:5])}), "
                         "expected all: record them, or drop the animal or the stimuli")
    ds = ds.isel(neuroid=ds["selected"].values == 1).swap_dims(stimulus="stimulus_id")
    ds = ds.sel(stimulus_id=stimulus_ids).swap_dims(stimulus_id="stimulus")
    return ds[["rate", *SITE_COORDS]].mean("repetition").assign_attrs(source=ds.attrs["source"])


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        build_target(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
