"""Read, check and write the netCDF files between stages: one reader, one checker, one writer."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from italign.contracts import CONTRACTS, Variable

# Attributes that every file gets beside its contract's; `job.job` sets rule, config hash and seed.
PROVENANCE: dict[str, str] = {}


def write_dataset(
    ds: xr.Dataset, path: str | Path, contract: str | None = None,
    units: dict[str, str] | None = None,
) -> None:
    """Write a dataset whole or not at all, with units, compression and provenance.

    Parameters
    ----------
    ds : xarray.Dataset
        Plain coordinates only (netCDF cannot hold a MultiIndex).
    path : str or Path
        Target; a temporary file beside it is synced and renamed.
    contract : str, optional
        Name in `CONTRACTS`: fills units, long names and dtypes, and is checked before writing.
    units : dict, optional
        Units of variables that do not have their contract's (normalised rates).

    Raises
    ------
    ValueError
        If the dataset breaks its contract; nothing is written then.
    """
    if contract:
        ds = _dress(ds, contract)
        check(ds, contract, path)
    for name, unit in (units or {}).items():
        ds[name].attrs["units"] = unit
    ds = ds.assign_attrs({**ds.attrs, **PROVENANCE, **_versions()})
    with whole_file(path) as temporary:
        ds.to_netcdf(temporary, engine="netcdf4", encoding=_encoding(ds))


def write_table(frame: pd.DataFrame, path: str | Path, separator: str = ",") -> None:
    """Write a table as text whole or not at all, every float with all its digits."""
    with whole_file(path) as temporary:
        frame.to_csv(temporary, sep=separator, index=False, lineterminator="\n")


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Give a temporary path to write to; when all went well, sync it and rename it to `path`.

    Whatever happens inside, `path` holds either what it held before or the whole new file, and the
    temporary file is gone (kill -9 may leave it; the next writer of the same path removes it).
    """
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    for stale in path.parent.glob(f"{path.name}.*.tmp"):  # of a job that was killed
        stale.unlink(missing_ok=True)
    try:
        yield temporary
        with open(temporary, "rb") as handle:
            os.fsync(handle.fileno())
        temporary.chmod(0o666 & ~_umask())  # safetensors makes files that only their owner can read
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_dataset(path: str | Path, contract: str | None = None) -> xr.Dataset:
    """Read a file into memory and check it.

    Parameters
    ----------
    path : str or Path
        A netCDF-4 file.
    contract : str, optional
        Name in `CONTRACTS`.

    Returns
    -------
    xarray.Dataset
        In memory, times as plain numbers.

    Raises
    ------
    ValueError
        If the file is missing, truncated, or breaks its contract.
    """
    with open_dataset(path) as lazy:
        try:
            ds = lazy.load()
        except (OSError, RuntimeError) as error:
            raise ValueError(_unreadable(path, error)) from error
    if contract:
        check(ds, contract, path)
    return ds


def open_dataset(path: str | Path) -> xr.Dataset:
    """Open a file lazily (voltage); the caller closes it."""
    if not Path(path).exists():
        raise ValueError(f"{path}: not found; run the rule that makes it, or correct the path")
    try:
        return xr.open_dataset(path, engine="netcdf4", decode_timedelta=False)
    except (OSError, RuntimeError) as error:
        raise ValueError(_unreadable(path, error)) from error


def check(ds: xr.Dataset, contract: str, source: str | Path = "dataset") -> None:
    """Compare a dataset with its contract.

    Parameters
    ----------
    ds : xarray.Dataset
        What was read or is about to be written.
    contract : str
        Name in `CONTRACTS`.
    source : str or Path
        Named in the message.

    Raises
    ------
    ValueError
        With every violation, one line each: file, variable, found, expected.
    """
    rules = CONTRACTS[contract]
    problems = [
        f"attribute {name!r} is missing" for name in rules.attrs if name not in ds.attrs
    ]
    for name, rule in {**rules.coords, **rules.variables}.items():
        problems += _variable_problems(ds, name, rule)
    for dim in rules.non_empty:
        if ds.sizes.get(dim) == 0:
            problems.append(f"dimension {dim!r} is empty, expected at least one {dim}")
    if problems:
        lines = "\n".join(f"{source}: {problem}" for problem in problems)
        raise ValueError(f"{lines}\n(contract {contract!r}, italign/contracts.py; "
                         "delete the file and run again if italign made it)")


def _variable_problems(ds: xr.Dataset, name: str, rule: Variable) -> list[str]:
    if name not in ds.variables:
        found = ", ".join(sorted(map(str, ds.variables))) or "none"
        return [f"variable {name!r} is missing (found: {found})"]
    values = ds[name]
    if values.dims != rule.dims:
        return [f"variable {name!r} has dims {values.dims}, expected {rule.dims}"]
    if not _same_kind(values.dtype, rule.dtype):
        return [f"variable {name!r} has dtype {values.dtype}, expected {rule.dtype}"]
    problems = []
    if rule.finite and values.dtype.kind == "f":
        n_bad = int((~np.isfinite(values.values)).sum())
        if n_bad:
            problems.append(f"variable {name!r} has {n_bad} NaN or infinite of {values.size} "
                            "values, expected none")
    if rule.unique and len(np.unique(values.values)) < values.size:
        problems.append(f"variable {name!r} repeats values, expected unique ones")
    return problems


def _same_kind(found: np.dtype, expected: str) -> bool:
    kinds = {"str": "OUST", "i": "iu", "u": "u", "f": "f"}
    return found.kind in kinds[expected if expected == "str" else np.dtype(expected).kind]


def _dress(ds: xr.Dataset, contract: str) -> xr.Dataset:
    """Give each variable of the contract its dtype, unit and long name."""
    ds = ds.copy()
    for name, rule in {**CONTRACTS[contract].coords, **CONTRACTS[contract].variables}.items():
        if name not in ds.variables:
            continue
        dtype = str if rule.dtype == "str" else rule.dtype
        values = ds[name].astype(dtype)
        values.attrs = {**ds[name].attrs, "units": rule.units, "long_name": rule.long_name}
        ds[name] = values
    return ds


def _encoding(ds: xr.Dataset) -> dict:
    # int16 voltage is noise: compressing 1 GB of it costs a minute and gains little.
    return {
        name: {"zlib": True, "complevel": 4, "shuffle": True}
        for name, values in ds.variables.items()
        if values.dtype.kind in "fiub" and values.dtype != np.int16 and values.ndim
    }


@cache
def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unreadable(path: str | Path, error: Exception) -> str:
    return (f"{path}: cannot be read as netCDF-4 ({error}); it is truncated or another format: "
            "delete it and run again")


@cache
def _versions() -> dict[str, str]:
    packages = ("numpy", "xarray", "netCDF4")
    return {
        "italign_commit": _commit(),
        "versions": ", ".join(f"{package} {version(package)}" for package in packages),
    }


@cache
def _commit() -> str:
    answer = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=Path(__file__).parent, capture_output=True, text=True, check=False,
    )
    return answer.stdout.strip() or "unknown (not a git checkout)"


def _checker(contract: str) -> Callable[..., None]:
    def check_contract(ds: xr.Dataset, source: str | Path = "dataset") -> None:
        check(ds, contract, source)

    check_contract.__doc__ = f"Compare a dataset with contract ``{contract}``; see `check`."
    return check_contract


# check_stimuli, check_rates, check_assembly, ...: public names for one contract each.
globals().update({f"check_{contract}": _checker(contract) for contract in CONTRACTS})
