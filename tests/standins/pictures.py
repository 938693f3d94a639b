"""Pictures that differ by what they show, sites that respond to them, people who confuse them."""

import hashlib

import numpy as np
import pandas as pd

PX = 40  # not the toy worlds' 32, so that images are resized


def rng_of(*words):
    """A generator that depends on words alone."""
    digest = hashlib.sha256("/".join(map(str, words)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def image_id(name, i):
    """Forty hexadecimal digits, as Brain-Score names images."""
    return hashlib.sha1(f"{name}{i}".encode(), usedforsecurity=False).hexdigest()


def pictures(name, nouns, colour=False):
    """A grating for each noun, at a place of its own for each image, and noise.

    Gives uint8 (n, PX, PX, 3), grey unless colour.
    """
    rng, images = rng_of("pictures", name), []
    y, x = np.mgrid[:PX, :PX] / PX
    for noun in nouns:
        angle, cycles = rng_of("noun", noun).uniform((0, 2), (np.pi, 6))
        phase, row, column = rng.uniform(0, 1, 3)
        grating = np.cos(2 * np.pi * (cycles * (x * np.cos(angle) + y * np.sin(angle)) + phase))
        window = np.exp(-8 * ((y - 0.3 - 0.4 * row) ** 2 + (x - 0.3 - 0.4 * column) ** 2))
        tint = rng.uniform(0.3, 1, 3) if colour else np.ones(3)
        noise = rng.normal(0, 0.05, (PX, PX, 1))
        images.append(0.5 + (0.45 * grating * window)[..., None] * tint + noise)
    return np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)


def responses(animal, images, n_sites, n_trials, noise_sd=0.7):
    """Random projections of the pixels, of SD 1, and noise of every trial.

    Gives float32 (images, sites, trials).
    """
    rng = rng_of("sites", animal)
    small = images[:, ::4, ::4].reshape(len(images), -1) / 255 - 0.5
    signal = small @ rng.standard_normal((small.shape[1], n_sites))
    signal = (signal - signal.mean(0)) / signal.std(0)
    trials = rng.normal(0, noise_sd, (*signal.shape, n_trials))
    return (signal[..., None] + trials).astype(np.float32)


def choices(name, ids, nouns, per_distractor=48):
    """Two-alternative trials: some images are harder, and each is confused with some nouns most.

    Gives one row per trial: stimulus_id, truth, distractor, choice, worker.
    """
    rng, known, rows = rng_of("people", name), sorted(set(nouns)), []
    for one, truth in zip(ids, nouns, strict=True):
        ease = rng.uniform(0.3, 1)
        for distractor in (noun for noun in known if noun != truth):
            is_right = rng.random(per_distractor) < (ease + rng.uniform(0.2, 1)) / 2
            rows += [(one, truth, distractor, truth if right else distractor,
                      f"worker{rng.integers(20):02d}") for right in is_right]
    table = pd.DataFrame(rows, columns=["stimulus_id", "truth", "distractor", "choice", "worker"])
    return table.sample(frac=1, random_state=0, ignore_index=True)
