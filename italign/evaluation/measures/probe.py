"""Accuracy of a linear probe: the decoder of behavior on held-out images (paper A.1)."""

from collections.abc import Sequence

import numpy as np

from italign.evaluation.category_subsets import Subset, category_subsets
from italign.evaluation.decoder import decoded
from italign.evaluation.rows import share_row
from italign.evaluation.study import Look, Study


def probe(study: Study, *, sets: Sequence[str], inverse_regularisation: float):
    """Prepare the share of test images that a decoder of penultimate features names correctly.

    Parameters
    ----------
    study : Study
        With the nouns of every set.
    sets : sequence of str
        Stimulus sets to score.
    inverse_regularisation : float
        C of the decoder, fitted to all categories of the train images.

    Returns
    -------
    callable
        From a `Look` to rows: metric ``accuracy`` in [0, 1]; chance 1 / number of nouns; 95 %
        Wilson interval over images. On the overlapping or novel categories, images of these and
        the largest probability among these.
    """
    subsets = {name: category_subsets(study.categories(name), study.trained_categories(name))
               for name in sets}

    def score(look: Look) -> list[dict]:
        return [
            _row(name, subset, decoded(look, study, name, inverse_regularisation),
                 study.truth(name, "test"))
            for name in sets for subset in subsets[name]
        ]

    return score


def _row(stimulus_set: str, subset: Subset, probabilities: np.ndarray, truth: np.ndarray) -> dict:
    named = subset.cells(probabilities, truth).argmax(1)
    return share_row("probe", stimulus_set, named == subset.truth(truth), categories=subset.name,
                     readout="decoder", chance=1 / len(subset.columns))
