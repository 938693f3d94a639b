r"""Internal consistency of neural responses, and predictivity ceiled by it, as in Brain-Score.

The consistency c is how well averages of one half of the repetitions correlate with those of the
other, extended to all repetitions by Spearman-Brown. A model's r is ceiled by one of

    r2_over_ceiling          r^2 / c     share of the explainable variance (Brain-Score since 2026)
    squared_r_over_ceiling   (r / c)^2   Brain-Score before; higher by 1 / c

Noise lowers the r of the true responses to sqrt(c), so that the first is 1 for a perfect model.
"""

from collections.abc import Iterator

import numpy as np
from sklearn.model_selection import ShuffleSplit

from italign.assemblies.halves import (
    extension_factor,
    half_averages,
    require_repetitions,
    spearman_brown,
)
from italign.recordings.quality import column_correlation

RULES = {
    "r2_over_ceiling": lambda r, ceiling: r**2 / ceiling,
    "squared_r_over_ceiling": lambda r, ceiling: (r / ceiling) ** 2,
}


def internal_consistency(responses: np.ndarray, n_splits: int = 10, seed: int = 1) -> float:
    """How well the average response repeats: median over sites, mean over random halvings.

    Where every site has all repetitions, halves are Brain-Score's: the same repetitions for all
    stimuli, an odd one in the second half, and r becomes 2 r / (1 + r). Where some are missing,
    each stimulus draws its own (`half_averages`) and r is extended by `extension_factor`.

    Parameters
    ----------
    responses : numpy.ndarray, (n_stimuli, n_repetitions, n_sites)
        NaN where a repetition is missing; at least two of each stimulus.
    n_splits, seed
        Random halvings; Brain-Score's by default.

    Returns
    -------
    float
        In [-1, 1]; 1 if repetitions are alike. Sites that do not vary are passed over.

    Raises
    ------
    ValueError
        If a site has fewer than two repetitions of a stimulus, or none varies.
    """
    require_repetitions(responses)
    if np.isfinite(responses).all():
        halves, factor = _brain_score_halves(responses, n_splits, seed), 2
    else:
        # DEVIATION: Brain-Score shares halves among stimuli, which some would have none of.
        halves = half_averages(responses, n_splits, seed)
        factor = extension_factor(np.isfinite(responses).sum(axis=1))
    consistency = np.array([spearman_brown(column_correlation(*half), factor) for half in halves])
    if np.isnan(consistency).all(axis=1).any():
        raise ValueError(f"none of {responses.shape[2]} sites varies over stimuli in both halves, "
                         "expected one at least: check the selection of sites")
    return float(np.nanmedian(consistency, axis=1).mean())


def ceiled_predictivity(r: float, ceiling: float, rule: str) -> float:
    """Combine a predictivity and its ceiling by the rule named.

    Parameters
    ----------
    r : float
        In [-1, 1]. Its sign is lost: look at r itself where it may be negative.
    ceiling : float
        From `internal_consistency`, in (0, 1].
    rule : {"r2_over_ceiling", "squared_r_over_ceiling"}
        See the head of this file.

    Returns
    -------
    float
        0 or more; higher is better. Not capped at 1.

    Raises
    ------
    ValueError
        If the ceiling is not in (0, 1], or the rule is unknown.
    """
    if rule not in RULES:
        raise ValueError(f"ceiling rule is {rule!r}, expected {' or '.join(RULES)}")
    if not 0 < ceiling <= 1 + 1e-9:
        raise ValueError(f"internal consistency is {ceiling:.3g}, expected above 0 and at most 1: "
                         "halves of the repetitions share nothing; record more, or select sites")
    return float(RULES[rule](r, ceiling))


def _brain_score_halves(
    responses: np.ndarray, n_splits: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    split = ShuffleSplit(n_splits=n_splits, train_size=0.5, random_state=seed)
    for first, second in split.split(np.zeros(responses.shape[1])):
        yield tuple(responses[:, half].mean(axis=1, dtype=np.float64) for half in (first, second))
