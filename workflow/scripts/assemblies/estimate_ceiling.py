"""Ceilings of CKA for one animal and stimulus set, both estimators and both rules.

split_half: CKA of the averages over random trial halves (the paper; caption of figure 1).
attainable: CKA that the noiseless population would reach with the measured average, by which an
unbiased raw CKA is corrected exactly in expectation (derivation: italign.assemblies.ceilings).
"""

import logging

import numpy as np
import xarray as xr

from italign.assemblies.ceilings import attainable_ceiling, cka_ceiling
from italign.assemblies.halves import require_repetitions
from italign.evaluation.similarity import ESTIMATORS
from italign.io import read_dataset, write_dataset
from italign.job import job, keywords


def estimate_ceiling(*, assembly: str, ceiling: str, ceiling_splits: int, seed: int) -> None:
    """Estimate the ceilings of an assembly's selected sites (contract assembly -> ceiling)."""
    ds = read_dataset(assembly, "assembly")
    responses = ds["rate"].values[:, :, ds["selected"].values == 1]
    require_repetitions(responses, ds["stimulus_id"].values)
    splits = (responses, ceiling_splits, seed)
    rules = {"split_half": cka_ceiling, "attainable": attainable_ceiling}
    ceilings = xr.Dataset(
        {name: (("estimator", "split"), np.stack([rule(*splits, e) for e in ESTIMATORS]))
         for name, rule in rules.items()},
        coords={"estimator": list(ESTIMATORS)},
        attrs={
            "animal": ds.attrs["animal"],
            "stimulus_set": ds.attrs["stimulus_set"],
            "n_stimuli": responses.shape[0],
            "n_sites": responses.shape[2],
            "n_repetitions": float(np.isfinite(responses).sum(axis=1).mean()),
            "source": ds.attrs["source"],
        },
    )
    logging.info("%s\n%s", ceilings.attrs, ceilings.mean("split").to_dataframe())
    write_dataset(ceilings, ceiling, "ceiling")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        estimate_ceiling(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
