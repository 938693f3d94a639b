"""What the page on recording quality draws, one row per mark: sites, medians, counts, ceilings."""

from pathlib import Path

import pandas as pd

from italign.assemblies.quality_tables import KEEP_ORDER

PER_SITE = ("reliability", "rate_hz", "visual_drive_dprime")
PER_SESSION = ("change_percent", "tuning_correlation")
TEXT = ("panel", *KEEP_ORDER, "session", "item", "source")
COLUMNS = ("panel", *KEEP_ORDER, "session", "item", "value", "low", "high", "source")


def quality_marks(sites: pd.DataFrame, ceilings: pd.DataFrame, drift: pd.DataFrame,
                  sources: dict[tuple[str, str], str]) -> pd.DataFrame:
    """List sites with medians, sites kept and dropped, ceilings, and changes between sessions.

    Parameters
    ----------
    sites, ceilings, drift : pandas.DataFrame
        As from `site_table`, `ceiling_table` and `repeated_sites` of
        `italign.assemblies.quality_tables`.
    sources : dict of (str, str) to str
        Where the data of each animal and stimulus set come from.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`. ``panel`` is one of `PER_SITE`, `PER_SESSION`, ``sites`` or ``ceiling``;
        ``item`` a site, ``median``, ``threshold``, ``kept``, ``dropped`` or a rule of the ceiling;
        ``low`` and ``high`` of ceilings: mean minus and plus SD over splits.
    """
    tables = [_per_site(sites), _counts(sites), _ceilings(ceilings),
              *(_per_session(drift, quantity) for quantity in PER_SESSION if len(drift))]
    table = pd.concat(tables, ignore_index=True).reindex(columns=COLUMNS)
    keys = zip(*(table[name] for name in KEEP_ORDER), strict=True)
    return table.assign(source=[sources[key] for key in keys])


def read_quality(path: str | Path) -> pd.DataFrame:
    """Read a table of `quality_marks`, names kept as text (a session may be called 20240131).

    Parameters
    ----------
    path : str or Path
        CSV.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; empty cells are NaN.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    table = pd.read_csv(path, dtype=dict.fromkeys(TEXT, str), keep_default_na=False,
                        na_values=["nan", ""])
    absent = [name for name in COLUMNS if name not in table]
    if absent:
        raise ValueError(f"{path} lacks columns {absent}, found {list(table.columns)}; "
                         "run summarise_quality again")
    return table[list(COLUMNS)]


def _per_site(sites: pd.DataFrame) -> pd.DataFrame:
    """One row per site and quantity, then thresholds and medians."""
    values = sites.melt([*KEEP_ORDER, "neuroid_id"], list(PER_SITE), "panel", "value")
    by_assembly = sites.groupby(KEEP_ORDER)
    threshold = by_assembly["threshold"].first().rename("value").reset_index()
    medians = by_assembly[list(PER_SITE[1:])].median().reset_index()
    return pd.concat([
        values.rename(columns={"neuroid_id": "item"}),
        threshold.assign(panel=PER_SITE[0], item="threshold"),
        medians.melt(KEEP_ORDER, var_name="panel", value_name="value").assign(item="median"),
    ])


def _counts(sites: pd.DataFrame) -> pd.DataFrame:
    counts = sites.groupby(KEEP_ORDER)["selected"].agg(
        kept="sum", dropped=lambda selected: (~selected).sum()).reset_index()
    return counts.melt(KEEP_ORDER, ["kept", "dropped"], "item", "value").assign(panel="sites")


def _ceilings(ceilings: pd.DataFrame) -> pd.DataFrame:
    low, high = ceilings["mean"] - ceilings["sd"], ceilings["mean"] + ceilings["sd"]
    return ceilings.assign(panel="ceiling", low=low, high=high).rename(
        columns={"rule": "item", "mean": "value"})


def _per_session(drift: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Sites that have a value, by session in the order of the table, then the sessions' medians."""
    rows = drift.dropna(subset=[quantity])
    medians = rows.groupby([*KEEP_ORDER, "session"], sort=False)[quantity].median()
    values = rows.rename(columns={"neuroid_id": "item", quantity: "value"})
    names = [*KEEP_ORDER, "session", "item", "value"]
    marks = medians.rename("value").reset_index().assign(item="median")
    return pd.concat([values[names], marks]).assign(panel=quantity)
