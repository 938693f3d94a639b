"""Where a presentation goes in stimulus x repetition x site."""

import numpy as np

SITE_COORDS = ("neuroid_id", "animal", "hemisphere", "array", "channel", "region")


def count_repeats(row: np.ndarray, order: np.ndarray) -> np.ndarray:
    """How often each entry's value occurred before it.

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
    repeats = np.empty(len(row), dtype=np.int64)
    repeats[sorting] = np.arange(len(row)) - starts
    return repeats


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


def stack_repetitions(
    rates: list[np.ndarray],
    rows: list[np.ndarray],
    columns: list[np.ndarray],
    orders: list[np.ndarray],
    n_stimuli: int,
    n_neuroids: int,
) -> np.ndarray:
    """Stack the presentations of several sessions into one array.

    A site's repetitions of a stimulus are numbered on from session to session. Sessions of other
    sites start at 0 again, so that arrays recorded on other days do not fill each other with NaN.

    Parameters
    ----------
    rates : list of numpy.ndarray, (n_presentations, n_session_neuroids) each
        One array per session, Hz.
    rows : list of numpy.ndarray, (n_presentations,) each
        Stimulus row of each presentation.
    columns : list of numpy.ndarray, (n_session_neuroids,) each
        Column of each of the session's sites.
    orders : list of numpy.ndarray, (n_presentations,) each
        Order of presentations of one stimulus within the session.
    n_stimuli, n_neuroids : int
        Size of the result.

    Returns
    -------
    numpy.ndarray, (n_stimuli, n_repetitions, n_neuroids), float32
        NaN where a site has fewer repetitions than the one with most.
    """
    n_before = np.zeros((n_stimuli, n_neuroids), dtype=np.int64)
    slots = []
    for row, column, order in zip(rows, columns, orders, strict=True):
        slots.append(n_before[row[:, None], column] + count_repeats(row, order)[:, None])
        n_before[:, column] += np.bincount(row, minlength=n_stimuli)[:, None]
    stacked = np.full((n_stimuli, n_before.max(), n_neuroids), np.nan, dtype=np.float32)
    for values, row, slot, column in zip(rates, rows, slots, columns, strict=True):
        stacked[row[:, None], slot, column] = values
    return stacked
