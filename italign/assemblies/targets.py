"""Training targets: the true population and the paper's two controls (section 3.1)."""

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


def control_target(rates: np.ndarray, is_test: np.ndarray, target: str, seed: int) -> np.ndarray:
    """Keep or replace the rows that a model is trained on.

    Parameters
    ----------
    rates : numpy.ndarray, (n_stimuli, n_neuroids)
        True average responses, Hz.
    is_test : numpy.ndarray, (n_stimuli,), bool
        Rows that keep the true responses, as in the authors' code: held-out stimuli always measure
        similarity to the brain.
    target : {"true", "shuffled", "random"}
        `shuffled`: training rows permuted once, so responses stay but belong to other images.
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
        replaced[train] = rates[rng.permutation(train)]
    elif target == "random":
        replaced[train] = rng.standard_normal((train.size, rates.shape[1]))
    return replaced
