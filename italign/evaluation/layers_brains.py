"""Sites of an animal that saw the same images, prepared for comparison with many networks."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from italign.evaluation.axes import Axis
from italign.evaluation.centring import double_centred
from italign.evaluation.chance import biased_cka_chance
from italign.evaluation.half_samples import half_sample_interval, half_samples
from italign.evaluation.similarity import ESTIMATORS, cka_from_grams, linear_gram
from italign.evaluation.subsets import (
    SubsetGram,
    cka_ratio,
    gram_hsic,
    subset_cka,
    subset_gram,
    subset_hsic,
)

TRAIN, HELD_OUT = "train", "held_out"
LEAST_IMAGES = 8  # of an interval: a half needs the 4 of unbiased CKA


@dataclass(frozen=True)
class Population:
    """Sites of one animal that saw the same images, with what CKA needs of their halves.

    Parameters
    ----------
    names : dict
        ``role`` (train, held_out), ``animal``, ``stimulus_set``, ``sessions``.
    rows : numpy.ndarray, int (n_images,)
        Where its images lie among those shown to the network.
    gram : numpy.ndarray, (n_images, n_images)
        Of the mean responses.
    n_sites : int
        Behind it.
    ceilings : dict of (str, str) to float
        (estimator, ceiling rule) to the ceiling; of training animals none.
    halves : SubsetGram or None
        Of the Gram matrix in random halves of the images; None: no interval.
    """

    names: dict[str, str]
    rows: np.ndarray
    gram: np.ndarray
    n_sites: int
    ceilings: dict[tuple[str, str], float]
    halves: SubsetGram | None


def population(names: dict, rows: np.ndarray, responses: np.ndarray, n_resamples: int, seed: int,
               ceilings: dict | None = None) -> Population:
    """Prepare responses (n_images, n_sites) for comparison; of few images without interval."""
    gram = linear_gram(responses)
    halves = None
    if len(gram) >= LEAST_IMAGES:
        halves = subset_gram(gram, half_samples(len(gram), n_resamples, seed))
    return Population(names, rows, gram, responses.shape[1], ceilings or {}, halves)


def held_out_population(axis: Axis, assembly: xr.Dataset, n_resamples: int, seed: int,
                        ) -> Population:
    """Population of a held-out animal and set: an axis, and the assembly that it is made from."""
    sites = np.flatnonzero(assembly.selected.values == 1)
    names = {"role": HELD_OUT, "animal": axis.animal, "stimulus_set": axis.stimulus_set,
             "sessions": session_words(assembly, sites)}
    return population(names, axis.rows, axis.mean_responses, n_resamples, seed, axis.ceilings)


def train_populations(target: xr.Dataset, n_resamples: int, seed: int,
                      ) -> list[tuple[np.ndarray, list[Population]]]:
    """Populations of the training animals, one for each group of sites that saw the same images.

    Parameters
    ----------
    target : xarray.Dataset
        Contract ``target``, the true one; NaN where a site's session did not show an image.
    n_resamples, seed
        Of halves of the images.

    Returns
    -------
    list of (rows, populations)
        Rows of the target, training and test partition: all are images that the animal saw and
        models may see, and no held-out animal's. Beside them the populations that saw exactly
        these, in their order.
    """
    found: dict[bytes, tuple[np.ndarray, list[Population]]] = {}
    for animal in dict.fromkeys(target.animal.values.tolist()):
        own = target.isel(neuroid=np.flatnonzero(target.animal.values == animal))
        for rows, sites in site_groups(own.rate.values):
            names = {"role": TRAIN, "animal": animal, "sessions": session_words(own, sites),
                     "stimulus_set": target.attrs["stimulus_set"]}
            responses = own.rate.values[np.ix_(rows, sites)].astype(np.float64)
            one = population(names, np.arange(len(rows)), responses, n_resamples, seed)
            found.setdefault(rows.tobytes(), (rows, []))[1].append(one)
    return list(found.values())


def site_groups(values: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Group sites by the images that they saw.

    Parameters
    ----------
    values : numpy.ndarray, (n_images, n_sites)
        NaN where a site has no response.

    Returns
    -------
    list of (rows, sites)
        Indices of the images and of the sites of each group, in the order of first sites.
    """
    groups: dict[bytes, list[int]] = {}
    finite = np.isfinite(values)
    for site, seen in enumerate(finite.T):
        groups.setdefault(seen.tobytes(), []).append(site)
    return [(np.flatnonzero(finite[:, sites[0]]), np.array(sites)) for sites in groups.values()]


def session_words(ds: xr.Dataset, sites: np.ndarray) -> str:
    """Arrays of sites, which in files of averages are their sessions."""
    return "+".join(dict.fromkeys(ds["array"].values[sites].tolist()))


def compare(gram: np.ndarray, brain: Population) -> list[dict]:
    """CKA of a network's Gram matrix with a population, a row for each estimator.

    Parameters
    ----------
    gram : numpy.ndarray, (n_images, n_images)
        Of the images of the population, in their order; need not be centred.
    brain : Population
        Prepared.

    Returns
    -------
    list of dict
        ``estimator``, ``raw``, ``low`` and ``high`` (95 %, half-samples of the images), ``chance``
        (mean over all orders of the images), ``n_images``.
    """
    gram = double_centred(gram.astype(np.float64))
    raw = cka_ratio(gram_hsic(gram, brain.gram), gram_hsic(gram, gram),
                    gram_hsic(brain.gram, brain.gram))
    for estimator in np.array(ESTIMATORS)[~np.isfinite(raw)]:
        cka_from_grams(gram, brain.gram, estimator)  # says what is wrong
    low = high = np.full(len(ESTIMATORS), np.nan)
    if brain.halves is not None:
        halves = subset_cka(subset_gram(gram, brain.halves.kept), brain.halves,
                            subset_hsic(brain.halves, brain.halves))
        low, high = half_sample_interval(raw, halves, len(gram))
    chance = biased_cka_chance(gram, brain.gram), 0.0
    return [{"estimator": estimator, "raw": float(raw[k]), "low": float(low[k]),
             "high": float(high[k]), "chance": chance[k], "n_images": len(gram)}
            for k, estimator in enumerate(ESTIMATORS)]
