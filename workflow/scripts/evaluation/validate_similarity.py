"""Do ceilings recover the similarity that the simulation planted? Reads truth; validation only.

For each held-out animal and set, and for both estimators: CKA of the simulated cortex' features
with the noiseless rates of the selected sites, with their measured averages (raw), and raw over
each ceiling, with all repetitions and with fewer drawn at random. Standard errors by a jackknife
over groups of stimuli (a bootstrap repeats stimuli, which raises unbiased CKA). Two checks of the
estimators: CKA of the measured averages with themselves (1) and, as mean and standard error over
many draws, with independent Gaussian populations of as many sites (0 if unbiased, the chance level
if biased).
"""

from italign.job import job, keywords

import logging

import numpy as np
import pandas as pd
import xarray as xr

from italign.evaluation.axis_means import AXIS, mean_errors
from italign.evaluation.recovery import chance_cka, recover_cka
from italign.evaluation.similarity import ESTIMATORS, linear_cka
from italign.io import read_dataset, write_table

BY_REPETITIONS = [*AXIS, "estimator", "rule", "n_drawn", "raw", "ceiling", "ceiled", "noiseless",
                  "error", "error_se"]


def validate_similarity(
    *, teachers: list[str],
    truths: list[str],
    assemblies: list[str],
    ceilings: list[str],
    truth_table: str,
    by_repetitions: str,
    seed: int,
) -> None:
    """Tabulate planted, raw and ceiled CKA of held-out assemblies.

    One row per axis and estimator in `truth_table` (all repetitions), and one per axis, estimator,
    rule and number of repetitions drawn in `by_repetitions`, both CSV. The latter's
    ``mark`` is axis, or mean for the mean error over all axes, its standard error and ``n_axes``.
    """
    by_set = _read_by(teachers, "teacher", "identifier")
    by_session = _read_by(truths, "truth", *AXIS)
    by_axis = _read_by(ceilings, "ceiling", *AXIS)
    wide, long = [], []
    for axis, assembly in _read_by(assemblies, "assembly", *AXIS).items():
        teacher = _look_up(by_set, axis[1:], "teachers")
        truth = _look_up(by_session, axis, "truths")
        arrays = _align(assembly, teacher, truth)
        recovered = _recover(*arrays, _look_up(by_axis, axis, "ceilings"), seed)
        names = dict(zip(AXIS, axis, strict=True))
        long.append(recovered.assign(**names))
        whole = recovered[recovered["n_drawn"] == recovered["n_drawn"].max()]
        wide += [names | _row(whole, arrays[2], estimator, seed) for estimator in ESTIMATORS]
    table = pd.DataFrame(wide)
    logging.info("\n%s", table.T.to_string())
    write_table(table, truth_table)
    errors = pd.concat(long, ignore_index=True)[BY_REPETITIONS]
    write_table(pd.concat([errors.assign(mark="axis"), mean_errors(errors).assign(mark="mean")],
                          ignore_index=True), by_repetitions)


def _read_by(paths: list[str], contract: str, *attrs: str) -> dict[tuple, xr.Dataset]:
    """Read files, keyed by attributes; two files of one key are refused."""
    found = {}
    for path in paths:
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


def _recover(features, planted, responses, ceiling: xr.Dataset, seed: int) -> pd.DataFrame:
    """Rows per rule, estimator and repetitions drawn; ceilings are those of the file."""
    everything = int(ceiling["n_drawn"].max())
    tables = []
    for n_drawn in ceiling["n_drawn"].values.tolist():
        table = recover_cka(features, planted, responses, ceiling.sizes["split"], seed,
                            None if n_drawn == everything else n_drawn)
        chosen = ceiling["cka"].sel(n_drawn=n_drawn).mean("split")
        table["ceiling"] = [float(chosen.sel(rule=rule, estimator=estimator)) for rule, estimator
                            in table[["rule", "estimator"]].itertuples(index=False)]
        tables.append(table.assign(n_drawn=n_drawn))
    joined = pd.concat(tables, ignore_index=True)
    joined["ceiled"] = joined["raw"] / joined["ceiling"]
    return joined.assign(error=joined["ceiled"] - joined["noiseless"])


def _row(recovered: pd.DataFrame, responses, estimator: str, seed: int) -> dict:
    """One row of the wide table: sizes, recovery by each rule, the estimator's checks."""
    average = np.nanmean(responses, axis=1)
    chosen = recovered[recovered["estimator"] == estimator].set_index("rule")
    row = {"estimator": estimator, "n_stimuli": average.shape[0], "n_sites": average.shape[1]}
    for name, column in (("cka_noiseless", "noiseless"), ("raw", "raw")):
        row |= {name: chosen[column].iloc[0], f"{name}_se": chosen[f"{column}_se"].iloc[0]}
    for rule, found in chosen.iterrows():
        row |= {rule: found["ceiling"]}
        row |= {f"{name}_{rule}{suffix}": found[f"{name}{suffix}"]
                for name in ("ceiled", "error") for suffix in ("", "_se")}
        row |= {f"z_{rule}": found["error"] / found["error_se"]}
    row["self"] = float(linear_cka(average, average, estimator))
    row["independent"], row["independent_se"] = chance_cka(average, estimator, seed)
    return row


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        validate_similarity(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
