"""Where a presentation goes in stimulus x repetition x site."""

from dataclasses import dataclass

import numpy as np

SITE_COORDS = ("neuroid_id", "animal", "hemisphere", "array", "channel", "region")


@dataclass(frozen=True)
class Placement:
    """Where the presentations and sites of several sessions go in one array.

    Attributes
    ----------
    rows : list of numpy.ndarray, int (n_presentations,) each
        Stimulus of each presentation, in [0, n_stimuli); one array per session.
    columns : list of numpy.ndarray, int (n_session_neuroids,) each
        Place of each of the session's sites, in [0, n_neuroids), each once.
    orders : list of numpy.ndarray, (n_presentations,) each
        Order of presentations of one stimulus within the session.
    n_stimuli, n_neuroids : int
        Of all sessions together.
    """

    rows: list[np.ndarray]
    columns: list[np.ndarray]
    orders: list[np.ndarray]
    n_stimuli: int
    n_neuroids: int


def rank_repetitions(row: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Number the repetitions of each stimulus by their order.

    Parameters
    ----------
    row : numpy.ndarray, (n_presentations,)
        Stimulus row of each presentation.
    order : numpy.ndarray, (n_presentations,)
        Sort key within a stimulus, e.g. the repetition counted by the session.

    Returns
    -------
    numpy.ndarray, (n_presentations,)
        0 for the first presentation of a stimulus, 1 for the second, without gaps.
    """
    sorting = np.lexsort((order, row))
    values = row[sorting]
    starts = np.searchsorted(values, values)
    repetition = np.empty(len(row), dtype=np.int64)
    repetition[sorting] = np.arange(len(row)) - starts
    return repetition


def join_labels(labels: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Give all labels one order, and each session's labels their places in it.

    Parameters
    ----------
    labels : list of numpy.ndarray, str (n_entries,) each
        Stimulus of each presentation, or name of each site; one array per session.

    Returns
    -------
    joined : numpy.ndarray, str (n_labels,)
        Sorted, each once.
    places : list of numpy.ndarray, int (n_entries,) each
        Index into `joined`.
    """
    joined = np.unique(np.concatenate(labels))
    return joined, [np.searchsorted(joined, session) for session in labels]


def repetition_slots(placement: Placement) -> list[np.ndarray]:
    """Number each site's repetitions of a stimulus on from session to session.

    Sessions of other sites start at 0 again, so that arrays recorded on other days do not fill each
    other's repetitions with NaN.

    Parameters
    ----------
    placement : Placement
        Of all sessions.

    Returns
    -------
    list of numpy.ndarray, int (n_presentations, n_session_neuroids) each
        0 for the first presentation of a stimulus to a site, 1 for the second, without gaps.
    """
    n_before = np.zeros((placement.n_stimuli, placement.n_neuroids), dtype=np.int64)
    slots = []
    for row, column, order in zip(placement.rows, placement.columns, placement.orders,
                                  strict=True):
        slots.append(n_before[row[:, None], column] + rank_repetitions(row, order)[:, None])
        n_before[:, column] += np.bincount(row, minlength=placement.n_stimuli)[:, None]
    return slots


def count_repetitions(placement: Placement) -> np.ndarray:
    """Presentations of each stimulus to each site, in all sessions together.

    Parameters
    ----------
    placement : Placement
        Of all sessions.

    Returns
    -------
    numpy.ndarray, int (n_stimuli, n_neuroids)
        0 or more.
    """
    n_repetitions = np.zeros((placement.n_stimuli, placement.n_neuroids), dtype=np.int64)
    for row, column in zip(placement.rows, placement.columns, strict=True):
        n_repetitions[:, column] += np.bincount(row, minlength=placement.n_stimuli)[:, None]
    return n_repetitions


def stack_repetitions(rates: list[np.ndarray], placement: Placement) -> np.ndarray:
    """Stack the presentations of several sessions into one array.

    Parameters
    ----------
    rates : list of numpy.ndarray, (n_presentations, n_session_neuroids) each
        One array per session, Hz.
    placement : Placement
        Of the same sessions.

    Returns
    -------
    numpy.ndarray, (n_stimuli, n_repetitions, n_neuroids), float32
        In the order of `repetition_slots`; NaN where a site has fewer repetitions than the one with
        most.
    """
    shape = placement.n_stimuli, count_repetitions(placement).max(), placement.n_neuroids
    stacked = np.full(shape, np.nan, dtype=np.float32)
    for values, row, slot, column in zip(rates, placement.rows, repetition_slots(placement),
                                         placement.columns, strict=True):
        stacked[row[:, None], slot, column] = values
    return stacked
