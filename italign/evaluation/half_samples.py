"""Intervals from random halves of stimuli or sites, in which nothing is repeated.

An ordinary bootstrap shows some stimuli twice. Such pairs have no noise between them, which lifts
every resample of an unbiased CKA and of RSA above the value itself. A half drawn without
replacement repeats nothing. The mean of m of n values drawn so has the variance

    (1 - m / n) s^2 / m,    which for m = n / 2 is s^2 / n,

the variance of the mean of all n; and so, to first order, for every smooth statistic (the delete-d
jackknife with d = n / 2: Shao and Wu 1989; half-samples: McCarthy 1969). Statistics of halves are
shifted, because they have fewer items, so only their spread about their own mean is used.
"""

import numpy as np

from italign.evaluation.intervals import about


def half_samples(n_items: int, n_resamples: int, seed: int) -> np.ndarray:
    """Draw random halves of items without replacement.

    Parameters
    ----------
    n_items : int
        Stimuli or sites, at least 2.
    n_resamples : int
        Halves to draw, at least 2.
    seed : int
        Of a private generator.

    Returns
    -------
    numpy.ndarray, bool (n_resamples, n_items)
        ``n_items // 2`` True in every row.

    Raises
    ------
    ValueError
        If there are fewer than 2 items or resamples.
    """
    if n_items < 2 or n_resamples < 2:
        raise ValueError(f"{n_resamples} halves of {n_items} items, expected at least 2 of each: "
                         "raise n_resamples, or record more")
    first = np.arange(n_items) < n_items // 2
    return np.random.default_rng(seed).permuted(np.tile(first, (n_resamples, 1)), axis=1)


def half_sample_interval(value, halves: np.ndarray, n_items: int) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a statistic from its values in random halves.

    Parameters
    ----------
    value : float or numpy.ndarray, (...)
        Of all items.
    halves : numpy.ndarray, (..., n_resamples)
        Of the halves from `half_samples`.
    n_items : int
        As there. Of an odd number, the smaller spread of the larger half is allowed for.

    Returns
    -------
    low, high : numpy.ndarray, (...)
        ``value`` + 2.5 % and 97.5 % quantiles of the halves about their mean; NaN where the
        statistic is undefined in some half.
    """
    n_kept = n_items // 2
    return about(value, np.sqrt(n_kept / (n_items - n_kept)) * halves)
