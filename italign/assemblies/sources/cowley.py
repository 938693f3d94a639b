"""Responses of V4 sites to natural images (Cowley et al. 2023): one .npy file per session."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from italign.assemblies.sources._records import Responses
from italign.resources.native import read_npy

REGION = "V4"
# The authors' table of sessions, by animal.
SESSIONS = {
    "we": "190923 190924 190925 190926 190927 190928 190929",
    "pe": "201016 201017 201018 201019 201020 201021 201022 201023 201024 201025 210224 210225 "
          "210226 210301 210302 210303 210304 210305 210308 210309 210310 210312 210315 210316 "
          "210322 210323 210324 210325 210326",
    "ra": "210620 210621 211008 211012 211013 211014 211015 211018 211022 211025 211026 211027 "
          "211028 211103",
}
NAME = re.compile(r"responses_(avg|raw)_(\d{6})\.npy")
AXES = {"avg": "(sites, images)", "raw": "(sites, images, repetitions)"}
# Files hold spike counts. ASSUME: "spike count bins are in 100ms" (the authors' readme) means one
# count per presentation, in one bin of 100 ms, so that a count of 1 is 10 Hz.
BINS_PER_S = 10


def cowley(file: str, animal: str, region: str) -> Responses:
    """Read all sites of one session.

    Parameters
    ----------
    file : str
        ``responses_raw_<session>.npy``, spike counts of every repetition, or
        ``responses_avg_<session>.npy``, their averages.
    animal : str
        we, pe or ra, as in the authors' table of sessions.
    region : str
        ``V4``: there is no other.

    Returns
    -------
    Responses
        In Hz. Images are named ``<session>-<number>``, 0001 for the first column: that of
        image0001.jpg in the session's archive. Averages are one repetition. Each session has sites
        of its own, under the session's name as array: the files do not tell which ones remained.

    Raises
    ------
    ValueError
        If the name tells no session, or that of another animal, or the array has another shape.
    """
    kind, session = _kind_and_session(file)
    _check(file, session, animal, region)
    counts = read_npy(file)
    if counts.ndim != AXES[kind].count(",") + 1 or counts.dtype.kind not in "fiu":
        raise ValueError(f"{file}: holds {counts.dtype} of shape {counts.shape}, expected counts "
                         f"{AXES[kind]}: take the original file")
    trials = counts.reshape(*counts.shape[:2], -1)
    rate = (BINS_PER_S * trials).astype(np.float32).transpose(1, 2, 0)
    images = np.array([f"{session}-{column + 1:04d}" for column in range(rate.shape[0])])
    return Responses(rate, images, _sites(animal, session, rate.shape[2]), "Hz")


def _kind_and_session(file: str) -> tuple[str, str]:
    found = NAME.fullmatch(Path(file).name)
    if not found:
        raise ValueError(f"{file}: the name tells no session, expected responses_avg_<session>.npy "
                         "or responses_raw_<session>.npy, as 210325: keep the registered name")
    return found[1], found[2]


def _check(file: str, session: str, animal: str, region: str) -> None:
    """Refuse a session of another animal or region than the config says."""
    if region != REGION:
        raise ValueError(f"{file}: sites are in {REGION}, expected {region}: correct the region in "
                         "assemblies.prepared or assemblies.region")
    whose = next((name for name, known in SESSIONS.items() if session in known.split()), None)
    if whose is None:
        raise ValueError(f"{file}: session {session} is in no row of the authors' table, expected "
                         f"one of {SESSIONS['we']}, ...: take the original file")
    if whose != animal:
        raise ValueError(f"{file}: session {session} is of animal {whose}, expected {animal}: "
                         "correct assemblies.prepared")


def _sites(animal: str, session: str, n_sites: int) -> pd.DataFrame:
    """Name sites by session and row: the files do not tell hemisphere and channel."""
    side, channel = "unknown", np.arange(n_sites)
    return pd.DataFrame({
        "neuroid_id": [f"{animal}.{side}.{session}.{i}" for i in channel],
        "animal": animal, "hemisphere": side, "array": session, "channel": channel,
        "region": REGION,
    })
