"""Trials of people as numbers, and the response matrices of their halves.

A trial offers the noun shown and one distractor, or all nouns. ASSUME for the latter: Luce's choice
axiom (1959), by which the odds of two nouns do not depend on what else is offered, so that

    P(choose c | truth and c offered) = n_c / (n_c + n_truth)

of the judgements on an image that chose either; the others say nothing of the two.
"""

from dataclasses import dataclass, replace

import numpy as np

from italign.contracts import ALL_OTHERS

EVERY = -1  # distractor of a trial that offered all nouns
N_REPETITIONS = 2  # random halves of the trials behind a score, as in Brain-Score


@dataclass(frozen=True)
class Trials:
    """Trials, everything as numbers.

    Parameters
    ----------
    image : numpy.ndarray, (n_trials,)
        Row of the image, 0 to `n_images` - 1.
    truth, distractor, choice : numpy.ndarray, (n_trials,)
        Category shown, other category offered (`EVERY`: all of them), and the one that was chosen.
    n_images, n_categories : int
        Shape of the response matrix.
    """

    image: np.ndarray
    truth: np.ndarray
    distractor: np.ndarray
    choice: np.ndarray
    n_images: int
    n_categories: int

    def take(self, index: np.ndarray) -> "Trials":
        """Keep the trials at `index`."""
        kept = {name: getattr(self, name)[index]
                for name in ("image", "truth", "distractor", "choice")}
        return replace(self, **kept)

    def halves(self, rng: np.random.RandomState) -> "tuple[Trials, Trials]":
        """Divide all trials at random, whatever their image or observer (as Brain-Score does)."""
        order = rng.permutation(len(self.image))
        middle = len(order) // 2
        return self.take(order[:middle]), self.take(order[middle:])


def index_trials(stimulus_id, truth, distractor, choice, stimulus_ids, categories) -> Trials:
    """Turn labelled trials into numbers.

    Parameters
    ----------
    stimulus_id, truth, distractor, choice : array of str, (n_trials,)
        As in the contract behavior; a distractor may be `ALL_OTHERS`.
    stimulus_ids : array of str, (n_images,)
        Images in the order of the model's rows.
    categories : array of str, (n_categories,)
        Nouns in the order of the model's columns.

    Returns
    -------
    Trials
        All trials, in their order.

    Raises
    ------
    ValueError
        If there is no trial, or a trial shows an unknown image or noun, offers its truth as
        distractor, or is answered with something that was not offered.
    """
    trials = Trials(
        _positions(stimulus_id, stimulus_ids, "stimulus_id"),
        _positions(truth, categories, "truth"),
        _positions(distractor, categories, "distractor", {ALL_OTHERS: EVERY}),
        _positions(choice, categories, "choice"),
        len(stimulus_ids),
        len(categories),
    )
    _check_offers(trials, stimulus_id)
    return trials


def response_matrix(trials: Trials) -> np.ndarray:
    """Probability of choosing each category rather than the truth where both were offered.

    Parameters
    ----------
    trials : Trials
        At least one.

    Returns
    -------
    numpy.ndarray, (n_images, n_categories)
        P(choose c | truth and c offered), in [0, 1]; NaN at the truth and where never offered.
    """
    is_pair = trials.distractor != EVERY
    offered, wrong = _pair_counts(trials.take(is_pair))
    if not is_pair.all():
        of_all = _choice_counts(trials.take(~is_pair))
        offered, wrong = offered + of_all[0], wrong + of_all[1]
    return divide(wrong, offered)


def response_halves(trials: Trials, n_repetitions: int, seed: int) -> list:
    """Response matrices of both halves of the trials, `n_repetitions` times divided at random."""
    # Brain-Score's generator, so that its halves and published ceilings can be met exactly.
    rng = np.random.RandomState(seed)
    return [tuple(response_matrix(half) for half in trials.halves(rng))
            for _ in range(n_repetitions)]


def check_trials(truth: np.ndarray, trials: Trials) -> None:
    """Refuse trials of other images than `truth` is of."""
    if trials.n_images != len(truth):
        raise ValueError(f"trials are of {trials.n_images} images, expected the model's "
                         f"{len(truth)}: index them with the same stimulus_ids")
    n_wrong = int((truth[trials.image] != trials.truth).sum())
    if n_wrong:
        raise ValueError(f"{n_wrong} of {len(trials.truth)} trials name another category than "
                         "truth has for their image, expected none: the sets differ")


def divide(numerator: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Divide where the count is above 0; NaN elsewhere."""
    undefined = np.full(np.shape(count), np.nan)
    return np.divide(numerator, count, out=undefined, where=count > 0)


def _pair_counts(trials: Trials) -> tuple[np.ndarray, np.ndarray]:
    """How often each distractor was offered, and chosen; (n_images, n_categories) each."""
    return (_cells(trials, trials.distractor),
            _cells(trials, trials.distractor, trials.choice == trials.distractor))


def _choice_counts(trials: Trials) -> tuple[np.ndarray, np.ndarray]:
    """The same of trials that offered all: those that chose c or the truth, and c."""
    chosen = _cells(trials, trials.choice)
    right = np.bincount(trials.image, trials.choice == trials.truth, trials.n_images)
    either = chosen + right[:, None]
    either[trials.image, trials.truth] = 0  # not a distractor of itself
    return either, chosen


def _cells(trials: Trials, column: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Trials, or the sum of their weights, by image and category."""
    shape = trials.n_images, trials.n_categories
    cell = trials.image * trials.n_categories + column
    return np.bincount(cell, weights, minlength=shape[0] * shape[1]).reshape(shape)


def _check_offers(trials: Trials, stimulus_id) -> None:
    if not trials.image.size:
        raise ValueError("there are 0 trials, expected at least one: the table is empty")
    same = trials.truth == trials.distractor
    if same.any():
        raise ValueError(f"{int(same.sum())} of {same.size} trials offer their truth as distractor "
                         f"too, the first with image {np.asarray(stimulus_id)[same.argmax()]}; "
                         "expected two different nouns: drop or correct them")
    is_pair = trials.distractor != EVERY
    n_other = int((is_pair & (trials.choice != trials.truth)
                   & (trials.choice != trials.distractor)).sum())
    if n_other:
        raise ValueError(f"{n_other} of {same.size} trials do not choose between truth and "
                         "distractor, expected all to: drop or correct them")


def _positions(labels, known, name: str, others: dict[str, int] | None = None) -> np.ndarray:
    place = {label: i for i, label in enumerate(np.asarray(known).tolist())} | (others or {})
    labels = np.asarray(labels).tolist()
    # As they are written in code: 7 and '7' are different names.
    missing = sorted(repr(label) for label in set(labels) - place.keys())
    if missing:
        raise ValueError(f"{name} has {len(missing)} unknown values ({', '.join(missing[:5])}), "
                         f"expected some of {', '.join(map(repr, list(place)[:5]))}, ...: the "
                         "trials are of other images than the set's test images, drop or correct "
                         "them")
    return np.array([place[label] for label in labels], dtype=np.int64)
