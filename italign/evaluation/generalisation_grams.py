"""Gram matrices of a cohort's last checkpoints over the images of a set."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from italign.evaluation.layers import compared_rung, rung_features
from italign.evaluation.similarity import linear_gram
from italign.stimuli.alike import most_alike
from italign.training.state import checkpoint_steps, load_checkpoint


def last_grams(network: nn.Module, files: Sequence[str | Path], images: Tensor, region: str,
               batch_size: int) -> np.ndarray:
    """Show images to the last checkpoint of every run.

    Parameters
    ----------
    network : torch.nn.Module
        Of the runs' architecture; its weights change.
    files : sequence of path
        Last checkpoint file of each run.
    images : torch.Tensor
        uint8 (n, y, x, channel), on the network's device.
    region : str
        Name in ``network.regions``.
    batch_size : int
        Images of one pass.

    Returns
    -------
    numpy.ndarray, float32 (n_runs, n, n)
        Single precision: its error of a CKA is below 1e-5, and the cohort fits into memory.
    """
    rung = compared_rung(network, region)
    grams = np.empty((len(files), len(images), len(images)), dtype=np.float32)
    for place, file in enumerate(files):
        load_checkpoint(network, file, checkpoint_steps(file)[-1])
        features = rung_features(network, images, [rung], batch_size)[rung]
        try:
            grams[place] = linear_gram(features.float()).cpu().numpy()
        except ValueError as error:
            raise ValueError(f"{file}, last step: {error}") from error
    return grams


def apart(test: np.ndarray, train: np.ndarray, fraction: float) -> tuple[np.ndarray, str]:
    """Find the test images that are left when those most like a training image go.

    By pixels, and not by features of the network: those are what alignment changes and what is
    compared, so that leaving images out by them would choose by the outcome.

    Parameters
    ----------
    test, train : numpy.ndarray, uint8 (n, y, x, 3)
        Images of the held-out set and of the training split.
    fraction : float
        Of the test images, that goes.

    Returns
    -------
    is_apart : numpy.ndarray of bool, (n_test,)
        True for images that stay.
    words : str
        How many went, and from which correlation on.
    """
    _, correlation = most_alike(test, train)
    n_out = round(fraction * len(test))
    order = np.argsort(-correlation, kind="stable")
    is_apart = np.ones(len(test), dtype=bool)
    is_apart[order[:n_out]] = False
    least = correlation[order[n_out - 1]] if n_out else np.nan
    return is_apart, (f"{n_out} of {len(test)} images left out, whose small grey version "
                      f"correlates with one of a training image by {least:.2f} or more")
