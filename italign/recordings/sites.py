"""Simulated recording sites: what each responds to, how strongly, how late and how loudly.

A site is a sparse non-negative mixture of teacher units. Everything about it follows from the seed
and its neuroid_id, and its tuning is scaled on one fixed reference set of images: the same site
has the same tuning in every session and for every stimulus set.
"""

import zlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sites:
    """Parameters of the sites of an array, one entry (or column) per site.

    Parameters
    ----------
    weights : numpy.ndarray
        (n_units, n_sites), non-negative.
    baseline_hz, driven_hz : numpy.ndarray
        Rate without an image, and the most that an image adds.
    latency_ms : numpy.ndarray
        From image onset to the first change of rate.
    amplitude_uv : numpy.ndarray
        Trough of the spike waveform, positive.
    waveform : numpy.ndarray
        Index into `voltage.WAVEFORMS`.
    """

    weights: np.ndarray
    baseline_hz: np.ndarray
    driven_hz: np.ndarray
    latency_ms: np.ndarray
    amplitude_uv: np.ndarray
    waveform: np.ndarray


def generator(seed: int, name: str) -> np.random.Generator:
    """Random generator of one named thing (a site, a session), whatever else is drawn."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def draw_sites(
    neuroid_ids: list[str],
    reference: np.ndarray,
    seed: int,
    *,
    units_per_site: int,
    n_waveforms: int,
    baseline_hz: tuple[float, float],
    driven_hz: tuple[float, float],
    latency_ms: tuple[float, float],
    amplitude_uv: tuple[float, float],
) -> Sites:
    """Draw sites, each from a generator of its own.

    Parameters
    ----------
    neuroid_ids : list of str
        Names of the sites.
    reference : numpy.ndarray
        (n_stimuli, n_units) teacher features of the reference images. Units that never vary over
        these images are not mixed in; the others enter in units of their SD.
    seed : int
        Of the world.
    units_per_site : int
        Teacher units mixed into one site, with exponential weights.
    n_waveforms : int
        Size of the template bank.
    baseline_hz, driven_hz, latency_ms, amplitude_uv : tuple of float
        Ends of the uniform distributions.

    Returns
    -------
    Sites

    Raises
    ------
    ValueError
        If fewer teacher units vary over the reference images than a site needs.
    """
    unit_sd = reference.std(axis=0)
    alive = np.flatnonzero(unit_sd > 0)
    if len(alive) < units_per_site:
        raise ValueError(f"{len(alive)} of {len(unit_sd)} teacher units vary over the reference "
                         f"images, expected at least units_per_site = {units_per_site}; train the "
                         "teacher longer or lower units_per_site")
    weights = np.zeros((len(unit_sd), len(neuroid_ids)))
    draws = []
    for site, name in enumerate(neuroid_ids):
        rng = generator(seed, name)
        units = rng.choice(alive, units_per_site, replace=False)
        weights[units, site] = rng.exponential(size=units_per_site) / unit_sd[units]
        ranges = (baseline_hz, driven_hz, latency_ms, amplitude_uv)
        draws.append([rng.uniform(*ends) for ends in ranges] + [rng.integers(n_waveforms)])
    *numbers, waveform = np.array(draws).T
    return Sites(weights, *numbers, waveform.astype(int))


def site_drive(features: np.ndarray, reference: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """How strongly each stimulus drives each site.

    The mixture is standardised by its mean and SD over the reference images, then
    drive = clip((z + 1) / 3, 0, 1): nothing below one SD under the mean, saturation two above.

    Parameters
    ----------
    features, reference : numpy.ndarray
        (n_stimuli, n_units) and (n_reference, n_units) teacher features.
    weights : numpy.ndarray
        (n_units, n_sites).

    Returns
    -------
    numpy.ndarray
        (n_stimuli, n_sites) in [0, 1].
    """
    expected = reference @ weights
    z = (features @ weights - expected.mean(axis=0)) / expected.std(axis=0)
    # ASSUME: these two cuts; about one image in six leaves a site silent, few saturate it.
    return np.clip((z + 1) / 3, 0, 1)
