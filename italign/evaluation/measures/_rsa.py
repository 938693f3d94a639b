"""RSA of a region with one held-out animal and set: what does not depend on the model, once."""

import logging
from collections.abc import Callable

import numpy as np

from italign.assemblies.halves import half_averages
from italign.evaluation.axes import Axis
from italign.evaluation.chance import cosine_chance
from italign.evaluation.half_samples import half_sample_interval, half_samples
from italign.evaluation.products import Products, constant_patterns, stimulus_products
from italign.evaluation.rsa import correlation_rdm, rsa, subset_pairs, subset_rsa, unit_pairs

MIN_SITES = 3  # correlations over two are all 1 or -1
N_SPLITS = 20  # ASSUME: trial halves behind the ceiling
# ASSUME: distances of all site halves that are kept at once, 128 MiB: of more than 580 stimuli
# fewer than 200 halves are behind an interval over sites.
MOST_PAIRS = 2**25
UNKNOWN = np.nan, np.nan


def has_rdm(axis: Axis) -> bool:
    """Whether every stimulus has a pattern over the animal's sites; if not the log says why."""
    n_sites = axis.responses.shape[2]
    if n_sites < MIN_SITES:
        logging.warning("%s, %s: no RSA, for which %d sites are too few", axis.animal,
                        axis.stimulus_set, n_sites)
        return False
    constant = constant_patterns(stimulus_products(axis.mean_responses))
    if constant.size:
        logging.warning("%s, %s: no RSA, all sites answer %d of the stimuli alike", axis.animal,
                        axis.stimulus_set, constant.size)
    return not constant.size


def rsa_with(axis: Axis, metric: str, n_resamples: int, seed: int) -> Callable[[Products], tuple]:
    """Prepare one comparison of RDMs.

    Parameters
    ----------
    axis : Axis
        For which `has_rdm`.
    metric : {"spearman", "cosine"}
        As `rsa.rsa`.
    n_resamples, seed : int
        Half-samples behind the intervals, and seed of these and of trial halves.

    Returns
    -------
    callable
        From `Products` of all test images to raw, chance, interval over stimuli and over sites
        (low, high), and ceiling (NaN without trials). NaN, with a line in the log, where the model
        has a stimulus without a pattern.
    """
    n_stimuli, _, n_sites = axis.responses.shape
    rdm = correlation_rdm(axis.mean_responses)
    pairs = unit_pairs(rdm, metric)
    stimuli = subset_pairs(pairs, half_samples(n_stimuli, n_resamples, seed))
    sites = _pairs_of_site_halves(axis, metric, n_resamples, seed)
    ceiling = np.mean([_rsa_of_halves(halves, metric)
                       for halves in half_averages(axis.responses, N_SPLITS, seed)]
                      ) if axis.has_ceiling else np.nan

    def compare(products: Products) -> tuple:
        products = products.take(axis.rows)
        if (constant := constant_patterns(products)).size:
            logging.warning("%s, %s: no RSA, %d stimuli have the same value in all features",
                            axis.animal, axis.stimulus_set, constant.size)
            return np.nan, np.nan, UNKNOWN, UNKNOWN, ceiling
        shown = correlation_rdm(products)
        model = unit_pairs(shown, metric)
        raw = float(model @ pairs)
        halves = subset_rsa(subset_pairs(model, stimuli.kept), stimuli, metric)
        over_stimuli = half_sample_interval(raw, halves, n_stimuli)
        halves = (sites @ model.astype(np.float32)).astype(np.float64)
        over_sites = half_sample_interval(raw, halves, n_sites)
        chance = cosine_chance(shown, rdm) if metric == "cosine" else 0.0
        return raw, chance, over_stimuli, over_sites, ceiling

    return compare


def _rsa_of_halves(halves: tuple[np.ndarray, np.ndarray], metric: str) -> float:
    """RSA of the averages over two halves of the trials; NaN if one has a stimulus without RDM."""
    products = [stimulus_products(half) for half in halves]
    if any(constant_patterns(half).size for half in products):
        return np.nan
    return rsa(*(correlation_rdm(half) for half in products), metric)


def _pairs_of_site_halves(axis: Axis, metric: str, n_resamples: int, seed: int) -> np.ndarray:
    """`unit_pairs` of halves of the sites, float32 to halve their memory; NaN where undefined."""
    responses = axis.mean_responses
    n_pairs = len(responses) * (len(responses) - 1) // 2
    kept = half_samples(responses.shape[1], n_resamples, seed)[: max(2, MOST_PAIRS // n_pairs)]
    if len(kept) < n_resamples:
        logging.info("%s, %s: %d of %d site halves for the interval of RSA, of %d pairs each",
                     axis.animal, axis.stimulus_set, len(kept), n_resamples, n_pairs)
    found = np.full((len(kept), n_pairs), np.nan, np.float32)
    for row, half in enumerate(kept):
        part = responses[:, half]
        if part.shape[1] >= MIN_SITES and (np.ptp(part, axis=1) > 0).all():
            found[row] = unit_pairs(correlation_rdm(part), metric)
    return found
