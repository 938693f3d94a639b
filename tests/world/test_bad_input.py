"""Bad input through the whole pipeline: one line of cause and cure, nothing half-written."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

pytestmark = pytest.mark.world

SESSION = "results/tiny/recordings/sim4-hvm"
RATES = f"{SESSION}/rates.nc"
ASSEMBLY = "results/tiny/assemblies/sim4-hvm.nc"


def change_dataset(path, change):
    """Rewrite a file with a change that the pipeline's own writer would refuse."""
    with xr.open_dataset(path, decode_timedelta=False) as lazy:
        ds = lazy.load()
    change(ds).to_netcdf(path)


def change_table(path, change):
    table = pd.read_csv(path, sep="\t")
    change(table).to_csv(path, sep="\t", index=False)


def truncate(path):
    path.write_bytes(path.read_bytes()[:5000])


def with_nan(ds):
    ds.rate_hz[3, 1] = np.nan
    return ds


CASES = {
    "truncated netCDF": (RATES, truncate, ASSEMBLY,
                         "rates.nc: cannot be read as netCDF-4", "delete it and run again"),
    "missing variable": (RATES, lambda p: change_dataset(p, lambda ds: ds.drop_vars("rate_hz")),
                         ASSEMBLY, "rates.nc: variable 'rate_hz' is missing", "contracts.py"),
    "NaN rates": (RATES, lambda p: change_dataset(p, with_nan), ASSEMBLY,
                  "rates.nc: variable 'rate_hz' has 1 NaN or infinite of", "expected none"),
    "unknown stimulus_id": (
        f"{SESSION}/presentations.tsv",
        lambda p: change_table(p, lambda t: t.replace(t.stimulus_id[0], "hvm-test-bear-6-99999")),
        RATES, "compute_rates: ", "hvm-test-bear-6-99999"),
    "no presentation": (f"{SESSION}/presentations.tsv", lambda p: change_table(p, lambda t: t[:0]),
                        RATES, "holds no presentation", "expected at least one"),
    "all presentations aborted": (
        f"{SESSION}/presentations.tsv", lambda p: change_table(p, lambda t: t.assign(aborted=1)),
        RATES, "compute_rates: ", "aborted"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_files_stop_the_rule_that_reads_them(world, case):
    bad, damage, target, cause, cure = CASES[case]
    damage(world.folder / bad)
    answer = world.run(target)
    assert answer.returncode != 0
    said = [line for line in answer.stderr.splitlines() if cause in line]
    assert said, answer.stderr[-3000:]
    assert cure in answer.stderr
    left = [file.name for file in (world.folder / target).parent.glob(f"*{target[-8:]}*")]
    assert (world.folder / target).name not in left and not [n for n in left if "tmp" in n]


CONFIG_CASES = {
    "unknown key": ("n_bootstrap: 200", "n_bootstrapp: 200",
                    "evaluation.n_bootstrapp: unknown key; did you mean 'n_bootstrap'?"),
    "wrong type": ("n_bootstrap: 200", "n_bootstrap: many", "evaluation.n_bootstrap"),
    "p outside [0, 1]": ("p: [0, 1], adv", "p: [0, 1.5], adv", "training.conditions[0].p[1]"),
}


@pytest.mark.parametrize("case", CONFIG_CASES)
def test_bad_configs_stop_before_any_job(world, case):
    old, new, cause = CONFIG_CASES[case]
    world.edit("tests/config/tiny.yaml", old, new)
    answer = world.run("--dry-run")
    said = answer.stdout + answer.stderr  # a dry run complains on stdout
    assert answer.returncode != 0
    assert [line for line in said.splitlines() if cause in line], said


def test_no_selected_site_names_the_key_and_the_best_reliability(world):
    world.edit("tests/config/tiny.yaml", "reliability_min: 0.0", "reliability_min: 1.0")
    answer = world.run(ASSEMBLY)
    assert answer.returncode != 0
    lines = answer.stderr.splitlines()
    said = [line for line in lines if "assemblies.selection" in line]
    assert said and "assemble_responses:" in said[0]
    assert not (world.folder / ASSEMBLY).exists()
