"""Every published number with this world's own beside it.

Numbers are judged in the world of the paper alone: elsewhere animals, images and networks differ,
and ours is shown for scale.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from italign.evaluation.contrasts import Absent
from italign.evaluation.published_lookup import Ours, Tables, find_ours

KEPT = ("figure", "quantity", "mark", "target", "labels", "p", "animal", "stimulus_set",
        "categories", "steps_since_onset", "x")
COLUMNS = (*KEPT, "published", "published_low", "published_high", "precision",
           "read_from", "source", "ours", "low", "high", "n", "difference", "inside", "why")


def published_values(published: pd.DataFrame, tables: Tables, is_paper: bool, n_bootstrap: int,
                     seed: int) -> pd.DataFrame:
    """Put this world's number beside each published one.

    Parameters
    ----------
    published : pandas.DataFrame
        As from `italign.evaluation.published.read_published`.
    tables : Tables
        Of this world.
    is_paper : bool
        Whether this is the world of the paper, whose numbers can be judged.
    n_bootstrap, seed : int
        Of every bootstrap over seeds.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, one row per published number (of a point, its x and its y). ``inside`` is yes
        where the published value, give or take its precision, meets our interval, no where it
        does not, empty where it was not judged; ``why`` says why not.
    """
    rows = []
    for number in _numbers(published).itertuples(index=False):
        try:
            ours = find_ours(number, tables, n_bootstrap, seed)
        except Absent as absent:
            ours = Ours(np.nan, remark=str(absent))
        inside, why = _judged(number, ours, is_paper)
        rows.append({**{name: getattr(number, name) for name in KEPT},
                     "published": number.value, "published_low": number.low,
                     "published_high": number.high, "precision": number.precision,
                     "read_from": number.read_from, "source": number.source, "ours": ours.value,
                     "low": ours.low, "high": ours.high, "n": ours.n,
                     "difference": ours.value - number.value if is_paper else np.nan,
                     "inside": inside, "why": why})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"steps_since_onset": "Int64"})


def _numbers(published: pd.DataFrame) -> pd.DataFrame:
    """One row per number: the x of dose means (once, in Figure 1B) and of base markers too."""
    has_x = (((published["mark"] == "condition") & (published["figure"] == "1b"))
             | (published["mark"] == "base")) & published["x"].notna()
    x = published[has_x].assign(quantity="similarity", value=published["x"], low=np.nan,
                                high=np.nan, stimulus_set="mean", categories="")
    return pd.concat([published, x]).sort_values(["figure", "mark"], kind="stable",
                                                 ignore_index=True)


def _judged(number: NamedTuple, ours: Ours, is_paper: bool) -> tuple[str, str]:
    if np.isnan(ours.value):
        return "", ours.remark
    if not is_paper:
        return "", "; ".join(filter(None, ["another world: shown, not judged", ours.remark]))
    if np.isnan(ours.low):
        return "", "; ".join(filter(None, ["ours has no interval", ours.remark]))
    meets = (number.value + number.precision >= ours.low
             and number.value - number.precision <= ours.high)
    return "yes" if meets else "no", ours.remark
