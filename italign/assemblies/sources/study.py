"""Responses of the original study: SachiMajajHong2015.h5, many_monkeys2.h5, bento_nano_COCO.h5."""

import h5py
import numpy as np
import pandas as pd

from italign.assemblies.sources._records import Responses
from italign.resources.study_file import open_study_file, study_stimulus_ids

REGION = "IT"
# Averaged responses: 36 bins of 20 ms that start every 10 ms from -70 ms on. These five tile the
# window of 70 to 170 ms.
N_BINS, WINDOW_BINS = 36, (14, 16, 18, 20, 22)
# ASSUME: the files do not tell units; those of Majaj, Hong et al. are normalised by session.
UNITS = "1"


def study(file: str, animal: str, region: str) -> Responses:
    """Read all sites of one animal, of both hemispheres where the file has both.

    Parameters
    ----------
    file : str
        HDF5 file of the study.
    animal : str
        Group at the top of the file: chabo, tito, solo, nano, magneto, bento.
    region : str
        ``IT``: the study has no other.

    Returns
    -------
    Responses
        Mean response from 70 to 170 ms; one repetition where the file holds averages.

    Raises
    ------
    ValueError
        If the file has no such animal or region, or another layout.
    """
    if region != REGION:
        raise ValueError(f"{file}: sites are in {REGION}, expected {region}: correct "
                         "assemblies.region or take another file")
    with open_study_file(file) as opened:
        stimulus_ids = study_stimulus_ids(opened)
        found = sorted(name for name, node in opened.items() if isinstance(node, h5py.Group))
        if animal not in found:
            raise ValueError(f"{file}: no animal {animal!r}, expected one of {', '.join(found)}: "
                             "correct assemblies.prepared")
        rates = {side: _hemisphere(opened[animal][side], len(stimulus_ids), file)
                 for side in sorted(opened[animal])}
    n_repetitions = max(rate.shape[1] for rate in rates.values())
    padded = [np.pad(rate, ((0, 0), (0, n_repetitions - rate.shape[1]), (0, 0)),
                     constant_values=np.nan) for rate in rates.values()]
    sites = pd.concat([_sites(animal, side, rate.shape[2]) for side, rate in rates.items()])
    return Responses(np.concatenate(padded, axis=2), stimulus_ids,
                     sites.reset_index(drop=True), UNITS)


def _hemisphere(node: h5py.Group | h5py.Dataset, n_stimuli: int, source: str) -> np.ndarray:
    """Responses, (n_stimuli, n_repetitions, n_neuroids)."""
    where = f"{source}: {node.name}"
    if isinstance(node, h5py.Group):
        path = next((path for path in ("rates", "coco/rates") if path in node), None)
        if path is None:
            raise ValueError(f"{where} holds {', '.join(node)}, expected rates or coco/rates")
        return _single_trials(node[path], n_stimuli, f"{where}/{path}")
    if node.ndim != 3 or node.shape[:2] != (N_BINS, n_stimuli):
        raise ValueError(f"{where} has shape {node.shape}, expected ({N_BINS} time bins, "
                         f"{n_stimuli} images, sites)")
    bins = [node[bin].astype(np.float64) for bin in WINDOW_BINS]
    return np.mean(bins, axis=0, dtype=np.float64).astype(np.float32)[:, None]


def _single_trials(rates: h5py.Dataset, n_stimuli: int, where: str) -> np.ndarray:
    if rates.ndim != 3 or rates.shape[0] != n_stimuli:
        raise ValueError(f"{where} has shape {rates.shape}, expected ({n_stimuli} images, sites, "
                         "trials)")
    return rates[:].astype(np.float32).transpose(0, 2, 1)


def _sites(animal: str, hemisphere: str, n_sites: int) -> pd.DataFrame:
    """Name sites by their column: the files do not tell array and channel."""
    array, channel = "unknown", np.arange(n_sites)
    return pd.DataFrame({
        "neuroid_id": [f"{animal}.{hemisphere}.{array}.{i}" for i in channel],
        "animal": animal, "hemisphere": hemisphere, "array": array, "channel": channel,
        "region": REGION,
    })
