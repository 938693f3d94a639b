"""What counts as zero among rates."""

import numpy as np

# Rates are Hz: a mean or a spread below it is the rounding of equal numbers.
ROUNDING_HZ = 1e-9


def above_rounding(values: np.ndarray, otherwise: float = np.nan) -> np.ndarray:
    """Replace what is 0 but for rounding, because a ratio to it means nothing.

    Parameters
    ----------
    values : numpy.ndarray
        Denominators of any shape, 0 or more: rates, or products of rates.
    otherwise : float
        In place of those at or below `ROUNDING_HZ`.

    Returns
    -------
    numpy.ndarray
        Of the same shape; NaN stays NaN only if `otherwise` is.
    """
    return np.where(values > ROUNDING_HZ, values, otherwise)
