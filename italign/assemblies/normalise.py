"""Per-session normalisation: removes a site's gain and offset, which differ between days."""

import numpy as np

from italign.assemblies.layout import Placement
from italign.assemblies.rounding import above_rounding

MIN_SHARED = 2  # stimuli: one has no spread


def zscore_sessions(
    rates_hz: list[np.ndarray], placement: Placement, source: str
) -> list[np.ndarray]:
    """Standardise every site in each session by the stimuli that all of its sessions show.

    z = (rate - mean) / SD, mean and SD over the session's presentations of those stimuli, each
    stimulus with the same weight however often it was shown. Other stimuli would differ between
    sessions: their mean and spread are signal, not gain. The public responses of Majaj, Hong et al.
    (2015) are normalised per session as well, so that days of different gain can be pooled.

    Parameters
    ----------
    rates_hz : list of numpy.ndarray, (n_presentations, n_session_neuroids) each
        One array per session.
    placement : Placement
        Of the same sessions.
    source : str
        Named in the message.

    Returns
    -------
    list of numpy.ndarray, (n_presentations, n_session_neuroids) each
        float64 without unit; over the shared stimuli, mean 0 and SD 1 (``ddof=0``) per column. A
        site that never varies there in a session is 0 in all of it: it tells nothing about the
        stimuli, and the reliability over stimuli says so.

    Raises
    ------
    ValueError
        If the sessions of a site share fewer than `MIN_SHARED` stimuli.
    """
    shared = _shared_stimuli(placement)
    n_shared = shared.sum(axis=0)
    n_short = int((n_shared < MIN_SHARED).sum())
    if n_short:
        raise ValueError(f"{source}: the sessions of {n_short} of {len(n_shared)} sites share "
                         f"{n_shared.min()} stimuli, expected at least {MIN_SHARED} to standardise "
                         "sessions by: show common stimuli or set assemblies.session_normalisation "
                         "to none")
    return [
        _zscore(rate_hz.astype(np.float64), shared[:, column][row] / np.bincount(row)[row, None])
        for rate_hz, row, column in zip(rates_hz, placement.rows, placement.columns, strict=True)
    ]


def _shared_stimuli(placement: Placement) -> np.ndarray:
    """Stimuli shown in all sessions that recorded the site, bool (n_stimuli, n_neuroids)."""
    shared = np.ones((placement.n_stimuli, placement.n_neuroids), bool)
    for row, column in zip(placement.rows, placement.columns, strict=True):
        shared[:, column] &= (np.bincount(row, minlength=placement.n_stimuli) > 0)[:, None]
    return shared


def _zscore(rate_hz: np.ndarray, weight: np.ndarray) -> np.ndarray:
    weight = weight / weight.sum(axis=0)
    mean = (weight * rate_hz).sum(axis=0)
    sd = np.sqrt((weight * (rate_hz - mean) ** 2).sum(axis=0))
    return (rate_hz - mean) / above_rounding(sd, np.inf)
