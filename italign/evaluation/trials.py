"""Two-alternative trials of people as numbers, from the labels of the contract behavior."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Trials:
    """Two-alternative trials, everything as numbers.

    Parameters
    ----------
    image : numpy.ndarray, (n_trials,)
        Row of the image, 0 to `n_images` - 1.
    truth, distractor, choice : numpy.ndarray, (n_trials,)
        Category shown, other category offered, and the one of the two that was chosen.
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
        As in the contract behavior.
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
        _positions(distractor, categories, "distractor"),
        _positions(choice, categories, "choice"),
        len(stimulus_ids),
        len(categories),
    )
    _check_offers(trials, stimulus_id)
    return trials


def _check_offers(trials: Trials, stimulus_id) -> None:
    if not trials.image.size:
        raise ValueError("there are 0 trials, expected at least one: the table is empty")
    same = trials.truth == trials.distractor
    if same.any():
        raise ValueError(f"{int(same.sum())} of {same.size} trials offer their truth as distractor "
                         f"too, the first with image {np.asarray(stimulus_id)[same.argmax()]}; "
                         "expected two different nouns: drop or correct them")
    n_other = int(((trials.choice != trials.truth) & (trials.choice != trials.distractor)).sum())
    if n_other:
        raise ValueError(f"{n_other} of {same.size} trials do not choose between truth and "
                         "distractor, expected all to: drop or correct them")


def _positions(labels, known, name: str) -> np.ndarray:
    place = {label: i for i, label in enumerate(np.asarray(known).tolist())}
    labels = np.asarray(labels).tolist()
    missing = sorted({label for label in labels if label not in place})
    if missing:
        raise ValueError(f"{name} has {len(missing)} unknown values ({', '.join(missing[:5])}), "
                         f"expected some of {', '.join(list(place)[:5])}, ...: the trials are of "
                         "other images than the set's test images, drop or correct them")
    return np.array([place[label] for label in labels], dtype=np.int64)
