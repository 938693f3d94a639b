"""Files of public recordings and choices, written from their descriptions."""

import h5py
import numpy as np


def write_cowley(folder, session, counts):
    """Counts (sites, images) are averages; (sites, images, repetitions) single trials."""
    kind = "avg" if counts.ndim == 2 else "raw"
    path = folder / f"responses_{kind}_{session}.npy"
    np.save(path, counts)
    return str(path)


def write_kar(path, rates, name="rates"):
    """Rates (640 images, repetitions) of one site."""
    with h5py.File(path, "w") as file:
        file[name] = rates
    return str(path)


def write_cifar10h(folder, counts, labels):
    """Counts (images, 10) and labels (images,)."""
    paths = folder / "cifar10h-counts.npy", folder / "cifar10_test_set_original_labels.npy"
    np.save(paths[0], np.asarray(counts))
    np.save(paths[1], np.asarray(labels, dtype=np.uint16))
    return [str(path) for path in paths]


def poisson_counts(n_sites, n_images, n_repetitions, seed=0):
    """Sites with a rate of their own for each image."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(2, 2, (n_sites, n_images, 1))
    return rng.poisson(rate, (n_sites, n_images, n_repetitions)).astype(float)
