"""i2n written from its description, image by image in plain loops: slow, and easy to follow."""

from collections import Counter

import numpy as np
from scipy.special import ndtri
from scipy.stats import pearsonr


def matrix_by_loops(image, truth_of_trial, distractor, choice, n_images, n_categories):
    """P(choose c | c was the distractor) of every image, NaN where never offered."""
    offered, chosen = Counter(), Counter()
    for i, t, d, c in zip(image, truth_of_trial, distractor, choice, strict=True):
        assert t != d
        offered[i, d] += 1
        chosen[i, c] += 1
    response = np.full((n_images, n_categories), np.nan)
    for i, c in offered:
        response[i, c] = chosen[i, c] / offered[i, c]
    return response


def pattern_by_loops(response, truth, undecided=np.nan):
    """d' less the mean of its (truth, distractor) cell, one image after the other.

    `undecided`: d' of infinite minus the same infinite.
    """
    n_images, n_categories = response.shape
    images_of = [np.flatnonzero(truth == c).tolist() for c in range(n_categories)]
    dprime = np.full(response.shape, np.nan)
    for i in range(n_images):
        for c in range(n_categories):
            alarms = [response[j, truth[i]] for j in images_of[c]]
            alarms = [alarm for alarm in alarms if not np.isnan(alarm)]
            if np.isnan(response[i, c]) or not alarms:
                continue
            hit, alarm = float(ndtri(1 - response[i, c])), float(ndtri(sum(alarms) / len(alarms)))
            undefined = np.isinf(hit) and hit == alarm
            dprime[i, c] = undecided if undefined else max(-5, min(5, hit - alarm))
    pattern = dprime.copy()
    for i in range(n_images):
        for c in range(n_categories):
            cell = [dprime[j, c] for j in images_of[truth[i]]]
            cell = [value for value in cell if not np.isnan(value)]
            if not np.isnan(dprime[i, c]):
                pattern[i, c] -= sum(cell) / len(cell)
    return pattern


def i2n_by_loops(probabilities, truth, image, truth_of_trial, distractor, choice, n_categories,
                 seed):
    """Raw, ceiling and ceiled i2n; every index starts at 0, arrays of trials are (n_trials,)."""
    n_images = len(truth)
    response = np.full((n_images, n_categories), np.nan)
    for i in range(n_images):
        for c in range(n_categories):
            if c != truth[i]:
                p, p_truth = probabilities[i, c], probabilities[i, truth[i]]
                response[i, c] = p / (p + p_truth) if p + p_truth > 0 else 0.5
    model = pattern_by_loops(response, truth, undecided=0.0).ravel()
    trials = [np.asarray(column).tolist() for column in (image, truth_of_trial, distractor, choice)]
    generator, scores = np.random.RandomState(seed), []
    for _ in range(2):
        order = list(range(len(trials[0])))
        generator.shuffle(order)
        middle = int(len(order) / 2)
        first, second = (
            pattern_by_loops(
                matrix_by_loops(*([column[k] for k in half] for column in trials),
                                n_images, n_categories), truth).ravel()
            for half in (order[:middle], order[middle:])
        )
        known = ~np.isnan(first)
        raw = pearsonr(model[known], first[known])[0]
        known &= ~np.isnan(second)
        ceiling = pearsonr(first[known], second[known])[0]
        scores.append((raw, ceiling, raw / np.sqrt(ceiling)))
    return tuple(np.mean(scores, axis=0).tolist())
