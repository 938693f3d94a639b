"""Categories of a stimulus set that the network was also trained on, and the others (Fig 3C, D).

ASSUME: the paper's decoder of its four-object subset is not published. Ours is fitted once, to all
categories; a subset takes the rows and columns of its nouns from the probabilities. Probabilities
of a pair of nouns relative to one another do not depend on the other columns.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from italign.evaluation.study import Study


@dataclass(frozen=True)
class Subset:
    """Some categories of a set.

    Parameters
    ----------
    name : str
        all, overlapping or novel.
    columns : numpy.ndarray of int, (n_kept,)
        Their indices among the categories of the set, ascending.
    """

    name: str
    columns: np.ndarray

    def rows(self, truth: np.ndarray) -> np.ndarray:
        """Whether each image is of the subset, bool (n_images,)."""
        return np.isin(truth, self.columns)

    def truth(self, truth: np.ndarray) -> np.ndarray:
        """Categories of the subset's images, numbered within it, (n_kept_images,)."""
        return np.searchsorted(self.columns, truth[self.rows(truth)])

    def cells(self, values: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """Rows and columns of an (n_images, n_categories) matrix that belong to the subset."""
        return values[np.ix_(self.rows(truth), self.columns)]


def category_subsets(categories: Sequence[str], trained: Collection[str]) -> list[Subset]:
    """Split the categories of a set by whether the network was trained on them.

    Parameters
    ----------
    categories : sequence of str
        Of the set.
    trained : collection of str
        Those of them that the stimulus labels show too, from `Study.trained_categories`.

    Returns
    -------
    list of Subset
        All of them; then the overlapping and the novel ones, where the set has both. A subset of
        fewer than two nouns offers no choice and is left out.
    """
    known = np.isin(list(categories), list(trained))
    kinds = [Subset("all", np.arange(len(categories)))]
    if known.any() and not known.all():
        kinds += [Subset("overlapping", np.flatnonzero(known)),
                  Subset("novel", np.flatnonzero(~known))]
    return [subset for subset in kinds if len(subset.columns) > 1]


def subsets_of_set(study: Study, stimulus_set: str) -> list[Subset]:
    """Split the categories of a set of the study; a line in the log says if there is no split.

    Parameters
    ----------
    study : Study
        With the set's nouns, and which of them were trained.
    stimulus_set : str
        The set.

    Returns
    -------
    list of Subset
        As `category_subsets`.
    """
    categories, trained = study.categories(stimulus_set), study.trained_categories(stimulus_set)
    subsets = category_subsets(categories, trained)
    if len(subsets) == 1:
        logging.getLogger(__name__).info(
            "set %r has no overlapping and novel categories to tell apart: %d of its %d nouns are "
            "trained ones", stimulus_set, len(trained), len(categories))
    return subsets
