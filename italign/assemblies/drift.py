"""How much a site changes within a session and from one session to the next."""

import numpy as np
import pandas as pd

from italign.assemblies.rounding import above_rounding

COLUMNS = ("site", "session_index", "mean_rate_hz", "baseline_hz", "change_percent",
           "slope_percent_per_hour", "slope_se", "tuning_correlation")
MIN_STIMULI = 3  # two points always lie on a line


def session_drift(
    rates_hz: list[np.ndarray],
    baselines_hz: list[np.ndarray],
    rows: list[np.ndarray],
    onset_s: list[np.ndarray],
    columns: list[np.ndarray],
    n_stimuli: int,
    n_neuroids: int,
) -> pd.DataFrame:
    """Rates, their trend within each session, and how sessions agree, for every site.

    Parameters
    ----------
    rates_hz, baselines_hz : list of numpy.ndarray, (n_presentations, n_session_neuroids) each
        Rates in the response and in the baseline window; one array per session. The first session
        below is the first of this list: in the pipeline, the first in the session sheet, which
        need not be the earliest.
    rows : list of numpy.ndarray, (n_presentations,) each
        Stimulus index in [0, n_stimuli) of each presentation.
    onset_s : list of numpy.ndarray, (n_presentations,) each
        Onset of each presentation in its session's clock.
    columns : list of numpy.ndarray, (n_session_neuroids,) each
        Site index in [0, n_neuroids) of each column, each index once.
    n_stimuli, n_neuroids : int
        Number of stimuli and sites of all sessions together.

    Returns
    -------
    pandas.DataFrame
        One row per session and site, NaN where a number cannot be had:

        - site, session_index: int, from 0.
        - mean_rate_hz, baseline_hz: mean over presentations, >= 0.
        - change_percent: change of the rate against the first session with this site, over the
          stimuli that both show (each counted once), so that other stimuli are no drift; 0 for the
          first. Above 0 the rate grew.
        - slope_percent_per_hour: linear trend of the rate in % of mean_rate_hz per hour, with a
          mean of its own for every stimulus; NaN if no stimulus is shown twice.
        - slope_se: its standard error, presentations taken as independent.
        - tuning_correlation: Pearson over stimuli of the session's mean responses with the average
          of the other sessions, in [-1, 1]; NaN with one session or fewer than three stimuli.
    """
    tuning = np.full((len(rates_hz), n_stimuli, n_neuroids), np.nan)
    for session, (rate_hz, row, column) in enumerate(zip(rates_hz, rows, columns, strict=True)):
        tuning[session][:, column] = _stimulus_means(rate_hz, row, n_stimuli)
    parts = []
    for session, column in enumerate(columns):
        own = tuning[session][:, column]
        mean_hz = rates_hz[session].mean(axis=0, dtype=np.float64)
        slope, slope_se = within_session_slope(rates_hz[session], rows[session], onset_s[session])
        to_percent_per_hour = 100 * 3600 / above_rounding(mean_hz)
        parts.append(pd.DataFrame({
            "site": column,
            "session_index": session,
            "mean_rate_hz": mean_hz,
            "baseline_hz": baselines_hz[session].mean(axis=0, dtype=np.float64),
            "change_percent": _change_percent(own, _first_tuning(tuning[:, :, column])),
            "slope_percent_per_hour": slope * to_percent_per_hour,
            "slope_se": slope_se * to_percent_per_hour,
            "tuning_correlation": _correlation(own, _others(tuning[:, :, column], session)),
        }))
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def within_session_slope(
    rate_hz: np.ndarray, row: np.ndarray, onset_s: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Least-squares slope over time with an intercept of its own for every stimulus.

    Subtracting each stimulus' mean from rates and times gives the same slope as a regression on
    time and one indicator per stimulus (Frisch-Waugh-Lovell).

    Parameters
    ----------
    rate_hz : numpy.ndarray, (n_presentations, n_neuroids)
        Rates.
    row : numpy.ndarray, (n_presentations,)
        Stimulus of each presentation.
    onset_s : numpy.ndarray, (n_presentations,)
        Time of each presentation.

    Returns
    -------
    slope, slope_se : numpy.ndarray, (n_neuroids,)
        Hz per second, and its standard error; NaN where too few repetitions determine them.
    """
    _, row = np.unique(row, return_inverse=True)
    n_stimuli = row.max() + 1
    within_hz = rate_hz - _stimulus_means(rate_hz, row, n_stimuli)[row]
    within_s = (onset_s[:, None] - _stimulus_means(onset_s[:, None], row, n_stimuli)[row])[:, 0]
    spread, n_free = np.sum(within_s**2), len(row) - n_stimuli - 1
    if spread == 0:
        return np.full((2, rate_hz.shape[1]), np.nan)
    slope = within_s @ within_hz / spread
    residual = within_hz - within_s[:, None] * slope
    variance = np.sum(residual**2, axis=0) / n_free if n_free > 0 else np.full_like(slope, np.nan)
    return slope, np.sqrt(variance / spread)


def _stimulus_means(values: np.ndarray, row: np.ndarray, n_stimuli: int) -> np.ndarray:
    """Mean per stimulus (n_stimuli, n_columns), NaN where a stimulus was not shown."""
    order = np.argsort(row, kind="stable")
    shown, first, count = np.unique(row[order], return_index=True, return_counts=True)
    means = np.full((n_stimuli, values.shape[1]), np.nan)
    means[shown] = np.add.reduceat(values[order].astype(np.float64), first) / count[:, None]
    return means


def _first_tuning(tuning: np.ndarray) -> np.ndarray:
    """Of each site, the tuning in the first session that recorded it."""
    first = np.isfinite(tuning).any(axis=1).argmax(axis=0)
    return tuning[first, :, np.arange(tuning.shape[2])].T


def _others(tuning: np.ndarray, session: int) -> np.ndarray:
    """Average tuning over all sessions but one."""
    others = np.delete(tuning, session, axis=0)
    shown = np.isfinite(others).sum(axis=0)
    return np.nansum(others, axis=0) / np.where(shown, shown, np.nan)


def _change_percent(tuning: np.ndarray, reference: np.ndarray) -> np.ndarray:
    shared = np.isfinite(tuning) & np.isfinite(reference)
    sums = [np.where(shared, values, 0).sum(axis=0) for values in (tuning, reference)]
    return 100 * (sums[0] / above_rounding(sums[1]) - 1)


def _correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    shared = np.isfinite(first) & np.isfinite(second)
    n_shared = shared.sum(axis=0)
    first, second = (
        np.where(shared, values - np.where(shared, values, 0).sum(axis=0) / np.maximum(n_shared, 1),
                 0)
        for values in (first, second)
    )
    spread = np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    enough = np.where(n_shared >= MIN_STIMULI, spread, 0)
    return (first * second).sum(axis=0) / above_rounding(enough)
