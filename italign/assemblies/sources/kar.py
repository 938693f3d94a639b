"""One IT site and 640 HvM-like images, 63 repetitions each (Kar et al. 2019): sample_neuron.h5."""

import h5py
import numpy as np
import pandas as pd

from italign.assemblies.sources._records import Responses

REGION, DATASET, N_IMAGES = "IT", "rates", 640
# ASSUME: the file names no images. Its rows are in the order of the 640 images of session 210325 of
# Cowley et al. 2023: V4 of that session and image features predict row by row, within objects too,
# and shuffled rows do not. The authors do not say so.
SESSION = "210325"
# ASSUME: from -0.3 to 17.5, so not spikes per second; "normalised" is all that is known.
UNITS = "1"


def kar(file: str, animal: str, region: str) -> Responses:
    """Read the site.

    Parameters
    ----------
    file : str
        HDF5 file with ``rates`` (640 images, repetitions).
    animal : str
        Any name: the file tells none.
    region : str
        ``IT``.

    Returns
    -------
    Responses
        One site; images are named ``210325-0001`` to ``210325-0640``.

    Raises
    ------
    ValueError
        If the file has another layout, or another region is asked for.
    """
    if region != REGION:
        raise ValueError(f"{file}: the site is in {REGION}, expected {region}: add region: "
                         f"{REGION} to its entry of assemblies.prepared")
    rates = _rates(file)
    images = np.array([f"{SESSION}-{row + 1:04d}" for row in range(N_IMAGES)])
    site = pd.DataFrame({
        "neuroid_id": [f"{animal}.unknown.unknown.0"], "animal": animal, "hemisphere": "unknown",
        "array": "unknown", "channel": [0], "region": REGION,
    })
    return Responses(rates.astype(np.float32)[:, :, None], images, site, UNITS)


def _rates(file: str) -> np.ndarray:
    try:
        with h5py.File(file, "r") as opened:
            found = {name: node.shape for name, node in opened.items()
                     if isinstance(node, h5py.Dataset)}
            if len(found.get(DATASET, ())) != 2 or found[DATASET][0] != N_IMAGES:
                raise ValueError(f"{file}: holds {found}, expected {DATASET} ({N_IMAGES} images, "
                                 "repetitions): take the original file")
            return opened[DATASET][:]
    except OSError as error:
        raise ValueError(f"{file}: cannot be read as HDF5 ({error}), expected sample_neuron.h5: it "
                         "is cut short or another format, get it again") from error
