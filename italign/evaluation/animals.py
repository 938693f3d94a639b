"""Sessions of animals, and which images two of them have in common."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from italign.evaluation.layers_brains import session_words, site_groups
from italign.stimuli.alike import most_alike

BY_ID, BY_PIXELS = "stimulus_id", "pixels"


@dataclass(frozen=True)
class Session:
    """Sites of one animal that saw the same images.

    Parameters
    ----------
    animal, stimulus_set, sessions : str
        Names; arrays in files of averages are sessions.
    stimulus_id : numpy.ndarray of str, (n_images,)
        Images that all its sites saw.
    responses : numpy.ndarray, float64 (n_images, n_sites)
        Averages over repetitions, of selected sites.
    """

    animal: str
    stimulus_set: str
    sessions: str
    stimulus_id: np.ndarray
    responses: np.ndarray


def sessions_of(assembly: xr.Dataset) -> list[Session]:
    """Divide an assembly into groups of sites that saw the same images.

    Parameters
    ----------
    assembly : xarray.Dataset
        Contract ``assembly``; NaN where a site's session did not show an image.

    Returns
    -------
    list of Session
        One, unless the assembly holds several sessions.

    Raises
    ------
    ValueError
        If no site is selected.
    """
    selected = assembly.isel(neuroid=np.flatnonzero(assembly.selected.values == 1))
    names = assembly.attrs["animal"], assembly.attrs["stimulus_set"]
    if not selected.sizes["neuroid"]:
        raise ValueError(f"{', '.join(names)}: none of {assembly.sizes['neuroid']} sites is "
                         "selected, expected one at least; lower the limits of "
                         "assemblies.selection")
    rates = selected.rate.transpose("stimulus", "neuroid", "repetition").values.astype(np.float64)
    counted = np.isfinite(rates)
    with np.errstate(invalid="ignore"):
        means = np.where(counted, rates, 0).sum(-1) / counted.sum(-1)
    return [Session(*names, session_words(selected, sites), selected.stimulus_id.values[rows],
                    means[np.ix_(rows, sites)])
            for rows, sites in site_groups(means) if len(rows)]


def common_images(a: Session, b: Session, stimuli: Mapping[str, xr.Dataset],
                  correlation_min: float) -> tuple[np.ndarray, np.ndarray, str]:
    """Find the images that two sessions have in common.

    Parameters
    ----------
    a, b : Session
        Of any animals and sets.
    stimuli : mapping of str to xarray.Dataset
        Contract ``stimuli``, by set.
    correlation_min : float
        Of small grey versions, from which two images that are each other's most alike are the same.

    Returns
    -------
    rows_a, rows_b : numpy.ndarray, int (n_common,)
        Where they lie in either session.
    matched_by : str
        `BY_ID` where names agree, else `BY_PIXELS`: sessions name the same photograph differently.
    """
    _, rows_a, rows_b = np.intersect1d(a.stimulus_id, b.stimulus_id, assume_unique=True,
                                       return_indices=True)
    # A set's names are its own; of one set, images of different names are different images.
    if len(rows_a) or a.stimulus_set == b.stimulus_set:
        return rows_a, rows_b, BY_ID
    pictures = [_pictures(one, stimuli[one.stimulus_set]) for one in (a, b)]
    index, correlation = most_alike(*pictures)
    back, _ = most_alike(*reversed(pictures))
    same = (correlation >= correlation_min) & (back[index] == np.arange(len(index)))
    return np.flatnonzero(same), index[same], BY_PIXELS


def place_of(session: Session, stimuli: xr.Dataset) -> np.ndarray:
    """Where the images of a session lie in the file of their set, int (n_images,)."""
    place = {name: row for row, name in enumerate(stimuli.stimulus_id.values.tolist())}
    missing = [name for name in session.stimulus_id.tolist() if name not in place]
    if missing:
        raise ValueError(f"{session.animal}, {session.stimulus_set}: {len(missing)} images of the "
                         f"assembly, first {missing[0]!r}, are not in the set; make the assembly "
                         "and the set anew")
    return np.array([place[name] for name in session.stimulus_id.tolist()])


def _pictures(session: Session, stimuli: xr.Dataset) -> np.ndarray:
    return stimuli.image.values[place_of(session, stimuli)]
