"""The paper's claims tested in a world: published effect, ours with its interval, and a verdict."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from italign.evaluation.claim_rows import FEW_SEEDS
from italign.evaluation.claim_words import claim_label, claim_unit, describe
from italign.evaluation.contrasts import Absent, Study, axes_in, columns_of, contrast
from italign.evaluation.dose_ranks import dose_ranks
from italign.evaluation.paper_claims import CLAIMS, Claim
from italign.evaluation.statistics import bootstrap_mean
from italign.evaluation.verdicts import (
    NOT_TESTABLE,
    ONE_SEED,
    Estimate,
    Verdict,
    judge,
    judge_absence,
)

COLUMNS = ("id", "figure", "label", "unit", "claim", "statistic", "published", "published_value",
           "estimate", "low", "high", "n", "unit_of_resampling", "verdict", "reason", "why")


class Tested(NamedTuple):
    """A claim's outcome in a world."""

    effect: Estimate
    n: int
    unit: str
    verdict: Verdict


def reproduction(study: Study, statistics: pd.DataFrame, published: pd.DataFrame,
                 n_bootstrap: int, seed: int) -> pd.DataFrame:
    """Test every claim of the paper in a world.

    Parameters
    ----------
    study : Study
        The world's models and what was measured of them.
    statistics : pandas.DataFrame
        As written by `summarise_cohort`.
    published : pandas.DataFrame
        As from `italign.evaluation.published.read_published`.
    n_bootstrap, seed : int
        Of every bootstrap over seeds.

    Returns
    -------
    pandas.DataFrame
        One row per claim, `COLUMNS`. Only the direction is judged, by the interval
        (`italign.evaluation.verdicts`); a claim whose models or measures the world lacks is not
        testable there, and ``why`` says what to add.
    """
    rows = []
    for claim in CLAIMS:
        try:
            tested = _test(claim, study, statistics, n_bootstrap, seed)
        except Absent as absent:
            verdict = Verdict(NOT_TESTABLE, "not in this world", str(absent))
            tested = Tested(Estimate(claim.id, *np.full(3, np.nan)), 0, "none", verdict)
        rows.append({
            "id": claim.id, "figure": claim.figure, "label": claim_label(claim, study),
            "unit": claim_unit(claim, study), "claim": claim.sentence,
            "statistic": describe(claim, study),
            "published": claim.published_words(published),
            "published_value": claim.effect(published),
            "estimate": tested.effect.value, "low": tested.effect.low,
            "high": tested.effect.high, "n": tested.n, "unit_of_resampling": tested.unit,
            **tested.verdict._asdict(),
        })
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _test(claim: Claim, study: Study, statistics: pd.DataFrame, n_bootstrap: int,
          seed: int) -> Tested:
    if claim.quantity == "pearson":
        return _correlation(claim, statistics)
    if claim.quantity == "spearman":
        return _ranks(claim, study, statistics, n_bootstrap, seed)
    parts = _contrast(claim, study, claim.panel)
    whole = parts.mean(axis=1)
    if claim.beyond:
        whole = (whole - _contrast(claim, study, claim.beyond).mean(axis=1)).dropna()
        parts = parts.iloc[:, :0]
    effect = _over_seeds("mean", whole, n_bootstrap, seed)
    each = [_over_seeds(str(name), parts[name], n_bootstrap, seed) for name in parts]
    if claim.side:
        verdict = judge(claim.side, effect, each)
    else:
        gains = contrast(study, claim.quantity, claim.panel, "full", "base").mean(axis=1)
        verdict = judge_absence(effect, _over_seeds("gain", gains, n_bootstrap, seed))
    return _seeds_tested(effect, len(whole), verdict, FEW_SEEDS.get(len(whole), ""))


def _seeds_tested(effect: Estimate, n_seeds: int, verdict: Verdict, note: str) -> Tested:
    if n_seeds == 1:
        return Tested(effect, 1, "none", verdict)
    return Tested(effect, n_seeds, "seed", _also(verdict, note))


def _contrast(claim: Claim, study: Study, panel: str) -> pd.DataFrame:
    return contrast(study, claim.quantity, panel, claim.model, claim.reference, claim.when)


def _over_seeds(name: str, values: pd.Series, n_bootstrap: int, seed: int) -> Estimate:
    low, high = bootstrap_mean(values.to_numpy(), n_bootstrap, seed)
    return Estimate(name, float(values.mean()), float(low), float(high))


