"""How good a recording site is: reliability, signal to noise, visual drive."""

import numpy as np

from italign.assemblies.halves import half_averages


def split_half_reliability(responses: np.ndarray, n_splits: int, seed: int) -> np.ndarray:
    """Reliability over stimuli of each site's average response.

    Per split, the Pearson correlation over stimuli of two random halves of the repetitions; the
    mean r over splits is extended to all repetitions by Spearman-Brown, 2 r / (1 + |r|) (the
    absolute value keeps negative r within [-1, 0]).

    Parameters
    ----------
    responses : numpy.ndarray, (n_stimuli, n_repetitions, n_neuroids)
        NaN where a repetition is missing; at least two repetitions of each stimulus.
    n_splits : int
        Random splits.
    seed : int
        Of the splits.

    Returns
    -------
    numpy.ndarray, (n_neuroids,)
        In [-1, 1]; higher is more reliable. A half that is the same for all stimuli counts 0.

    Raises
    ------
    ValueError
        If a site has fewer than two repetitions of a stimulus.

    Notes
    -----
    Site selection by reliability as for the training animals (Majaj, Hong et al. 2015: above 0.7
    over about 50 repetitions).
    """
    correlations = [_column_pearson(*halves) for halves in half_averages(responses, n_splits, seed)]
    mean = np.mean(correlations, axis=0)
    return 2 * mean / (1 + np.abs(mean))


def signal_to_noise(responses: np.ndarray) -> np.ndarray:
    """SD over stimuli of the average response over the mean SD of repetitions.

    Parameters
    ----------
    responses : numpy.ndarray, (n_stimuli, n_repetitions, n_neuroids)
        NaN where a repetition is missing; at least two repetitions of each stimulus.

    Returns
    -------
    numpy.ndarray, (n_neuroids,)
        0 or more, higher is better; NaN for a site without any trial-to-trial variability.
    """
    signal = np.nanmean(responses, axis=1, dtype=np.float64).std(axis=0)
    noise = np.nanstd(responses, axis=1, ddof=1, dtype=np.float64).mean(axis=0)
    return _ratio(signal, noise)


def visual_drive_dprime(driven: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Sensitivity d' of a site to any image at all.

    d' = (mean driven - mean baseline) / sqrt((var driven + var baseline) / 2), over all
    presentations of all stimuli.

    Parameters
    ----------
    driven, baseline : numpy.ndarray, (n_stimuli, n_repetitions, n_neuroids)
        Rates in the response window and before it, NaN where a repetition is missing.

    Returns
    -------
    numpy.ndarray, (n_neuroids,)
        Higher is more driven, negative is suppressed; NaN for a site that never varies.
    """
    pooled = {"axis": (0, 1), "dtype": np.float64}
    difference = np.nanmean(driven, **pooled) - np.nanmean(baseline, **pooled)
    spread = np.sqrt((np.nanvar(driven, **pooled) + np.nanvar(baseline, **pooled)) / 2)
    return _ratio(difference, spread)


def _column_pearson(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    first, second = first - first.mean(axis=0), second - second.mean(axis=0)
    spread = np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    return np.nan_to_num(_ratio((first * second).sum(axis=0), spread))


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    undefined = np.full_like(numerator, np.nan)
    # Rates are Hz: a spread below 1e-9 is the rounding of equal numbers.
    return np.divide(numerator, denominator, out=undefined, where=denominator > 1e-9)
