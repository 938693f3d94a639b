"""What a source of responses gives."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Responses:
    """One animal's responses to the images of a file.

    Attributes
    ----------
    rate : numpy.ndarray, float32 (n_stimuli, n_repetitions, n_neuroids)
        NaN where a repetition is missing.
    stimulus_ids : numpy.ndarray, str (n_stimuli,)
        As in the image set.
    sites : pandas.DataFrame
        One row per site: neuroid_id, animal, hemisphere, array, channel, region.
    units : str
        Of the rates, ``1`` where they are normalised or the file does not tell.
    """

    rate: np.ndarray
    stimulus_ids: np.ndarray
    sites: pd.DataFrame
    units: str
