"""Training targets: the true population and the paper's two controls (section 3.1).

Sites of different sessions may have seen different images: rates are NaN elsewhere. Images that the
same sites saw are a block; a population without NaN is one block.
"""

import numpy as np

TARGETS = ("true", "shuffled", "random")
# Private streams of one seed, so that a control never changes the partition.
_PARTITION_STREAM, _CONTROL_STREAM = 0, 1


def partition_rows(n_stimuli: int, test_fraction: float, seed: int) -> np.ndarray:
    """Mark a random part of the stimuli as test.

    Parameters
    ----------
    n_stimuli : int
        Stimuli to divide.
    test_fraction : float
        In (0, 1); rounded to whole stimuli (paper 2.5: 320 of 3,200).
    seed : int
        Of the run: each seed of a model holds out other stimuli, as in the authors' code.

    Returns
    -------
    numpy.ndarray, (n_stimuli,), bool
        True for test.

    Raises
    ------
    ValueError
        If either part would be empty.
    """
    n_test = round(test_fraction * n_stimuli)
    if not 0 < n_test < n_stimuli:
        raise ValueError(f"a test fraction of {test_fraction} leaves {n_test} of {n_stimuli} "
                         "stimuli for testing, expected at least 1 and not all")
    order = np.random.default_rng([seed, _PARTITION_STREAM]).permutation(n_stimuli)
    is_test = np.zeros(n_stimuli, dtype=bool)
    is_test[order[:n_test]] = True
    return is_test


def target_blocks(rates: np.ndarray) -> np.ndarray:
    """Number the blocks of images that the same sites saw.

    Parameters
    ----------
    rates : numpy.ndarray, (n_stimuli, n_neuroids)
        NaN where a site did not see an image.

    Returns
    -------
    numpy.ndarray, int (n_stimuli,)
        0 for the block of the first image, 1 for the next block, and so on.
    """
    _, first, block = np.unique(np.isfinite(rates), axis=0, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[block.ravel()]


def control_target(rates: np.ndarray, is_test: np.ndarray, target: str, seed: int) -> np.ndarray:
    """Keep or replace the rows that a model is trained on.

    Parameters
    ----------
    rates : numpy.ndarray, (n_stimuli, n_neuroids)
        True average responses, Hz; NaN where a site did not see an image, in every target.
    is_test : numpy.ndarray, (n_stimuli,), bool
        Rows that keep the true responses, as in the authors' code: held-out stimuli always measure
        similarity to the brain.
    target : {"true", "shuffled", "random"}
        `shuffled`: training rows permuted once within each block, so responses stay but belong to
        other images.
        `random`: training rows drawn once from N(0, 1).
    seed : int
        Of the permutation or draw.

    Returns
    -------
    numpy.ndarray, (n_stimuli, n_neuroids)
        A new array.

    Raises
    ------
    ValueError
        If the target is unknown.
    """
    if target not in TARGETS:
        raise ValueError(f"target is {target!r}, expected one of {', '.join(TARGETS)} (quote true "
                         "in YAML, where it is a boolean otherwise)")
    rng = np.random.default_rng([seed, _CONTROL_STREAM])
    replaced, train = rates.copy(), np.flatnonzero(~is_test)
    if target == "shuffled":
        block = target_blocks(rates)[train]
        for rows in (train[block == number] for number in np.unique(block)):
            replaced[rows] = rates[rng.permutation(rows)]
    elif target == "random":
        drawn = rng.standard_normal((train.size, rates.shape[1]))
        replaced[train] = np.where(np.isfinite(rates[train]), drawn, np.nan)
    return replaced
