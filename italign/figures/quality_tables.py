"""What the page on recording quality shows, one row per site and per ceiling."""

from collections.abc import Sequence

import pandas as pd
import xarray as xr

from italign.figures.palette import PAPER_AND_EXACT

KEEP_ORDER = ["animal", "stimulus_set"]


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
            for rule in PAPER_AND_EXACT
        ]
    return pd.DataFrame(rows).sort_values([*KEEP_ORDER, "rule"], ignore_index=True)
