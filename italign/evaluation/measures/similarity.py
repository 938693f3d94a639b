"""Similarity of a region with held-out animals: CKA by both estimators and all ceilings, and RSA.

The paper's "validated IT similarity" (Figure 2) is their mean over held-out animals and sets.
"""

import numpy as np

from italign.evaluation.axes import Axis, held_out_axes
from italign.evaluation.chance import biased_cka_chance
from italign.evaluation.half_samples import half_sample_interval, half_samples
from italign.evaluation.measures._rsa import UNKNOWN, has_rdm, rsa_with
from italign.evaluation.products import Products, shown_products
from italign.evaluation.rows import score_row
from italign.evaluation.rsa import METRICS
from italign.evaluation.similarity import ESTIMATORS, cka_from_grams
from italign.evaluation.study import Look, Study
from italign.evaluation.subsets import (
    cka_ratio,
    gram_hsic,
    site_subset_cka,
    site_subsets,
    subset_cka,
    subset_gram,
    subset_hsic,
)

MIN_STIMULI = 8  # a half needs the 4 of the unbiased estimator


def similarity(study: Study, n_resamples: int):
    """Prepare CKA and RSA of the region with every held-out animal and set.

    Parameters
    ----------
    study : Study
        With assemblies and ceilings of the held-out animals.
    n_resamples : int
        Half-samples behind the intervals over stimuli and over sites, at least 2.

    Returns
    -------
    callable
        From a `Look` to rows: metric ``cka`` by estimator and ceiling rule, ``rsa_spearman`` and
        ``rsa_cosine``. Higher is closer; chance is the mean over all orders of the stimuli.
        Of an animal without trials ceiling and ceiled are NaN, in the rows of all ceiling rules.
        Intervals over sites are NaN for a single site (of RSA: fewer than 6), and wherever a half
        has no variance. An animal of fewer than 3 sites, or with a stimulus that all sites answer
        alike, has no RSA; a model with such a stimulus has NaN; the log says so.

    Raises
    ------
    ValueError
        As `axes.held_out_axes`, or if an animal saw fewer than 8 stimuli.
    """
    scores = []
    for axis in held_out_axes(study):
        _check_stimuli(axis)
        scores.append((axis, _cka(axis, n_resamples, study.seed)))
        if has_rdm(axis):
            scores += [(axis, _rsa(axis, metric, n_resamples, study.seed)) for metric in METRICS]

    def score(look: Look) -> list[dict]:
        found = []
        for axis, rows in scores:
            products = shown_products(look, axis.stimulus_set, study.region)
            _check_images(products, study.stimulus_ids(axis.stimulus_set, "test"), axis)
            found += rows(products)
        return found

    return score


def _cka(axis: Axis, n_resamples: int, seed: int):
    """Prepare CKA with one animal and set: products of all test images -> rows."""
    n_stimuli, _, n_sites = axis.responses.shape
    stimuli = subset_gram(axis.gram, half_samples(n_stimuli, n_resamples, seed))
    variance = subset_hsic(stimuli, stimuli)
    sites = (site_subsets(axis.mean_responses, half_samples(n_sites, n_resamples, seed))
             if n_sites > 1 else None)

    def rows(products: Products) -> list[dict]:
        gram = products.take(axis.rows).gram()
        raw = _raw_cka(gram, axis)
        halves = subset_cka(subset_gram(gram, stimuli.kept), stimuli, variance)
        over_stimuli = np.transpose(half_sample_interval(raw, halves, n_stimuli))
        over_sites = [UNKNOWN] * 2
        if sites is not None:
            halves = site_subset_cka(gram, sites)
            over_sites = np.transpose(half_sample_interval(raw, halves, n_sites))
        chance = biased_cka_chance(gram, axis.gram), 0.0
        values = dict(zip(ESTIMATORS, zip(raw, chance, over_stimuli, over_sites, strict=True),
                          strict=True))
        return [_row(axis, "cka", *values[estimator], ceiling, rule, estimator)
                for (estimator, rule), ceiling in axis.ceilings.items()]

    return rows


def _raw_cka(gram: np.ndarray, axis: Axis) -> np.ndarray:
    raw = cka_ratio(gram_hsic(gram, axis.gram), gram_hsic(gram, gram),
                    gram_hsic(axis.gram, axis.gram))
    for estimator in np.array(ESTIMATORS)[~np.isfinite(raw)]:
        cka_from_grams(gram, axis.gram, estimator)  # says what is wrong
    return raw


def _rsa(axis: Axis, metric: str, n_resamples: int, seed: int):
    compare = rsa_with(axis, metric, n_resamples, seed)
    return lambda products: [_row(axis, f"rsa_{metric}", *compare(products), "split_half")]


def _row(axis, metric, raw, chance, over_stimuli, over_sites, ceiling, rule, estimator="none"):
    return score_row(
        "similarity", metric, axis.stimulus_set, raw, len(axis.rows), animal=axis.animal,
        estimator=estimator, ceiling_rule=rule, chance=chance, ceiling=ceiling,
        ceiled=raw / ceiling if ceiling > 0 else np.nan,
        low_stimuli=over_stimuli[0], high_stimuli=over_stimuli[1],
        low_sites=over_sites[0], high_sites=over_sites[1],
    )


def _check_images(products: Products, stimulus_ids: np.ndarray, axis: Axis) -> None:
    if len(products.sums) != len(stimulus_ids):
        raise ValueError(f"the model was shown {len(products.sums)} test images of "
                         f"{axis.stimulus_set}, expected {len(stimulus_ids)}: compute its "
                         "activations on the same stimuli as the study's")


def _check_stimuli(axis: Axis) -> None:
    if len(axis.rows) < MIN_STIMULI:
        raise ValueError(f"{axis.animal}, {axis.stimulus_set}: {len(axis.rows)} stimuli, expected "
                         f"at least {MIN_STIMULI}, whose halves still have a CKA: show more")
