"""Errors of ceiled similarity, averaged over held-out animals and image sets."""

import numpy as np
import pandas as pd

AXIS = ["animal", "stimulus_set"]


def mean_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Average the errors over axes, at the numbers of repetitions that every axis has.

    Parameters
    ----------
    table : pandas.DataFrame
        animal, stimulus_set, estimator, rule, n_drawn, error, error_se: error of the ceiled score
        of the true model, and its standard error.

    Returns
    -------
    pandas.DataFrame
        estimator, rule, n_drawn, error, error_se, n_axes; the standard error takes the axes as
        independent. Where the ceiling of an axis is undefined, so is the mean (NaN).
    """
    # ASSUME independent axes: those of one animal or set share stimuli, so the true error bar is
    # wider.
    groups = table.groupby(["estimator", "rule", "n_drawn"], sort=False)
    means = groups.agg(
        error=("error", lambda values: values.mean(skipna=False)),
        error_se=("error_se", lambda values: np.sqrt((values**2).sum(skipna=False)) / len(values)),
        n_axes=("error", "size"),
    ).reset_index()
    n_axes = len(table[AXIS].drop_duplicates())
    return means[means["n_axes"] == n_axes].reset_index(drop=True)
