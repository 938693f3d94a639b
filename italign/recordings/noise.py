"""Centre and SD of each channel, from which thresholds are measured: exact for ADC counts.

Estimator ``sd``: mean, and SD over all samples, spikes included. Estimator ``mad``: median, and
median absolute deviation / 0.6745 (Quiroga et al. 2004), which few large spikes hardly move.
"""

import math
from queue import SimpleQueue

import numpy as np

from italign.recordings.detection_kernels import HALF_RANGE, count_values, moments
from italign.recordings.filtering import Read
from italign.recordings.segments import Stretch
from italign.recordings.streaming import in_order

# MAD of a normal distribution in units of its SD, as the literature rounds it.
MAD_OF_SD = 0.6745


def center_and_sd(
    read: Read, parts: list[Stretch], n_channels: int, dtype: np.dtype, sd_estimator: str,
    threads: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Measure ADC counts a stretch at a time, or other voltage all at once.

    Parameters
    ----------
    read : callable
        (start, stop) -> (stop - start, n_channels).
    parts : list of Stretch
        What to measure, together. How it is cut does not matter.
    n_channels : int
        Columns of the voltage.
    dtype : numpy.dtype
        Of the voltage: only int16 is measured exactly and without holding it in memory.
    sd_estimator : str
        ``"sd"`` or ``"mad"``. The latter holds a histogram of every channel per thread (50 MB for
        96 channels).
    threads : int
        Does not matter for the result.

    Returns
    -------
    center, sd : numpy.ndarray
        float64 (n_channels,), unit of the voltage. A channel of one value has SD 0 exactly.
    """
    if dtype != np.int16:
        return _of_floats(np.concatenate([read(part.start, part.stop) for part in parts]),
                          sd_estimator)
    if sd_estimator == "mad":
        return median_and_mad_sd(_histogram(read, parts, n_channels, threads))
    found = in_order(lambda part: moments(read(part.start, part.stop)), parts, threads)
    totals = np.zeros((2, n_channels), np.int64)
    for one in found:
        totals += one
    return mean_and_sd(sum(part.stop - part.start for part in parts), *totals)


def mean_and_sd(
    n_samples: int, total: np.ndarray, total_of_squares: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and SD (over n, not n - 1) from exact sums, without cancellation.

    Returns
    -------
    mean, sd : numpy.ndarray
        float64 (n_channels,), in counts.
    """
    pairs = zip(total.tolist(), total_of_squares.tolist(), strict=True)
    rows = [(s / n_samples, math.sqrt(n_samples * q - s * s) / n_samples) for s, q in pairs]
    mean, sd = np.array(rows).T
    return mean, sd


def median_and_mad_sd(histogram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median, and SD by the MAD, of each channel from its histogram.

    Parameters
    ----------
    histogram : numpy.ndarray
        int (n_channels, 65536), column v + 32768 counts value v.

    Returns
    -------
    median, sd : numpy.ndarray
        float64 (n_channels,), in counts; the median of an even number of samples is the mean of
        the two in the middle.
    """
    rows = [_median_and_mad(times) for times in histogram]
    median, mad = np.array(rows).T
    return median, mad / MAD_OF_SD


def _of_floats(voltage: np.ndarray, sd_estimator: str) -> tuple[np.ndarray, np.ndarray]:
    if sd_estimator == "mad":
        center = np.median(voltage, axis=0)
        sd = np.median(np.abs(voltage - center), axis=0) / MAD_OF_SD
    else:
        center, sd = voltage.mean(axis=0, dtype=float), voltage.std(axis=0, dtype=float)
    return center, np.where(np.ptp(voltage, axis=0) == 0, 0.0, sd)


def _median_and_mad(times: np.ndarray) -> tuple[float, float]:
    column = np.flatnonzero(times)
    value, times = column - HALF_RANGE, times[column]
    median = _median(value, times)
    return median, _median(np.abs(value - median), times)


def _median(value: np.ndarray, times: np.ndarray) -> float:
    order = np.argsort(value)
    upto = np.cumsum(times[order])
    middle = (int(upto[-1]) - 1) // 2, int(upto[-1]) // 2
    return float(value[order][np.searchsorted(upto, middle, side="right")].mean())


def _histogram(read: Read, parts: list[Stretch], n_channels: int, threads: int) -> np.ndarray:
    idle: SimpleQueue[np.ndarray] = SimpleQueue()
    for _ in range(threads):
        idle.put(np.zeros((n_channels, 2 * HALF_RANGE), np.int64))

    def count(part: Stretch) -> None:
        histogram = idle.get()
        count_values(read(part.start, part.stop), histogram)
        idle.put(histogram)

    for _ in in_order(count, parts, threads):
        pass
    return sum(idle.get() for _ in range(threads))
