"""Neural predictivity as Brain-Score defines it (Schrimpf et al. 2018).

A regression from all features of a model to all sites is fitted to nine tenths of the stimuli; the
Pearson correlation r of prediction and response over the others is taken for each site. The score
is the mean over ten random splits of the median over sites.
"""

import logging
from typing import NamedTuple

import numpy as np
from sklearn.cross_decomposition import PLSRegression
from sklearn.linear_model import Ridge
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

from italign.evaluation.intervals import interval
from italign.evaluation.reduction import fewest_coordinates
from italign.evaluation.statistics import sample_sd
from italign.messages import first_names
from italign.recordings.quality import column_correlation

REGRESSIONS = ("pls", "ridge")
MIN_HELD_OUT = 3  # the correlation of two stimuli is 1 or -1


class Predictivity(NamedTuple):
    """Mean over splits of the median over sites, the SD of those medians, and 95 % over sites."""

    raw: float
    sd_splits: float
    low_sites: float
    high_sites: float


def neural_predictivity(
    features: np.ndarray, responses: np.ndarray, groups: np.ndarray | None, *,
    regression: str = "pls", n_components: int = 25, ridge_alpha: float = 1.0, n_splits: int = 10,
    train_fraction: float = 0.9, seed: int = 1,
) -> np.ndarray:
    """Correlation of held-out responses with their prediction from features.

    Parameters
    ----------
    features : numpy.ndarray, (n_stimuli, n_features)
        Of the model; any that are constant do no harm.
    responses : numpy.ndarray, (n_stimuli, n_sites)
        Averages over repetitions, without NaN, in Hz or of that order.
    groups : numpy.ndarray (n_stimuli,) or None
        Category of each stimulus, in equal shares among fitted and held-out; None: not stratified.
    regression : {"pls", "ridge"}
        `PLSRegression` without scaling, one fit for all sites, or `Ridge`.
    n_components : int
        Of PLS. Where fewer directions vary among the fitted stimuli, that many.
    ridge_alpha : float
        Penalty on squared weights, in squared units of the features.
    n_splits, train_fraction, seed
        Random splits, share of stimuli fitted, and seed; Brain-Score's by default.

    Returns
    -------
    numpy.ndarray, (n_splits, n_sites)
        In [-1, 1]; 0 is chance. NaN where a response or prediction does not vary over the stimuli
        held out.

    Raises
    ------
    ValueError
        If features or responses are unusable, or as `fitted_and_held_out`.
    """
    features = fewest_coordinates(features)
    responses = _checked_responses(responses, len(features))
    splits = fitted_and_held_out(len(responses), groups, regression, n_components, n_splits,
                                 train_fraction, seed)
    correlations = []
    for fitted, held_out in splits:
        model = (_pls(n_components, features[fitted]) if regression == "pls"
                 else Ridge(alpha=ridge_alpha))
        model.fit(features[fitted], responses[fitted])
        predicted = model.predict(features[held_out]).reshape(len(held_out), -1)
        correlations.append(column_correlation(predicted, responses[held_out]))
    return np.array(correlations)


def summarise(r: np.ndarray, n_resamples: int, seed: int) -> Predictivity:
    """Mean over splits of the median over sites, with what it varies by.

    Parameters
    ----------
    r : numpy.ndarray, (n_splits, n_sites)
        From `neural_predictivity`. Like Brain-Score, medians pass over NaN; the log counts them.
    n_resamples, seed
        Bootstrap of the sites, the same in all splits.

    Returns
    -------
    Predictivity
        In the unit of r; no interval for a single site.

    Raises
    ------
    ValueError
        If a split has no correlation at all.
    """
    undefined = np.isnan(r)
    if undefined.all(axis=1).any():
        raise ValueError(f"{undefined.all(axis=1).sum()} of {len(r)} splits have no site with a "
                         "correlation, expected one in each: responses or predictions are constant")
    if undefined.any():
        logging.warning("predictivity: %d of %d correlations of a split and site are undefined, "
                        "for want of variation, and left out", undefined.sum(), r.size)
    medians = np.nanmedian(r, axis=1)
    low, high = _site_interval(r, n_resamples, seed) if r.shape[1] > 1 else (np.nan, np.nan)
    return Predictivity(float(medians.mean()), sample_sd(medians), float(low), float(high))


