"""The similarity that figures and claims show: which axes it is the mean of, ceiled or raw."""

from collections.abc import Mapping

import pandas as pd

from italign.messages import first_names

NO_CEILING = "none"  # ceiling rule of a world whose animals have no trials: raw similarity
STORED_WITHOUT = "split_half"  # rows of every rule hold the same raw similarity
PAPER_REGION = "IT"
CEILED_CKA = "ceiled CKA"


def stored_rule(ceiling_rule: str) -> str:
    """Ceiling rule of the rows that hold the headline's similarity."""
    return STORED_WITHOUT if ceiling_rule == NO_CEILING else ceiling_rule


def similarity_quantity(ceiling_rule: str, region: str = PAPER_REGION) -> str:
    """What similarity is, in words; a region is named where it is not the paper's."""
    where = "" if region == PAPER_REGION else f" with {region}"
    if ceiling_rule == NO_CEILING:
        return f"raw CKA{where} (no ceiling)"
    return f"{CEILED_CKA}{where}"


def similarity_axes(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Held-out (animal, stimulus set) pairs of the cohort, sorted: the axes of similarity."""
    similarity = rows[rows["measure"] == "similarity"]
    pairs = similarity[["animal", "stimulus_set"]].drop_duplicates()
    return sorted(pairs.itertuples(index=False, name=None))


def mean_axes(rows: pd.DataFrame, headline: Mapping) -> list[tuple[str, str]]:
    """Axes whose plain mean is the headline's similarity.

    Parameters
    ----------
    rows : pandas.DataFrame
        With the similarity of the cohort.
    headline : mapping
        ``axes`` (list of ``animal`` and ``set``; None or absent: all), ``ceiling_rule``.

    Returns
    -------
    list of (str, str)
        Animal and stimulus set, sorted.

    Raises
    ------
    ValueError
        If an axis was not measured, or has no ceiling although similarity is to be ceiled.
    """
    known = similarity_axes(rows)
    asked = headline.get("axes")
    axes = known if asked is None else sorted((axis["animal"], axis["set"]) for axis in asked)
    if unknown := sorted(set(axes) - set(known)):
        raise ValueError(f"evaluation.headline.axes: {_names(unknown)} not measured, found "
                         f"{_names(known)}; correct it, or add to assemblies.held_out")
    if headline["ceiling_rule"] != NO_CEILING:
        similarity = rows[(rows["measure"] == "similarity") & rows["ceiling"].isna()]
        if without := sorted(set(similarity_axes(similarity)) & set(axes)):
            raise ValueError(
                f"evaluation.headline: similarity is to be ceiled ({headline['ceiling_rule']}), "
                f"but {_names(without)} without trials, and so without ceiling; set ceiling_rule "
                "to none, or leave them out of evaluation.headline.axes")
    return axes


def _names(axes: list[tuple[str, str]]) -> str:
    verb = "is" if len(axes) == 1 else "are"
    return f"{first_names([' on '.join(axis) for axis in axes])} {verb}"
