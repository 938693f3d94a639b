"""Rapid serial presentation as in paper 2.2: trials of 5-10 images, 100 ms on, 100 ms off."""

import numpy as np
import pandas as pd


def schedule_trials(
    stimulus_ids: np.ndarray,
    n_repetitions: int,
    rng: np.random.Generator,
    *,
    image_on_ms: int,
    image_off_ms: int,
    fixation_ms: int,
    intertrial_ms: int,
    images_per_trial_min: int,
    images_per_trial_max: int,
    aborted_fraction: float,
) -> tuple[pd.DataFrame, int]:
    """Lay out a session until every stimulus has its valid presentations.

    Every block shows each stimulus once, in random order. A trial may break off at a random image:
    that image was shown but does not count, the ones after it were not shown; all of them go
    back to the end of the queue.

    Parameters
    ----------
    stimulus_ids : numpy.ndarray
        (n_stimuli,) str.
    n_repetitions : int
        Valid presentations of each stimulus.
    rng : numpy.random.Generator
        Order, trial lengths and breaks.
    image_on_ms, image_off_ms, fixation_ms, intertrial_ms : int
        Durations on a 1 ms grid.
    images_per_trial_min, images_per_trial_max : int
        Images of an unbroken trial, both ends included.
    aborted_fraction : float
        Probability that a trial breaks off, in [0, 1).

    Returns
    -------
    presentations : pandas.DataFrame
        Columns onset_s, stimulus_id, trial, position, aborted (0 or 1), in time order.
    duration_ms : int
        End of the last intertrial interval.

    Raises
    ------
    ValueError
        If the presentations cannot be divided into trials of the lengths allowed.
    """
    lengths = range(images_per_trial_min, images_per_trial_max + 1)
    queue = [image for _ in range(n_repetitions) for image in rng.permutation(stimulus_ids)]
    rows, clock_ms, trial = [], 0, 0
    while queue:
        length = rng.choice(_possible_lengths(len(queue), lengths))
        images, queue = queue[:length], queue[length:]
        broken_at = rng.integers(length) if rng.random() < aborted_fraction else length
        if broken_at < length and not _divides(len(queue) + length - broken_at, lengths):
            broken_at = length  # too few images would be left for another trial
        queue += images[broken_at:]
        clock_ms += fixation_ms
        for position, image in enumerate(images[: broken_at + 1]):
            rows.append((clock_ms / 1e3, image, trial, position, int(position == broken_at)))
            clock_ms += image_on_ms + image_off_ms
        clock_ms += intertrial_ms
        trial += 1
    columns = ["onset_s", "stimulus_id", "trial", "position", "aborted"]
    return pd.DataFrame(rows, columns=columns), clock_ms


def _possible_lengths(n_left: int, lengths: range) -> list[int]:
    """Trial lengths after which the rest still divides into trials."""
    possible = [n for n in lengths if n <= n_left and _divides(n_left - n, lengths)]
    if not possible:
        raise ValueError(
            f"{n_left} presentations cannot be divided into trials of {lengths.start} to "
            f"{lengths.stop - 1} images; show more stimuli, or widen images_per_trial_min/max"
        )
    return possible


def _divides(n_images: int, lengths: range) -> bool:
    """Whether some number of trials of these lengths has exactly so many images."""
    fewest_trials = -(-n_images // (lengths.stop - 1))
    return fewest_trials * lengths.start <= n_images
