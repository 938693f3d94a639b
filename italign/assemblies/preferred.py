"""Mean response over time around image onset: to all stimuli, and to those a site prefers.

A selective site responds to few stimuli, and its response drowns in the mean over all. Stimuli
chosen for their large response show one by chance. So presentations are divided into halves by the
parity of their repetition: the stimuli chosen in one half show their response in the other.

Counts are pooled over sessions into sums per site, half and stimulus, as from `pool_counts`.
"""

from collections.abc import Iterable

import numpy as np
from scipy.sparse import csr_array

from italign.assemblies.layout import Placement, repetition_slots

# ASSUME: a quarter is enough to average over, and few enough for sites that prefer one of several
# objects.
PREFERRED_SHARE = 1 / 4


def pool_counts(
    counts: Iterable[np.ndarray], placement: Placement
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Add up the counts of all sessions.

    Parameters
    ----------
    counts : iterable of numpy.ndarray, (n_presentations, n_session_neuroids, n_bins) each
        Crossings per bin, one array per session; only one is kept at a time.
    placement : Placement
        Of the same sessions.

    Returns
    -------
    total : numpy.ndarray, (n_neuroids, 2, n_stimuli, n_bins)
        Sums of counts over repetitions 0, 2, 4, ... and over 1, 3, 5, ...
    square : numpy.ndarray, (n_neuroids, n_stimuli, n_bins)
        Sums of squared counts over all repetitions.
    n_presentations : numpy.ndarray, (n_neuroids, 2, n_stimuli)
        Behind `total`.
    """
    n_neuroids, n_stimuli = placement.n_neuroids, placement.n_stimuli
    total = square = None
    n_presentations = np.zeros((n_neuroids, 2, n_stimuli))
    slots = repetition_slots(placement)
    for values, row, slot, column in zip(counts, placement.rows, slots, placement.columns,
                                         strict=True):
        if total is None:  # float32 is exact to 2^24 counts, in half of the memory
            total = np.zeros((n_neuroids, 2, n_stimuli, values.shape[2]), np.float32)
            square = np.zeros((n_neuroids, n_stimuli, values.shape[2]), np.float32)
        for place, site in enumerate(column):
            of_site, half = values[:, place].astype(np.float64), slot[:, place] % 2
            sums = _sum_by(half * n_stimuli + row, of_site, 2 * n_stimuli)
            total[site] += sums.reshape(total[site].shape)
            square[site] += _sum_by(row, of_site**2, n_stimuli)
            np.add.at(n_presentations[site], (half, row), 1)
    return total, square, n_presentations


def mean_psth(total: np.ndarray, n_presentations: np.ndarray, bin_ms: np.ndarray) -> np.ndarray:
    """Average rate per bin over all presentations.

    Parameters
    ----------
    total, n_presentations
        As from `pool_counts`.
    bin_ms : numpy.ndarray, (n_bins,)
        Lengths of the bins.

    Returns
    -------
    numpy.ndarray, (n_neuroids, n_bins)
        Hz, 0 or more.
    """
    pooled = total.sum(axis=(1, 2), dtype=np.float64)
    return pooled / n_presentations.sum(axis=(1, 2))[:, None] * 1e3 / bin_ms


def preferred_stimuli(rates_hz: np.ndarray) -> np.ndarray:
    """Stimuli that drive a site most in the other half of the repetitions.

    Parameters
    ----------
    rates_hz : numpy.ndarray, (n_stimuli, n_repetitions, n_neuroids)
        Rates in the response window, NaN where a repetition is missing; at least two of each.

    Returns
    -------
    numpy.ndarray, bool (n_neuroids, 2, n_stimuli)
        Of each half (repetitions 0, 2, 4, ... and 1, 3, 5, ...), the stimuli whose response to show
        there: a share of `PREFERRED_SHARE`, at least one.
    """
    n_stimuli = len(rates_hz)
    mean_hz = np.stack([np.nanmean(rates_hz[:, other::2], axis=1, dtype=np.float64)
                        for other in (1, 0)])
    order = np.argsort(-mean_hz, axis=1, kind="stable")
    preferred = np.zeros(mean_hz.shape, bool)
    np.put_along_axis(preferred, order[:, :max(1, int(n_stimuli * PREFERRED_SHARE))], True, axis=1)
    return np.moveaxis(preferred, 2, 0)


def preferred_psth(
    total: np.ndarray, square: np.ndarray, n_presentations: np.ndarray, preferred: np.ndarray,
    bin_ms: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Average rate per bin over presentations of the preferred stimuli, and its standard error.

    Parameters
    ----------
    total, square, n_presentations
        As from `pool_counts`; at least one presentation in each half.
    preferred : numpy.ndarray, bool (n_neuroids, 2, n_stimuli)
        As from `preferred_stimuli`.
    bin_ms : numpy.ndarray, (n_bins,)
        Lengths of the bins.

    Returns
    -------
    psth_hz, psth_se_hz : numpy.ndarray, (n_neuroids, n_bins)
        Mean of both halves; 0 or more. The error is that over repetitions: how stimuli differ is no
        noise. ASSUME: counts vary no less than those of a Poisson process, because few repetitions
        can agree by chance.
    """
    sites = zip(total, square, n_presentations, preferred.astype(np.float64), strict=True)
    psth, psth_se = np.swapaxes([_preferred_mean(*site) for site in sites], 0, 1)
    return psth * 1e3 / bin_ms, psth_se * 1e3 / bin_ms


def _preferred_mean(total, square, n_presentations, chosen) -> tuple[np.ndarray, np.ndarray]:
    """One site's mean count over both halves and its standard error, (n_bins,) each."""
    total, n_half = total.astype(np.float64), (chosen * n_presentations).sum(axis=1)[:, None]
    mean = np.einsum("hs,hsb->hb", chosen, total) / n_half
    n_both = n_presentations.sum(axis=0)
    # Deviations are from the mean of both halves, of which one may have a single repetition.
    within = square - total.sum(axis=0) ** 2 / n_both[:, None]
    variance = chosen @ within / (chosen @ (n_both - 1))[:, None]
    square_se = (np.maximum(variance, mean) / n_half).sum(axis=0) / 4
    return mean.mean(axis=0), np.sqrt(square_se)


def _sum_by(group: np.ndarray, values: np.ndarray, n_groups: int) -> np.ndarray:
    """Sums of rows by group, (n_groups, n_columns)."""
    membership = (np.ones(len(group)), (group, np.arange(len(group))))
    return csr_array(membership, shape=(n_groups, len(group))) @ values
