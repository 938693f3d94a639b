"""How good a recording site is: reliability, signal to noise, visual drive, Fano factor."""

from collections.abc import Iterator

import numpy as np

from italign.assemblies.halves import extension_factor, half_averages, spearman_brown
from italign.assemblies.rounding import above_rounding
from italign.recordings.quality import column_correlation

N_BOOTSTRAP = 1000  # resamples behind an interval


def split_half_reliability(responses: np.ndarray, n_splits: int, seed: int) -> np.ndarray:
    """Reliability over stimuli of each site's average response.

    Per split, the Pearson correlation over stimuli of two random halves of the repetitions, equal
    in size; the mean over splits is extended to all repetitions by `spearman_brown`.

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
    half = sum(_split_correlations(responses, n_splits, seed)) / n_splits
    return spearman_brown(half, _extension(responses))


def reliability_interval(
    responses: np.ndarray, n_splits: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Bootstrap over stimuli the 95 % percentile interval of `split_half_reliability`.

    A resample keeps the halves of its stimuli, so that with the same seed the intervals lie
    around the estimates of `split_half_reliability`.

    Parameters
    ----------
    responses, n_splits, seed
        As `split_half_reliability`.

    Returns
    -------
    tuple of numpy.ndarray, (n_neuroids,) each
        Bounds at 2.5 and 97.5 %, in [-1, 1].

    Raises
    ------
    ValueError
        If a site has fewer than two repetitions of a stimulus.
    """
    n_stimuli = len(responses)
    # A stream of its own, apart from that of the halves.
    times_drawn = np.random.default_rng([seed, 1]).multinomial(
        n_stimuli, np.full(n_stimuli, 1 / n_stimuli), size=N_BOOTSTRAP
    ).astype(np.float64)
    total = sum(_split_correlations(responses, n_splits, seed, times_drawn))
    resampled = spearman_brown(total / n_splits, _extension(responses))
    low, high = np.quantile(resampled, [0.025, 0.975], axis=0)
    return low, high


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
    return signal / above_rounding(noise)


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
    return difference / above_rounding(spread)


def fano_factor(responses_hz: np.ndarray, window_ms: float) -> np.ndarray:
    """Variance over mean of spike counts across repetitions, median over stimuli.

    Parameters
    ----------
    responses_hz : numpy.ndarray, (n_stimuli, n_repetitions, n_neuroids)
        Rates in a window, NaN where a repetition is missing; at least two repetitions each.
    window_ms : float
        Length of the window, by which rates become counts.

    Returns
    -------
    numpy.ndarray, (n_neuroids,)
        0 or more; 1 for a Poisson process, of which few repetitions show less: the median of so
        skewed an estimate lies below its mean (by 9 % with 8 repetitions, 5 % with 16). Stimuli
        without a single count are left out; NaN where that is all of them.
    """
    counts = responses_hz * np.float64(window_ms / 1e3)
    mean, variance = np.nanmean(counts, axis=1), np.nanvar(counts, axis=1, ddof=1)
    ratio = variance / above_rounding(mean)
    silent = np.isnan(ratio).all(axis=0)
    median = np.full(ratio.shape[1], np.nan)
    median[~silent] = np.nanmedian(ratio[:, ~silent], axis=0)
    return median


def _extension(responses: np.ndarray) -> np.ndarray:
    return extension_factor(np.isfinite(responses).sum(axis=1))


def _split_correlations(responses, n_splits, seed, weights=None) -> Iterator[np.ndarray]:
    """Correlations over stimuli of each split's halves; 0 where a half does not vary."""
    for first, second in half_averages(responses, n_splits, seed):
        yield np.nan_to_num(column_correlation(first, second, weights))
