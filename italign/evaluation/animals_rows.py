"""How alike two animals are, directly and through a network, and how alike the network is."""

from itertools import combinations

import numpy as np

from italign.evaluation.animals import Session
from italign.evaluation.animals_through import LEAST_FITTED, fitted
from italign.evaluation.layers_brains import Population, compare, population
from italign.evaluation.similarity import ESTIMATORS, linear_gram

DIRECT, THROUGH, MODEL = "direct", "through_model", "model"
LEAST_IMAGES = 20  # in common
COLUMNS = ("comparison", "animal_a", "set_a", "sessions_a", "n_sites_a", "animal_b", "set_b",
           "sessions_b", "n_sites_b", "matched_by", "estimator", "value", "low", "high", "chance",
           "n_images", "note")
# Places of two sessions, the first before the second -> rows of either, and how they were matched.
Common = dict[tuple[int, int], tuple[np.ndarray, np.ndarray, str]]


def direct_rows(sessions: list[Session], common: Common, n_resamples: int, seed: int) -> list[dict]:
    """CKA of every pair of sessions over the images that both saw.

    Parameters
    ----------
    sessions : list of Session
        Of all animals and sets.
    common : dict
        Of every pair of places, the smaller first: what `animals.common_images` finds.
    n_resamples, seed : int
        Half-samples of the images behind the interval.

    Returns
    -------
    list of dict
        `COLUMNS`, a row for each estimator; of fewer than 20 images in common empty, with a note.
    """
    found = []
    for (i, a), (j, b) in combinations(enumerate(sessions), 2):
        rows_a, rows_b, how = common[i, j]
        names = {"comparison": DIRECT, **_names(a, "a"), **_names(b, "b"), "matched_by": how}
        if len(rows_a) < LEAST_IMAGES:
            found += _empty(names, len(rows_a), f"{len(rows_a)} images in common, expected at "
                                                f"least {LEAST_IMAGES}")
            continue
        brain = _prepared(b.responses[rows_b], n_resamples, seed)
        found += _rows(names, linear_gram(a.responses[rows_a]), brain,
                       "both sides have noise of their own: lower than the animals' likeness")
    return found


def through_rows(sessions: list[Session], features: dict[int, np.ndarray], common: Common,
                 network: str, n_resamples: int, seed: int) -> list[dict]:
    """CKA of the network with every session, and of animals with each other through the network.

    Parameters
    ----------
    sessions, common, n_resamples, seed
        As for `direct_rows`.
    features : dict of int to numpy.ndarray
        Of the compared region, (n_images, n_features), by place among the sessions.
    network : str
        What the rows of the network call it.

    Returns
    -------
    list of dict
        `COLUMNS`. ``model``: the network's features with the responses of b. ``through_model``:
        the responses of a to the images of b, predicted by a ridge regression on the network's
        features that is fitted to images of a which b did not see.
    """
    found = []
    brains = [_prepared(one.responses, n_resamples, seed) for one in sessions]
    for b, brain in enumerate(brains):
        names = {"comparison": MODEL, "animal_a": network, "set_a": "none", "sessions_a": "none",
                 "n_sites_a": features[b].shape[1], **_names(sessions[b], "b"),
                 "matched_by": "none"}
        found += _rows(names, linear_gram(features[b]), brain, "the network's own features")
    for a in range(len(sessions)):
        fits: dict[bytes, tuple] = {}  # most others share no image with a: one fit for all of them
        for b in range(len(sessions)):
            if a != b:
                found += _through(sessions, features, a, b, brains[b], common, fits)
    return found


def _through(sessions, features, a, b, brain: Population, common: Common, fits: dict) -> list[dict]:
    rows_a = common[a, b][0] if a < b else common[b, a][1]
    names = {"comparison": THROUGH, **_names(sessions[a], "a"), **_names(sessions[b], "b"),
             "matched_by": "none"}
    own = np.setdiff1d(np.arange(len(sessions[a].responses)), rows_a)
    if len(own) < LEAST_FITTED:
        return _empty(names, len(sessions[b].responses),
                      f"{len(own)} images of a that b did not see, expected at least "
                      f"{LEAST_FITTED} to fit: see the direct comparison")
    if own.tobytes() not in fits:
        fits[own.tobytes()] = fitted(features[a][own], sessions[a].responses[own])
    predict, penalty = fits[own.tobytes()]
    return _rows(names, linear_gram(predict(features[b])), brain,
                 f"a predicted from the network (ridge, {len(own)} images, penalty "
                 f"{penalty:.2g}): no noise of a, and nothing of a that the network lacks; the "
                 "interval leaves the fit as it is")


def _prepared(responses: np.ndarray, n_resamples: int, seed: int) -> Population:
    return population({}, np.arange(len(responses)), responses, n_resamples, seed)


def _rows(names: dict, gram: np.ndarray, brain: Population, note: str) -> list[dict]:
    return [{**names, **row, "value": row["raw"], "note": note} for row in compare(gram, brain)]


def _empty(names: dict, n_images: int, note: str) -> list[dict]:
    return [{**names, "estimator": estimator, "value": np.nan, "low": np.nan, "high": np.nan,
             "chance": np.nan, "n_images": n_images, "note": note} for estimator in ESTIMATORS]


def _names(session: Session, side: str) -> dict:
    return {f"animal_{side}": session.animal, f"set_{side}": session.stimulus_set,
            f"sessions_{side}": session.sessions, f"n_sites_{side}": session.responses.shape[1]}
