"""Falling-edge threshold crossings of raw voltage: the paper's multi-unit events (section 2.2).

A crossing is a sample below ``mean - threshold_sd * SD`` whose predecessor is not below it.
ASSUME: mean and SD are those of the channel's whole raw trace, spikes included. On white noise this
rule alone gives about 27 crossings per second at 3 SD and 20 kHz (20,000 x Phi(-3)).
"""

import math

import numpy as np

EDGES = ("falling",)


def detect_crossings(
    voltage_uv: np.ndarray,
    sampling_rate_hz: float,
    threshold_sd: float = 3.0,
    edge: str = "falling",
) -> tuple[np.ndarray, np.ndarray]:
    """Find where each channel falls below its threshold.

    Parameters
    ----------
    voltage_uv : numpy.ndarray
        (n_samples, n_channels), finite. Any linear unit gives the same crossings.
    sampling_rate_hz : float
        Positive. Every sample is examined, so it only guards against a wrong argument order.
    threshold_sd : float
        Distance of the threshold below the mean, in SDs of the raw voltage; positive.
    edge : str
        ``"falling"``.

    Returns
    -------
    sample : numpy.ndarray
        int64, first sample below the threshold, ascending.
    channel : numpy.ndarray
        int64, column of the voltage, ascending within a sample.

    Raises
    ------
    ValueError
        If an argument is out of range or the voltage is not a finite two-dimensional array.
    """
    check_rule(threshold_sd, edge, sampling_rate_hz)
    voltage_uv = np.asarray(voltage_uv)
    _check_voltage(voltage_uv)
    mean, sd = voltage_uv.mean(axis=0, dtype=float), voltage_uv.std(axis=0, dtype=float)
    return falling_edges(voltage_uv, mean - threshold_sd * sd)


def falling_edges(
    voltage: np.ndarray, threshold: np.ndarray, previous: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Find the samples below a threshold that follow one that is not.

    Parameters
    ----------
    voltage : numpy.ndarray
        (n_samples, n_channels).
    threshold : numpy.ndarray
        (n_channels,), unit of the voltage.
    previous : numpy.ndarray, optional
        (n_channels,), the sample before the first one. Without it the first sample cannot cross.

    Returns
    -------
    sample, channel : numpy.ndarray
        int64, sorted by sample, then channel; samples count from the first of `voltage`.
    """
    below = voltage < _comparable(threshold, voltage.dtype)
    before = np.empty_like(below)
    before[1:] = below[:-1]
    before[0] = True if previous is None else previous < threshold
    return np.divmod(np.flatnonzero(below > before), voltage.shape[1])


def integer_moments(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum and sum of squares of each channel of a stretch of ADC counts.

    Parameters
    ----------
    counts : numpy.ndarray
        int16 (n_samples, n_channels).

    Returns
    -------
    total, total_of_squares : numpy.ndarray
        int64 (n_channels,). Exact below 2**53 (8 million full-scale samples), so that adding them
        over stretches does not depend on where the stretches end.
    """
    exact = counts.astype(np.float64)
    squares = np.einsum("ij,ij->j", exact, exact)
    return (np.ones(len(exact)) @ exact).astype(np.int64), squares.astype(np.int64)


def mean_and_sd(n_samples: int, total: np.ndarray, total_of_squares: np.ndarray) -> np.ndarray:
    """Mean and SD (over n, not n - 1) from exact sums, without cancellation.

    Returns
    -------
    numpy.ndarray
        (2, n_channels), in counts.
    """
    pairs = zip(total.tolist(), total_of_squares.tolist(), strict=True)
    rows = [(s / n_samples, math.sqrt(n_samples * q - s * s) / n_samples) for s, q in pairs]
    return np.array(rows).T


def check_rule(threshold_sd: float, edge: str, sampling_rate_hz: float) -> None:
    """Refuse a rule that is not defined.

    Raises
    ------
    ValueError
        Naming the argument, what was found and what is allowed.
    """
    if edge not in EDGES:
        raise ValueError(f"edge is {edge!r}, expected one of {EDGES}: the paper's rule (2.2)")
    for name, value in (("threshold_sd", threshold_sd), ("sampling_rate_hz", sampling_rate_hz)):
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"{name} is {value}, expected a positive number")


def _check_voltage(voltage: np.ndarray) -> None:
    if voltage.ndim != 2 or 0 in voltage.shape:
        raise ValueError(f"voltage has shape {voltage.shape}, expected (n_samples, n_channels), "
                         "neither of them 0; give a single channel as voltage[:, None]")
    bad = np.flatnonzero(~np.isfinite(voltage).all(axis=0))
    if bad.size:
        raise ValueError(f"voltage has NaN or infinite samples in {bad.size} of "
                         f"{voltage.shape[1]} channels (first: {bad[:5].tolist()}), expected none; "
                         "drop these channels or interpolate the gaps")


def _comparable(threshold: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Bring thresholds to the voltage's dtype: for integers v < x is v < ceil(x), and fast."""
    if dtype.kind != "i":
        return threshold
    limits = np.iinfo(dtype)
    return np.clip(np.ceil(threshold), limits.min, limits.max).astype(dtype)
