"""In-silico people: two-alternative choices from a teacher's logits (the task of paper 2.3)."""

import numpy as np

# ASSUME: people differ in decision noise by a factor whose log has this SD; no source gives it.
OBSERVER_LOG_SD = 0.3
# Private streams of one seed.
_ASSIGNMENT_STREAM, _PEOPLE_STREAM, _TRIAL_STREAM = 0, 1, 2


def assign_trials(
    n_images: int, n_distractors: int, n_observers: int, responses_per_image: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hand out trials so that no observer sees an image twice and distractors are balanced.

    Parameters
    ----------
    n_images, n_distractors, n_observers : int
        Images, other categories of the set, and people.
    responses_per_image : int
        Trials of each image; at most `n_observers`.
    seed : int
        Of a private generator.

    Returns
    -------
    tuple of numpy.ndarray, (n_images * responses_per_image,) each
        Image, distractor (0 to `n_distractors` - 1, among the categories other than the truth) and
        observer of each trial. An image's distractors occur equally often, to within one.

    Raises
    ------
    ValueError
        If there are fewer observers than responses per image, or no distractor.
    """
    if responses_per_image > n_observers or n_distractors < 1:
        raise ValueError(f"{responses_per_image} responses per image, {n_observers} observers and "
                         f"{n_distractors} distractors: expected at least as many observers as "
                         "responses (each sees an image once) and at least one distractor")
    rng = np.random.default_rng([seed, _ASSIGNMENT_STREAM])
    image = np.repeat(np.arange(n_images), responses_per_image)
    observer = _shuffled_rows(n_images, n_observers, rng)[:, :responses_per_image]
    turns = np.arange(responses_per_image) % n_distractors
    distractor = _shuffled_rows(n_images, n_distractors, rng)[:, turns]
    return image, distractor.ravel(), observer.ravel()


def simulate_choices(
    evidence: np.ndarray,
    observer: np.ndarray,
    decision_noise: float,
    lapse_rate: float,
    seed: int,
) -> np.ndarray:
    """Whether each trial is answered correctly.

    Correct when evidence + noise > 0, with Gaussian noise of SD `decision_noise` times a factor of
    the observer's own; a lapse is a coin flip.

    Parameters
    ----------
    evidence : numpy.ndarray, (n_trials,)
        Logit of the truth minus logit of the distractor.
    observer : numpy.ndarray, (n_trials,)
        Observer number, from 0.
    decision_noise : float
        SD of the median observer, in logits.
    lapse_rate : float
        Share of trials answered blindly, 0 to 1.
    seed : int
        The same seed gives the same people, whatever they are shown.

    Returns
    -------
    numpy.ndarray, (n_trials,), bool
        True where the truth is chosen.

    Raises
    ------
    ValueError
        If noise is negative or the lapse rate is not a share.
    """
    if decision_noise < 0 or not 0 <= lapse_rate <= 1:
        raise ValueError(f"decision noise {decision_noise} and lapse rate {lapse_rate}, expected "
                         "noise of 0 or more and a rate between 0 and 1")
    people = np.random.default_rng([seed, _PEOPLE_STREAM])
    factor = np.exp(OBSERVER_LOG_SD * people.standard_normal(observer.max() + 1))
    rng = np.random.default_rng([seed, _TRIAL_STREAM])
    noise = decision_noise * factor[observer] * rng.standard_normal(evidence.shape)
    lapse = rng.random(evidence.shape) < lapse_rate
    coin = rng.random(evidence.shape) < 0.5
    return np.where(lapse, coin, evidence + noise > 0)


def _shuffled_rows(n_rows: int, n_values: int, rng: np.random.Generator) -> np.ndarray:
    return rng.permuted(np.tile(np.arange(n_values), (n_rows, 1)), axis=1)
