"""95 % intervals from resamples of a statistic."""

import numpy as np

LEVEL = 0.95
QUANTILES = (1 - LEVEL) / 2, (1 + LEVEL) / 2


def interval(resamples: np.ndarray) -> np.ndarray:
    """Central 95 % of resampled values.

    Parameters
    ----------
    resamples : numpy.ndarray, (n_resamples,)
        NaN where a resample has no value (no spread): left out.

    Returns
    -------
    numpy.ndarray, (2,)
        Low, high; NaN if no resample has a value.
    """
    valid = resamples[~np.isnan(resamples)]
    return np.quantile(valid, QUANTILES) if len(valid) else np.full(2, np.nan)


def about(value, resamples: np.ndarray, least: float = -np.inf, most: float = np.inf,
          ) -> tuple[np.ndarray, np.ndarray]:
    """A value with the spread that resamples have about their own mean.

    For resamples that are shifted from the value, because they have fewer items or repeat some.

    Parameters
    ----------
    value : float or numpy.ndarray, (...)
        Of the sample itself.
    resamples : numpy.ndarray, (..., n_resamples)
        Of the same statistic, at least one.
    least, most : float
        Range of the statistic, to which the interval is cut.

    Returns
    -------
    low, high : numpy.ndarray, (...)
        ``value`` + 2.5 % and 97.5 % quantiles of the resamples about their mean; NaN where a
        resample is NaN.
    """
    spread = resamples - resamples.mean(-1, keepdims=True)
    low, high = np.quantile(spread, QUANTILES, axis=-1)
    return np.maximum(value + low, least), np.minimum(value + high, most)