def fitted_and_held_out(
    n_stimuli: int, groups: np.ndarray | None, regression: str, n_components: int, n_splits: int,
    train_fraction: float, seed: int = 1,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Split stimuli for `neural_predictivity`, and refuse whatever needs no features to refuse.

    Parameters
    ----------
    n_stimuli : int
        To split.
    groups, regression, n_components, n_splits, train_fraction, seed
        As `neural_predictivity`.

    Returns
    -------
    list of (numpy.ndarray, numpy.ndarray)
        Rows that are fitted and rows that are held out, in each split.

    Raises
    ------
    ValueError
        If the regression is unknown, a category has one stimulus, fewer than 3 stimuli or one of
        each category lie on either side, or fewer stimuli than components are fitted.
    """
    if regression not in REGRESSIONS:
        raise ValueError(f"regression is {regression!r}, expected {' or '.join(REGRESSIONS)}")
    n_fitted = int(np.floor(train_fraction * n_stimuli))
    _check_sides(n_fitted, n_stimuli - n_fitted, groups, train_fraction)
    if regression == "pls" and n_fitted < n_components:
        raise ValueError(f"{n_fitted} stimuli are fitted by {n_components} PLS components, "
                         "expected at least as many: show more, or take fewer components")
    kind = ShuffleSplit if groups is None else StratifiedShuffleSplit
    split = kind(n_splits=n_splits, train_size=train_fraction, random_state=seed)
    return list(split.split(np.zeros(n_stimuli), groups))


def _check_sides(n_fitted: int, n_held_out: int, groups, train_fraction: float) -> None:
    names, sizes = np.unique(groups, return_counts=True) if groups is not None else ([], [])
    single = [name for name, size in zip(names, sizes, strict=True) if size < 2]
    if single:
        raise ValueError(f"{len(single)} categories have one stimulus ({first_names(single)}), "
                         "expected at least 2, one to fit and one to hold out; leave them out")
    least = max(MIN_HELD_OUT, len(names))
    if n_held_out < least or n_fitted < least:
        raise ValueError(f"{n_fitted + n_held_out} stimuli at train_fraction {train_fraction} hold "
                         f"out {n_held_out}, expected at least {least} on either side: "
                         f"{MIN_HELD_OUT}, and one of each of {len(names)} categories; change "
                         "train_fraction or show more")


def _pls(n_components: int, fitted: np.ndarray) -> PLSRegression:
    # DEVIATION: beyond the rank, components are rounding blown up, which Brain-Score keeps.
    rank = np.linalg.matrix_rank(fitted - fitted.mean(axis=0))
    return PLSRegression(n_components=min(n_components, max(rank, 1)), scale=False)


def _site_interval(r: np.ndarray, n_resamples: int, seed: int) -> np.ndarray:
    n_sites = r.shape[1]
    drawn = np.random.default_rng(seed).integers(n_sites, size=(n_resamples, n_sites))
    median = np.nanmedian if np.isnan(r).any() else np.median
    return interval(median(r[:, drawn], axis=-1).mean(axis=0))


def _checked_responses(responses: np.ndarray, n_stimuli: int) -> np.ndarray:
    responses = np.asarray(responses, dtype=np.float64)
    if responses.ndim != 2 or len(responses) != n_stimuli or not responses.size:
        raise ValueError(f"responses have shape {responses.shape}, expected ({n_stimuli}, n_sites) "
                         "as there are features: join the two by stimulus_id")
    n_bad = int((~np.isfinite(responses)).sum())
    if n_bad:
        raise ValueError(f"responses hold {n_bad} NaN or infinite values, expected none: average "
                         "over the repetitions that exist, drop sites that have none")
    return responses
