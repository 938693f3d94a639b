"""Do ceilings recover the similarity that the simulation planted? Reads truth; validation only.

For each held-out animal and set, and for both estimators: CKA of the simulated cortex' features
with the noiseless rates of the selected sites, with their measured averages (raw), and raw over
each ceiling. Standard errors by a jackknife over groups of stimuli (a bootstrap repeats stimuli,
which raises unbiased CKA). Two checks of the estimators: CKA of the measured averages with
themselves (1) and, as mean and standard error over many draws, with independent Gaussian
populations of as many sites (0 if unbiased, the chance level if biased).
"""

import logging

import numpy as np
import pandas as pd
import xarray as xr

from italign.evaluation.recovery import chance_cka, recover_cka
from italign.evaluation.similarity import ESTIMATORS, linear_cka
from italign.io import read_dataset, write_table
from italign.job import job, keywords


def validate_similarity(
    *, teachers: str | list[str],
    truths: str | list[str],
    assemblies: str | list[str],
    ceilings: str | list[str],
    truth_table: str,
    seed: int,
) -> None:
    """Tabulate planted, raw and ceiled CKA of held-out assemblies (one CSV row per estimator)."""
    by_set = _read_by(teachers, "teacher", "identifier")
    by_session = _read_by(truths, "truth", "animal", "stimulus_set")
    by_axis = _read_by(ceilings, "ceiling", "animal", "stimulus_set")
    rows = []
    for axis, assembly in _read_by(assemblies, "assembly", "animal", "stimulus_set").items():
        teacher = _look_up(by_set, axis[1:], "teachers")
        truth = _look_up(by_session, axis, "truths")
        ceiling = _look_up(by_axis, axis, "ceilings").mean("split").set_xindex("estimator")
        arrays = _align(assembly, teacher, truth)
        for estimator in ESTIMATORS:
            chosen = ceiling.sel(estimator=estimator)
            row = _compare(*arrays, chosen, estimator, seed)
            rows.append({"animal": axis[0], "stimulus_set": axis[1], "estimator": estimator} | row)
    table = pd.DataFrame(rows)
    logging.info("\n%s", table.T.to_string())
    write_table(table, truth_table)


def _read_by(paths: str | list[str], contract: str, *attrs: str) -> dict[tuple, xr.Dataset]:
    """Read files, keyed by attributes; two files of one key are refused."""
    found = {}
    for path in [paths] if isinstance(paths, str) else paths:
        ds = read_dataset(path, contract)
        key = tuple(ds.attrs[name] for name in attrs)
        if key in found:
            raise ValueError(f"{path}: a second {contract} of {', '.join(key)}, expected one each: "
                             "channels of several sessions cannot be told apart")
        found[key] = ds
    return found


def _look_up(found: dict[tuple, xr.Dataset], key: tuple, name: str) -> xr.Dataset:
    if key not in found:
        raise ValueError(f"{name} has no file of {', '.join(key)} (found: "
                         f"{'; '.join(map(', '.join, found)) or 'none'}): add it to the inputs")
    return found[key]


def _align(assembly: xr.Dataset, teacher: xr.Dataset, truth: xr.Dataset) -> tuple[np.ndarray, ...]:
    """Teacher features, planted rates and responses of the selected sites, joined by label."""
    selected = assembly.isel(neuroid=assembly["selected"].values == 1)
    stimulus_ids, channels = selected["stimulus_id"].values, selected["channel"].values
    features = teacher.set_xindex("stimulus_id")["feature"].sel(stimulus_id=stimulus_ids)
    planted = truth.set_xindex("stimulus_id").set_xindex("channel")["rate_hz"]
    planted = planted.sel(stimulus_id=stimulus_ids, channel=channels)
    return features.values, planted.values, selected["rate"].values


def _compare(features, planted, responses, ceiling, estimator, seed) -> dict[str, float]:
    """One row: sizes, recovery with its errors, ceilings of the file, the estimator's checks."""
    average = np.nanmean(responses, axis=1)
    row = {"n_stimuli": average.shape[0], "n_sites": average.shape[1]}
    row |= recover_cka(features, planted, responses, estimator, seed)
    for rule in ("split_half", "attainable"):
        row[rule] = float(ceiling[rule])
        row[f"ceiled_{rule}"] = row["raw"] / row[rule]
        row[f"error_{rule}"] = row[f"ceiled_{rule}"] - row["cka_noiseless"]
    row["self"] = float(linear_cka(average, average, estimator))
    row["independent"], row["independent_se"] = chance_cka(average, estimator, seed)
    return row


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        validate_similarity(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
