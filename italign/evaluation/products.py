"""One product of features with themselves, from which CKA, RSA and dimensionality follow."""

from dataclasses import dataclass

import numpy as np

from italign.evaluation.centring import DEGENERATE, double_centred
from italign.evaluation.similarity import checked_features
from italign.evaluation.study import Look


@dataclass(frozen=True)
class Products:
    """Inner products of stimuli: all that CKA, RSA and dimensionality need of features.

    Parameters
    ----------
    inner : numpy.ndarray, (n_stimuli, n_stimuli)
        Of the features less one number, their grand mean, which none of the measures sees.
    sums : numpy.ndarray, (n_stimuli,)
        Over the features of each stimulus.
    n_features : int
        Features behind them.
    """

    inner: np.ndarray
    sums: np.ndarray
    n_features: int

    def take(self, rows: np.ndarray) -> "Products":
        """Those of some stimuli, in the order of `rows`."""
        return Products(self.inner[np.ix_(rows, rows)], self.sums[rows], self.n_features)

    def gram(self) -> np.ndarray:
        """The same as `similarity.linear_gram` of the features, (n_stimuli, n_stimuli)."""
        return double_centred(self.inner)

    def covariance(self) -> np.ndarray:
        """Of stimuli across features, times their number, (n_stimuli, n_stimuli)."""
        return self.inner - np.outer(self.sums, self.sums) / self.n_features


def stimulus_products(features: np.ndarray) -> Products:
    """Multiply features with themselves, once for everything that is measured of them.

    Parameters
    ----------
    features : numpy.ndarray, (n_stimuli, n_features)
        Computed with in float64.

    Raises
    ------
    ValueError
        If there are fewer than 4 stimuli, NaN, or constant features.
    """
    features = checked_features(np.asarray(features))
    # Products of what is left are not drowned by a common offset.
    features = features - features.mean()
    return Products(features @ features.T, features.sum(1), features.shape[1])


def shown_products(look: Look, stimulus_set: str, region: str) -> Products:
    """Inner products of a region over the test images of a set, made once per checkpoint."""
    key = ("products", stimulus_set, region)
    if key not in look.cache:
        look.cache[key] = stimulus_products(look.moved[stimulus_set, "test"][region])
    return look.cache[key]


def constant_patterns(products: Products) -> np.ndarray:
    """Rows of stimuli with the same value in all features, which have no correlation."""
    variance = products.covariance().diagonal()
    return np.flatnonzero(~(variance > DEGENERATE * products.inner.diagonal()))
