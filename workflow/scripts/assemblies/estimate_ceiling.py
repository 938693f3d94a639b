"""Ceilings of CKA for one animal and stimulus set, by rule, estimator and repetitions drawn.

split_half: CKA of the averages over random trial halves (the paper; caption of figure 1).
spearman_brown: 2 c / (1 + c) of it where repetitions are even in number, the noise of all
repetitions on both sides.
square_root: square root of split_half, noise on one side only.
attainable: CKA that the noiseless population would reach with the measured average, by which an
unbiased raw CKA is corrected exactly in expectation (derivation: italign.assemblies.ceilings).
For each number of repetitions, that many are drawn per stimulus without replacement, anew for every
split. How the paper drew them is not published. Responses without repetitions have no ceiling: all
values are NaN, and an attribute says so.
"""

from italign.job import job, keywords

import logging

import numpy as np
import xarray as xr

from italign.assemblies.ceilings import RULES, cka_ceilings
from italign.assemblies.halves import require_repetitions
from italign.evaluation.similarity import ESTIMATORS, MIN_STIMULI
from italign.io import read_dataset, write_dataset

NO_TRIALS = "one response per stimulus and site: shown once, or averaged in the file"


def estimate_ceiling(
    *, assembly: str, ceiling: str, ceiling_splits: int, ceiling_repetitions: list[int], seed: int
) -> None:
    """Estimate the ceilings of an assembly's selected sites (contract assembly -> ceiling)."""
    ds = read_dataset(assembly, "assembly")
    responses = ds["rate"].values[:, :, ds["selected"].values == 1]
    if len(responses) < MIN_STIMULI:
        raise ValueError(f"{ds.attrs['animal']}, {ds.attrs['stimulus_set']}: the assembly has "
                         f"{len(responses)} stimuli, expected at least {MIN_STIMULI} for a ceiling "
                         "of CKA: record more stimuli, or take this set out of the sheet "
                         f"({assembly})")
    _check_shown(responses, ds)
    n_drawn, values = _values(responses, ds, ceiling_splits, ceiling_repetitions, seed)
    ceilings = xr.Dataset(
        {"cka": (("rule", "estimator", "n_drawn", "split"), values)},
        coords={"rule": list(RULES), "estimator": list(ESTIMATORS), "n_drawn": n_drawn},
        attrs={
            "animal": ds.attrs["animal"],
            "stimulus_set": ds.attrs["stimulus_set"],
            "n_stimuli": responses.shape[0],
            "n_sites": responses.shape[2],
            "n_repetitions": float(np.isfinite(responses).sum(axis=1).mean()),
            "source": ds.attrs["source"],
        },
    )
    if n_drawn == [1]:
        ceilings.attrs["no_ceiling"] = NO_TRIALS
    logging.info("%s\n%s", ceilings.attrs,
                 ceilings["cka"].mean("split").to_series().unstack("n_drawn").to_string())
    write_dataset(ceilings, ceiling, "ceiling")


def _check_shown(responses: np.ndarray, ds: xr.Dataset) -> None:
    """Refuse a population of which some sites did not see all stimuli."""
    is_absent = ~np.isfinite(responses).any(axis=1)
    if is_absent.any():
        raise ValueError(f"{ds.attrs['animal']}, {ds.attrs['stimulus_set']}: "
                         f"{is_absent.any(axis=0).sum()} of {is_absent.shape[1]} sites have no "
                         f"response to {is_absent.any(axis=1).sum()} of {len(is_absent)} stimuli, "
                         "expected every site's to all: sessions that showed other stimuli are "
                         "held out as sets of their own (assemblies.prepared, held_out)")


def _values(
    responses: np.ndarray, ds: xr.Dataset, n_splits: int, repetitions: list[int], seed: int
) -> tuple[list[int], np.ndarray]:
    """Numbers of repetitions drawn, and ceilings (rule, estimator, n_drawn, split)."""
    present = np.isfinite(responses).sum(axis=1)
    fewest, most = int(present.min()), int(present.max())
    if most == 1:
        logging.info("%s, %s: no trials: no ceiling (%s)", ds.attrs["animal"],
                     ds.attrs["stimulus_set"], NO_TRIALS)
        return [1], np.full((len(RULES), len(ESTIMATORS), 1, n_splits), np.nan)
    require_repetitions(responses, ds["stimulus_id"].values)
    drawn = sorted(n for n in set(repetitions) if n <= fewest and n < most)
    values = [cka_ceilings(responses, n_splits, seed, n) for n in (*drawn, None)]
    return [*drawn, most], np.stack(values, axis=2)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        estimate_ceiling(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
