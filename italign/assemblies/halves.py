"""Averages over random halves of the repetitions: what reliability and ceilings are made of."""

from collections.abc import Iterator

import numpy as np

from italign.messages import first_names


def half_averages(
    responses: np.ndarray, n_splits: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pairs of averages over two random halves of each stimulus' repetitions.

    Every stimulus draws its own halves, of equal size: an odd repetition is left out, another one
    in every split. Repetitions of a stimulus keep their half across sites, except where sites miss
    different ones: each site's own repetitions are dealt out in turn.

    Parameters
    ----------
    responses : numpy.ndarray, (n_stimuli, n_repetitions, n_neuroids)
        NaN where a repetition is missing.
    n_splits : int
        Pairs to yield.
    seed : int
        Of a private generator.

    Yields
    ------
    tuple of numpy.ndarray, (n_stimuli, n_neuroids) each
        In the unit of `responses`.

    Raises
    ------
    ValueError
        If a site has fewer than two repetitions of a stimulus.
    """
    for first, second, _ in drawn_averages(responses, n_splits, seed):
        yield first, second


def drawn_averages(
    responses: np.ndarray, n_splits: int, seed: int, n_drawn: int | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield averages over two halves of randomly drawn repetitions, and over both together.

    Parameters
    ----------
    responses, n_splits, seed
        As `half_averages`, whose halves these are if all repetitions are drawn.
    n_drawn : int, optional
        Repetitions of each stimulus, drawn anew per split and without replacement; all if None.

    Yields
    ------
    tuple of numpy.ndarray, (n_stimuli, n_neuroids) each
        First half, second half, all that were drawn (an odd one among them); in the unit of
        `responses`.

    Raises
    ------
    ValueError
        If a site has fewer than two, or than `n_drawn`, repetitions of a stimulus.
    """
    require_repetitions(responses)
    present = np.isfinite(responses)
    fewest, most = present.sum(axis=1).min(), present.shape[1]
    if n_drawn is not None and not 2 <= n_drawn <= fewest:
        raise ValueError(f"{n_drawn} repetitions are to be drawn, expected 2 to {fewest}: the "
                         "number that every site has of every stimulus")
    rng = np.random.default_rng(seed)
    filled = np.where(present, responses, 0).astype(np.float64)
    if (present == present[:, :, :1]).all():
        present = present[:, :, :1]  # sites recorded together: draw once for all
    for _ in range(n_splits):
        chosen = _draw_halves(present, n_drawn or most, rng)
        yield tuple(_mean_over(repetitions, filled) for repetitions in chosen)


def require_repetitions(responses: np.ndarray, stimulus_ids: list[str] | None = None) -> None:
    """Refuse responses that cannot be halved.

    Parameters
    ----------
    responses : numpy.ndarray, (n_stimuli, n_repetitions, n_neuroids)
        NaN where a repetition is missing.
    stimulus_ids : list of str, optional
        Names for the message; row numbers otherwise.

    Raises
    ------
    ValueError
        If the array has other dimensions, or a site has fewer than two repetitions of a stimulus.
    """
    if np.ndim(responses) != 3:
        raise ValueError(f"responses have shape {np.shape(responses)}, expected "
                         "(n_stimuli, n_repetitions, n_neuroids)")
    fewest = np.isfinite(responses).sum(axis=1).min(axis=1)
    short = np.flatnonzero(fewest < 2)
    if short.size:
        names = short if stimulus_ids is None else np.asarray(stimulus_ids)[short]
        raise ValueError(f"{short.size} of {len(fewest)} stimuli have fewer than 2 repetitions at "
                         f"some site ({first_names(names)}), expected at least 2 to split them "
                         "into halves: record more, or drop these stimuli or sites")


def extension_factor(n_repetitions: np.ndarray) -> np.ndarray:
    """How many times a half's repetitions all of them are, averaged over stimuli.

    Parameters
    ----------
    n_repetitions : numpy.ndarray, int (n_stimuli, ...)
        Repetitions of each stimulus, 2 or more, of which each half has ``n_repetitions // 2``.

    Returns
    -------
    numpy.ndarray, (...)
        2 where all numbers are even, up to 3 otherwise: the ratio of harmonic means, because noise
        in an average over n repetitions has a variance that goes as 1 / n.
    """
    return (1 / (n_repetitions // 2)).mean(axis=0) / (1 / n_repetitions).mean(axis=0)


def spearman_brown(half: np.ndarray, factor: np.ndarray | float = 2) -> np.ndarray:
    """Correlation of all repetitions from that of their halves: k r / (1 + (k - 1) |r|).

    Parameters
    ----------
    half : numpy.ndarray
        Correlations of two halves, in [-1, 1]; any shape.
    factor : numpy.ndarray or float
        k, how many times a half's repetitions all of them are (`extension_factor`); 1 or more, of
        a shape that broadcasts.

    Returns
    -------
    numpy.ndarray
        In [-1, 1], at least as far from 0; of the same shape. The absolute value, which the formula
        of Spearman (1910) and Brown (1910) lacks, keeps negative r within [-1, 0].
    """
    return factor * half / (1 + (factor - 1) * np.abs(half))


def _draw_halves(
    present: np.ndarray, n_drawn: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Deal out each site's first repetitions in one random order per stimulus, in turn.

    Gives the halves and all that are drawn, bool, (n_stimuli, n_repetitions, n_neuroids) each.
    """
    n_stimuli, n_repetitions, _ = present.shape
    order = rng.permuted(np.tile(np.arange(n_repetitions), (n_stimuli, 1)), axis=1)
    turn = np.cumsum(np.take_along_axis(present, order[:, :, None], axis=1), axis=1)
    # Either half may come first.
    dealt = (turn + rng.integers(2, size=(n_stimuli, 1, 1))) % 2 == 0
    back = np.argsort(order, axis=1)[:, :, None]
    dealt, turn = (np.take_along_axis(values, back, axis=1) for values in (dealt, turn))
    drawn = present & (turn <= n_drawn)
    paired = drawn & (turn <= drawn.sum(axis=1, keepdims=True) // 2 * 2)
    return paired & dealt, paired & ~dealt, drawn


def _mean_over(chosen: np.ndarray, filled: np.ndarray) -> np.ndarray:
    return np.einsum("srn,srn->sn", chosen, filled) / chosen.sum(axis=1)
