"""A population with known noiseless responses."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def population():
    """Give a function of the seed -> noiseless rates, trials, and the factors behind both."""

    def draw(seed, n_stimuli=60, n_repetitions=8, n_neuroids=20, noise_sd=1.0, n_factors=6):
        rng = np.random.default_rng(seed)
        factors = rng.standard_normal((n_stimuli, n_factors))
        noiseless = factors @ rng.standard_normal((n_factors, n_neuroids)) / np.sqrt(n_factors)
        mixing = rng.standard_normal((n_neuroids, n_neuroids)) / np.sqrt(n_neuroids)
        noise = rng.standard_normal((n_stimuli, n_repetitions, n_neuroids))
        noise = noise @ (np.eye(n_neuroids) + mixing)  # correlated between sites
        return noiseless, noiseless[:, None] + noise_sd * noise, factors

    return draw
