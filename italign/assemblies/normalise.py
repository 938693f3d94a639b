"""Per-session normalisation: removes a site's gain and offset, which differ between days."""

import warnings

import numpy as np

from italign.assemblies.rounding import above_rounding


def zscore_sessions(rates_hz: list[np.ndarray]) -> list[np.ndarray]:
    """Standardise every site over the presentations of each session.

    z = (rate - mean) / SD, mean and SD over the session's presentations of the site. The public
    responses of Majaj, Hong et al. (2015) are normalised per session as well, so that days of
    different gain can be pooled.

    Parameters
    ----------
    rates_hz : list of numpy.ndarray, (n_presentations, n_neuroids) each
        One array per session, NaN where a presentation is missing.

    Returns
    -------
    list of numpy.ndarray, (n_presentations, n_neuroids) each
        float64 without unit, mean 0 and SD 1 (``ddof=0``) per column; NaN stays NaN. A site that
        never varies in a session is 0 there: it tells nothing about the stimuli, and the
        reliability over stimuli says so.
    """
    return [_zscore(np.asarray(rate_hz, np.float64)) for rate_hz in rates_hz]


def _zscore(rate_hz: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():  # a site without any presentation has no mean: NaN is right
        warnings.filterwarnings("ignore", "Mean of empty slice|Degrees of freedom <= 0")
        mean, sd = np.nanmean(rate_hz, axis=0), np.nanstd(rate_hz, axis=0)
    return (rate_hz - mean) / above_rounding(sd, np.inf)
