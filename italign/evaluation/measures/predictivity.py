"""Brain-Score's neural predictivity of held-out animals, by PLS and by ridge regression."""

from collections.abc import Sequence

import numpy as np

from italign.evaluation.axes import Axis, held_out_axes
from italign.evaluation.consistency import RULES, ceiled_predictivity, internal_consistency
from italign.evaluation.predictivity import fitted_and_held_out, neural_predictivity, summarise
from italign.evaluation.reduction import fewest_coordinates
from italign.evaluation.rows import score_row
from italign.evaluation.study import Look, Study


def predictivity(study: Study, regressions: Sequence[str], n_components: int, ridge_alpha: float,
                 n_splits: int, train_fraction: float, n_resamples: int):
    """Prepare the prediction of held-out animals' responses from the region's activations.

    Parameters
    ----------
    study : Study
        Stimuli are stratified by category, those without one among themselves. DEVIATION:
        Brain-Score does so by object, of which there are more than a tenth of our test images.
    regressions : sequence of {"pls", "ridge"}
        Metrics to store.
    n_components, ridge_alpha, n_splits, train_fraction
        As `neural_predictivity`.
    n_resamples : int
        Of the sites, behind their interval.

    Returns
    -------
    callable
        From a `Look` to rows: metric = the regression, raw = r in [-1, 1], chance 0, both ceiling
        rules; intervals over sites. Of an animal without trials ceiling and ceiled are NaN.

    Raises
    ------
    ValueError
        If the trials of a held-out animal do not agree, or its stimuli cannot be split and fitted
        (`fitted_and_held_out`); when scoring, if features are unusable.
    """
    splitting = {"n_components": n_components, "n_splits": n_splits,
                 "train_fraction": train_fraction}
    prepared = []
    for axis in held_out_axes(study):
        groups = study.truth(axis.stimulus_set, "test")[axis.rows]
        prepared.append((axis, groups, _checked(axis, groups, regressions, splitting)))

    def score(look: Look) -> list[dict]:
        features = {name: fewest_coordinates(look.seen[name, "test"][study.region])
                    for name in {axis.stimulus_set for axis, *_ in prepared}}
        rows = []
        for axis, groups, ceiling in prepared:
            for regression in regressions:
                r = neural_predictivity(features[axis.stimulus_set][axis.rows],
                                        axis.mean_responses, groups, regression=regression,
                                        ridge_alpha=ridge_alpha, **splitting)
                rows += _rows(axis, regression, summarise(r, n_resamples, study.seed), ceiling)
        return rows

    return score


def _checked(axis: Axis, groups, regressions: Sequence[str], splitting: dict) -> float:
    """Ceiling of an animal, NaN without trials; what would fail for any model fails here, first."""
    try:
        for regression in regressions:
            fitted_and_held_out(len(groups), groups, regression, **splitting)
        if not axis.has_ceiling:
            return np.nan
        ceiling = internal_consistency(axis.responses)
        for rule in RULES:
            ceiled_predictivity(0.0, ceiling, rule)
    except ValueError as error:
        raise ValueError(f"{axis.animal}, {axis.stimulus_set}: {error}") from None
    return ceiling


def _rows(axis: Axis, regression: str, found, ceiling: float) -> list[dict]:
    ceiled = {rule: np.nan if np.isnan(ceiling) else ceiled_predictivity(found.raw, ceiling, rule)
              for rule in RULES}
    return [
        score_row("predictivity", regression, axis.stimulus_set, found.raw, len(axis.rows),
                  animal=axis.animal, ceiling_rule=rule, chance=0.0, ceiling=ceiling,
                  ceiled=ceiled[rule], low_sites=found.low_sites, high_sites=found.high_sites,
                  sd_splits=found.sd_splits)
        for rule in RULES
    ]