def _correlation(claim: Claim, statistics: pd.DataFrame) -> Tested:
    rows = statistics[statistics["name"] == f"{claim.panel}_similarity_pearson"]
    if rows.empty or np.isnan(rows["estimate"].iloc[0]):
        raise Absent(f"no correlation of {claim.panel} with similarity: fewer than three models, "
                     f"or {claim.panel} was not measured")
    row = rows.iloc[0]
    words = f"over {row['n']} runs of {row['n_seeds']} seed{'s' if row['n_seeds'] > 1 else ''}"
    if row["n_seeds"] == 1:  # its runs say nothing of other seeds
        return Tested(Estimate("r", row["estimate"], np.nan, np.nan), int(row["n"]), "run",
                      _also(ONE_SEED, words))
    effect = Estimate("r", row["estimate"], row["low"], row["high"])
    return Tested(effect, int(row["n"]), row["unit_of_resampling"],
                  _also(judge(claim.side, effect, []), words))


def _ranks(claim: Claim, study: Study, statistics: pd.DataFrame, n_bootstrap: int,
           seed: int) -> Tested:
    columns = columns_of(study, "similarity", claim.panel)
    effect, parts, n_seeds = dose_ranks(study.points, columns, n_bootstrap, seed)
    rows = statistics[statistics["name"] == "dose_similarity_spearman"]
    p_values = rows.set_index(["animal", "stimulus_set"])["p_value"]
    each = ", ".join(f"{name} p = {p_values[axis]:.2g}"
                     for name, axis in zip(columns, axes_in(study, claim.panel), strict=True))
    verdict = _also(judge(claim.side, effect, parts), f"permuting the doses: {each}")
    # The mean over seeds may have another rank correlation than each of them.
    few = f"interval = range of the resamples of {n_seeds} seeds" if n_seeds in FEW_SEEDS else ""
    return _seeds_tested(effect, n_seeds, verdict, few)


def _also(verdict: Verdict, note: str) -> Verdict:
    return verdict._replace(why=f"{verdict.why}; {note}") if note else verdict


def panels_of(figures: Mapping[str, Mapping[str, str | None]],
              claims: Mapping[str, str | Sequence[str] | None] | None = None,
              ) -> dict[str, str | Sequence[str]]:
    """Sets that the claims of each panel are tested on.

    Parameters
    ----------
    figures : mapping
        What the panels show, e.g. ``{"figure_3": {"a": "hvm"}}``, None: nothing.
    claims : mapping, optional
        Panels whose claims are tested on other sets, or (None) on none, e.g. ``{"2b": None}``.

    Returns
    -------
    dict
        Panels of some set, e.g. ``{"3a": "hvm"}``.
    """
    shown = {f"{name.removeprefix('figure_')}{letter}": panel
             for name, letters in figures.items() for letter, panel in letters.items()}
    return {panel: sets for panel, sets in (shown | dict(claims or {})).items()
            if sets is not None}


def study_of(points: pd.DataFrame, frame: pd.DataFrame, statistics: pd.DataFrame,
             figures: Mapping[str, Mapping[str, str | None]], attacks: Sequence[str],
             claims: Mapping[str, str | Sequence[str] | None] | None = None,
             **similarity: str | bool | Sequence[tuple[str, str]] | None) -> Study:
    """Gather what claims are tested on.

    Parameters
    ----------
    points, statistics : pandas.DataFrame
        As written by `summarise_cohort`.
    frame : pandas.DataFrame
        The cohort's whole table.
    figures : dict
        ``figure_2`` to ``figure_5`` of the config's figures.
    attacks : sequence of str
        Those of Figure 5.
    claims : mapping, optional
        ``claims`` of the config's figures, as `panels_of`.
    **similarity
        ``quantity``, ``is_ceiled`` and ``averaged`` of the `Study`, where they are not the paper's.
    """
    bases = statistics[(statistics["name"] == "similarity_base")
                       & (statistics["animal"] != "mean")]
    axes = list(bases[["animal", "stimulus_set"]].itertuples(index=False, name=None))
    robustness = frame[frame["measure"] == "robustness"]
    return Study(points, robustness, axes, panels_of(figures, claims), attacks, **similarity)
