"""Ceilings of CKA for one animal and stimulus set, by rule, estimator and repetitions drawn.

split_half: CKA of the averages over random trial halves (the paper; caption of figure 1).
spearman_brown: 2 c / (1 + c) of it where repetitions are even in number, the noise of all
repetitions on both sides.
square_root: square root of split_half, noise on one side only.
attainable: CKA that the noiseless population would reach with the measured average, by which an
unbiased raw CKA is corrected exactly in expectation (derivation: italign.assemblies.ceilings).
For each number of repetitions, that many are drawn per stimulus without replacement, anew for every
split. How the paper drew them is not published.
"""

import logging

import numpy as np
import xarray as xr

from italign.assemblies.ceilings import RULES, cka_ceilings
from italign.assemblies.halves import require_repetitions
from italign.evaluation.similarity import ESTIMATORS, MIN_STIMULI
from italign.io import read_dataset, write_dataset
from italign.job import job, keywords


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
    require_repetitions(responses, ds["stimulus_id"].values)
    present = np.isfinite(responses).sum(axis=1)
    fewest, most = int(present.min()), int(present.max())
    drawn = sorted(n for n in set(ceiling_repetitions) if n <= fewest and n < most)
    values = [cka_ceilings(responses, ceiling_splits, seed, n) for n in (*drawn, None)]
    ceilings = xr.Dataset(
        {"cka": (("rule", "estimator", "n_drawn", "split"), np.stack(values, axis=2))},
        coords={"rule": list(RULES), "estimator": list(ESTIMATORS), "n_drawn": [*drawn, most]},
        attrs={
            "animal": ds.attrs["animal"],
            "stimulus_set": ds.attrs["stimulus_set"],
            "n_stimuli": responses.shape[0],
            "n_sites": responses.shape[2],
            "n_repetitions": float(present.mean()),
            "source": ds.attrs["source"],
        },
    )
    logging.info("%s\n%s", ceilings.attrs,
                 ceilings["cka"].mean("split").to_series().unstack("n_drawn").to_string())
    write_dataset(ceilings, ceiling, "ceiling")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        estimate_ceiling(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
