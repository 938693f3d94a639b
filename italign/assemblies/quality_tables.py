"""Quality of all sites of all assemblies, their ceilings, and what changed between sessions."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import xarray as xr

KEEP_ORDER = ["animal", "stimulus_set"]
NAMES = (*KEEP_ORDER, "session", "neuroid_id")


def site_table(assemblies: Sequence[xr.Dataset], drift: pd.DataFrame) -> pd.DataFrame:
    """List every site of every assembly with its quality.

    Parameters
    ----------
    assemblies : sequence of xarray.Dataset
        Contract ``assembly``.
    drift : pandas.DataFrame
        Rows of their drift tables. Rates are taken from it: those of an assembly may be z-scores.

    Returns
    -------
    pandas.DataFrame
        animal, stimulus_set, neuroid_id, reliability, rate_hz (mean over sessions),
        visual_drive_dprime, selected, threshold; sorted.

    Raises
    ------
    ValueError
        If a site has no row in `drift`.
    """
    tables = [
        pd.DataFrame({
            "animal": ds.attrs["animal"], "stimulus_set": ds.attrs["stimulus_set"],
            "neuroid_id": ds["neuroid_id"].values.astype(str),
            "reliability": ds["reliability"].values,
            "visual_drive_dprime": ds["visual_drive_dprime"].values,
            "selected": ds["selected"].values.astype(bool),
            "threshold": float(ds.attrs["reliability_min"]),
        })
        for ds in assemblies
    ]
    keys = [*KEEP_ORDER, "neuroid_id"]
    rate_hz = drift.groupby(keys)["mean_rate_hz"].mean().rename("rate_hz").reset_index()
    table = pd.concat(tables, ignore_index=True).merge(rate_hz, how="left", on=keys,
                                                       validate="1:1", indicator=True)
    absent = table.loc[table["_merge"] != "both", "neuroid_id"]
    if len(absent):
        raise ValueError(f"drift tables lack {len(absent)} sites of the assemblies (first: "
                         f"{absent.iloc[0]}); run assemble_responses again")
    return table.drop(columns="_merge").sort_values(keys, ignore_index=True)


def ceiling_table(ceilings: Sequence[xr.Dataset], estimator: str) -> pd.DataFrame:
    """Mean and SD over splits of each ceiling, all repetitions drawn.

    Parameters
    ----------
    ceilings : sequence of xarray.Dataset
        Contract ``ceiling``.
    estimator : str
        ``biased`` or ``unbiased``.

    Returns
    -------
    pandas.DataFrame
        animal, stimulus_set, rule, mean, sd; sorted.
    """
    rows = []
    for ds in ceilings:
        every = ds["cka"].sel(estimator=estimator, n_drawn=ds["n_drawn"].max())
        rows += [
            {"animal": ds.attrs["animal"], "stimulus_set": ds.attrs["stimulus_set"], "rule": rule,
             "mean": float(every.sel(rule=rule).mean()),
             "sd": float(every.sel(rule=rule).std(ddof=1))}
            for rule in every["rule"].values.tolist()
        ]
    return pd.DataFrame(rows).sort_values([*KEEP_ORDER, "rule"], ignore_index=True)


def read_drift(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Read the drift tables of assemblies as one, names kept as text (sessions may be numbered)."""
    return pd.concat([pd.read_csv(path, dtype=dict.fromkeys(NAMES, str), keep_default_na=False,
                                  na_values=["nan", ""]) for path in paths], ignore_index=True)


def repeated_sites(drift: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of sites that were recorded in more than one session of a stimulus set.

    Parameters
    ----------
    drift : pandas.DataFrame
        Rows of the assemblies' drift tables, each site's sessions in order.

    Returns
    -------
    pandas.DataFrame
        Those rows, with ``change_percent`` NaN in each site's first session, against which it is
        measured.
    """
    by_site = drift.groupby([*KEEP_ORDER, "neuroid_id"])["session"]
    first = by_site.cumcount() == 0
    marked = drift.assign(change_percent=drift["change_percent"].mask(first))
    return marked[by_site.transform("size") > 1]
